//===- AttnToVector.cpp - convert-attn-to-vector --------------------------===//
#include "AMXKernel.h"
#include "ContractKernel.h"
#include "FewRowsKernel.h"
#include "LinearKernel.h"
#include "RowKernel.h"
#include "SplitAttend.h"
#include "StateBuffers.h"
#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CONVERTATTNTOVECTOR
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static LogicalResult verifyHeadSizes(AttendInPlaceOp op) {
  auto isStatic = [](Value operand, DenseI64ArrayAttr attr) {
    auto type = cast<MemRefType>(operand.getType());
    return !type.isDynamicDim(getTensorDim(getLayout(attr, 4), Feature));
  };
  if (isStatic(op.getKey(), op.getKeyLayoutAttr()) &&
      isStatic(op.getQuery(), op.getQueryLayoutAttr()) &&
      isStatic(op.getValue(), op.getValueLayoutAttr()) &&
      isStatic(op.getAcc(), {}))
    return success();
  return op.emitOpError("expected static head sizes, got ")
         << op.getQuery().getType() << " and " << op.getValue().getType();
}

namespace {
struct ConvertAttnToVector
    : attn::impl::ConvertAttnToVectorBase<ConvertAttnToVector> {
  void runOnOperation() override {
    CPUTargetAttr target = getCPUTarget(getOperation());
    if (!target)
      return signalPassFailure();
    SmallVector<AttendInPlaceOp> ops;
    getOperation().walk([&](AttendInPlaceOp op) { ops.push_back(op); });
    for (AttendInPlaceOp op : ops)
      if (failed(verifyHeadSizes(op)))
        return signalPassFailure();
    for (AttendInPlaceOp &op : ops)
      op = splitAttend(op, getRowLimit(target, op));
    KernelFunctions functions(getOperation());
    lowerContractions(getOperation(), target, functions);
    if (failed(lowerLinearChunks(getOperation(), target, functions)))
      return signalPassFailure();
    StateBuffers buffers;
    PackedQueries queries;
    for (AttendInPlaceOp op : ops) {
      bool hasFewRows = FewRowsKernel::accepts(op, target);
      StateLayout layout = hasFewRows ? FewRowsKernel::getLayout(op, target)
                                      : getLayout(target, op);
      StateScratch state = buffers.get(op, target, layout);
      if (hasFewRows)
        FewRowsKernel(op, target, state, functions, queries).emit();
      else if (AMXKernel::suits(op, target))
        AMXKernel(op, target, state, functions, queries).emit();
      else
        RowKernel(op, target, state, functions, queries).emit();
    }
  }

  /// A few blocks of full register tiles.
  static int64_t getRowLimit(CPUTargetAttr target, AttendInPlaceOp op) {
    int64_t bits = op.getScoreType().getWidth();
    return 4 * getKernelShape(target, bits, INT64_MAX / 2).rows();
  }

  /// The op's rows, up to whole register tiles.
  static StateLayout getLayout(CPUTargetAttr target, AttendInPlaceOp op) {
    int64_t rows = std::max<int64_t>(*getMaxRows(op), 1);
    KernelShape shape =
        getKernelShape(target, op.getScoreType().getWidth(), rows);
    return {/*queriesInLanes=*/true, int64_t(llvm::alignTo(rows, shape.rows())),
            shape.lanes};
  }
};
} // namespace
