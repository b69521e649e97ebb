//===- AttnToVector.cpp - convert-attn-to-vector --------------------------===//
#include "Contract/ContractKernel.h"
#include "Kernels/AttentionKernel.h"
#include "Kernels/Linear/LinearKernel.h"
#include "Kernels/TileFallback.h"
#include "Regions/RegionVectorizer.h"
#include "State/SplitAttend.h"
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

static LogicalResult verifyOperands(AttendOp op) {
  if (op.isOnTensors())
    return op.emitOpError("expected a state in memory, got ")
           << op.getAcc().getType();
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

static LogicalResult verifyOperands(LinearChunkOp op) {
  auto type = dyn_cast<MemRefType>(op.getState().getType());
  if (type && !type.isDynamicDim(2) && getMostValueFeatures(op))
    return success();
  return op.emitOpError("expected a state in memory, with static head sizes "
                        "or a bound on those of values, got ")
         << op.getState().getType();
}

static void explainCalls(Operation *any) {
  auto op = dyn_cast<AttendOp>(any);
  if (!op)
    return;
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
    SmallVector<AttendOp> attends;
    SmallVector<LinearChunkOp> chunks;
    if (failed(collect(attends)) || failed(collect(chunks)))
      return signalPassFailure();
    for (AttendOp &op : attends)
      op = splitAttend(op, getRowLimit(target, op));
    SmallVector<Operation *> ops(chunks.begin(), chunks.end());
    llvm::append_range(ops, attends);
    SmallVector<Operation *> fallbacks = addFallbacks(ops, target);
    KernelContext context(getOperation(), target);
    lowerContractions(getOperation(), target, context.functions);
    for (Operation *op : ops) {
      explainCalls(op);
      emit(op, context);
    }
    context.target = getForFallback(target);
    for (Operation *op : fallbacks)
      chooseKernel(op, context.target).emit(op, context);
    context.scratch.eraseUnread();
  }

  static void emit(Operation *op, KernelContext &context) {
    explainKernels(op, context.target);
    chooseKernel(op, context.target).emit(op, context);
  }

  /// For those of the ops whose kernels use tiles.
  static SmallVector<Operation *> addFallbacks(ArrayRef<Operation *> ops,
                                               CPUTargetAttr target) {
    SmallVector<Operation *> onTiles;
    llvm::copy_if(ops, std::back_inserter(onTiles), [&](Operation *op) {
      return chooseKernel(op, target).usesTiles();
    });
    return addTileFallback(onTiles);
  }

  template <typename Op> LogicalResult collect(SmallVector<Op> &ops) {
    getOperation().walk([&](Op op) { ops.push_back(op); });
    return success(
        llvm::all_of(ops, [](Op op) { return succeeded(verifyOperands(op)); }));
  }

  /// A few blocks of full register tiles.
  static int64_t getRowLimit(CPUTargetAttr target, AttendOp op) {
    return 4 * getKernelShape(target, op.getScoreType(), INT64_MAX / 2).rows();
  }
};
} // namespace
