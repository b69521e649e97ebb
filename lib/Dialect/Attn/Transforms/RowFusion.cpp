//===- RowFusion.cpp - Elementwise ops into those that read them ----------===//
#include "RowLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"

using namespace mlir;
using namespace mlir::attn;

/// Of a few instructions, whatever their operands.
static bool isCheap(Operation &op) {
  return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::NegFOp,
             arith::MaximumFOp, arith::MinimumFOp, arith::CmpFOp, arith::CmpIOp,
             arith::SelectOp, arith::ExtFOp, arith::TruncFOp, arith::SIToFPOp,
             arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::IndexCastOp,
             arith::ConstantOp, linalg::IndexOp, linalg::YieldOp>(op);
}

/// Whether computing an element again costs less than keeping it; what is the
/// same in a row is computed once for it.
static bool isCheap(linalg::GenericOp op) {
  unsigned last = op.getNumLoops() - 1;
  DenseSet<Value> differs;
  for (OpOperand &operand : op->getOpOperands())
    if (op.getMatchingIndexingMap(&operand).isFunctionOfDim(last))
      differs.insert(op.getMatchingBlockArgument(&operand));
  return llvm::all_of(op.getBody()->getOperations(), [&](Operation &inner) {
    auto isKnown = [&](Value value) { return !differs.contains(value); };
    if (isa<linalg::IndexOp>(inner))
      return true;
    if (llvm::all_of(inner.getOperands(), isKnown))
      return inner.getNumRegions() == 0;
    differs.insert(inner.result_begin(), inner.result_end());
    return isCheap(inner);
  });
}

/// What is computed of what was there before is right once, not in each
/// iteration of the consumer's loops.
static bool readsInit(linalg::GenericOp op) {
  return llvm::any_of(op.getRegionOutputArgs(),
                      [](BlockArgument out) { return !out.use_empty(); });
}

static bool fuse(OpOperand &operand, RewriterBase &rewriter) {
  auto producer = operand.get().getDefiningOp<linalg::GenericOp>();
  Operation *consumer = operand.getOwner();
  if (!producer || producer->getBlock() != consumer->getBlock() ||
      producer->getNumResults() != 1 || readsInit(producer) ||
      producer->getNumOperands() + consumer->getNumOperands() > 32 ||
      !linalg::areElementwiseOpsFusable(&operand))
    return false;
  rewriter.setInsertionPoint(consumer);
  if (!operand.get().hasOneUse()) {
    if (!isCheap(producer))
      return false;
    Operation *copy = rewriter.clone(*producer);
    rewriter.modifyOpInPlace(consumer,
                             [&] { operand.set(copy->getResult(0)); });
    producer = cast<linalg::GenericOp>(copy);
  }
  FailureOr<linalg::ElementwiseOpFusionResult> fused =
      linalg::fuseElementwiseOps(rewriter, &operand);
  if (failed(fused))
    return false;
  for (Value result : consumer->getResults())
    rewriter.replaceAllUsesWith(result, fused->replacements.lookup(result));
  rewriter.eraseOp(consumer);
  if (producer.use_empty())
    rewriter.eraseOp(producer);
  return true;
}

void attn::fuseRows(Block &block, RewriterBase &rewriter) {
  auto fuseAny = [&] {
    for (Operation &op : llvm::reverse(block))
      if (auto consumer = dyn_cast<linalg::GenericOp>(op))
        for (OpOperand *operand : consumer.getDpsInputOperands())
          if (fuse(*operand, rewriter))
            return true;
    return false;
  };
  while (fuseAny())
    continue;
}
