//===- AttnToVector.cpp - convert-attn-to-vector --------------------------===//
#include "Contract/ContractKernel.h"
#include "Kernels/AttendKernel.h"
#include "Kernels/Linear/LinearKernel.h"
#include "Regions/RegionVectorizer.h"
#include "State/SplitAttend.h"
#include "State/StateBuffers.h"
#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Remarks.h"

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

static void explainCalls(AttendInPlaceOp op) {
  auto explain = [&](Region &region, StringRef name) {
    if (isLarge(region))
      remark::missed(op.getLoc(), remark::RemarkOpts::name("Called").category(
                                      "convert-attn-to-vector"))
          << ("expected at most " + Twine(kInlinedOps) + " operations in the " +
              name +
              " region to compute once for a row what depends on it alone; "
              "functions compute all of it for each pair")
                 .str();
  };
  explain(op.getScore(), "score");
  explain(op.getMask(), "mask");
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
    KernelContext context{target, KernelFunctions(getOperation()), {}};
    lowerContractions(getOperation(), target, context.functions);
    if (failed(lowerLinearChunks(getOperation(), target, context.functions)))
      return signalPassFailure();
    StateBuffers buffers;
    for (AttendInPlaceOp op : ops) {
      explainCalls(op);
      const AttendKernel &kernel = chooseKernel(op, target);
      StateScratch state =
          buffers.get(op, target, kernel.getStateLayout(op, target));
      kernel.emit(op, state, context);
    }
  }

  /// A few blocks of full register tiles.
  static int64_t getRowLimit(CPUTargetAttr target, AttendInPlaceOp op) {
    int64_t bits = op.getScoreType().getWidth();
    return 4 * getKernelShape(target, bits, INT64_MAX / 2).rows();
  }
};
} // namespace
