//===- TileRegions.cpp - Regions of attention in tiles --------------------===//
#include "TileRegions.h"
#include "NarrowPositions.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/IR/AttnTiles.h"
#include "attn/Dialect/Attn/Utils/GuardedReads.h"
#include "attn/Dialect/Attn/Utils/PositionOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace mlir::attn;

static void expandInPlace(AttentionOp op) {
  guardReadsInRegions(op);
  SmallVector<Operation *> inside;
  op->walk([&](Operation *nested) {
    if (nested != op)
      inside.push_back(nested);
  });
  RewritePatternSet patterns(op.getContext());
  populatePositionOpPatterns(patterns);
  GreedyRewriteConfig config;
  config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps);
  (void)applyOpPatternsGreedily(inside, std::move(patterns), config);
  // In a tile, positions no longer tell that these are in bounds.
  op->walk([](tensor::ExtractOp read) { markAsInBounds(read); });
}

TileableRegions::TileableRegions(AttentionOp op, RewriterBase &rewriter)
    : rewriter(rewriter) {
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(op);
  before = op->getPrevNode();
  copy = cast<AttentionOp>(rewriter.clone(*op));
  expandInPlace(copy);
  narrowPositions(copy);
}

TileableRegions::~TileableRegions() {
  if (copy)
    rewriter.eraseOp(copy);
}

std::string TileableRegions::getObstacle() {
  std::string obstacle;
  copy->walk([&](Operation *op) {
    if (op == copy || op->hasTrait<OpTrait::HasRecursiveMemoryEffects>() ||
        isMemoryEffectFree(op))
      return WalkResult::advance();
    if (auto check = dyn_cast<cf::AssertOp>(op))
      obstacle = "expected reads that can be checked before the loops, got a "
                 "check at the read: " +
                 check.getMsg().str();
    else
      obstacle = "expected regions without side effects, got " +
                 op->getName().getStringRef().str();
    return WalkResult::interrupt();
  });
  return obstacle;
}

void TileableRegions::discard() {
  Operation *last = copy->getPrevNode();
  rewriter.eraseOp(std::exchange(copy, AttentionOp()));
  while (last != before) {
    Operation *previous = last->getPrevNode();
    if (last->use_empty())
      rewriter.eraseOp(last);
    last = previous;
  }
}

//===----------------------------------------------------------------------===//
// One query tile
//===----------------------------------------------------------------------===//

/// Whether `op` can run before the region does, given what is known there.
static bool isKnown(Operation &op, Region &region, const IRMapping &known) {
  if (op.getNumRegions() != 0 || !isPure(&op))
    return false;
  return llvm::all_of(op.getOperands(), [&](Value operand) {
    return known.contains(operand) ||
           !region.isAncestor(operand.getParentRegion());
  });
}

TileRegion::TileRegion(OpBuilder &builder, Region &region, Value batch,
                       Value firstHead, bool hasOneHead)
    : region(region), firstHead(firstHead) {
  if (region.empty())
    return;
  auto positions = region.getArguments().take_back(4);
  known.map(positions[0], batch);
  if (hasOneHead)
    known.map(positions[1], firstHead);
  for (Operation &op : region.front().without_terminator())
    if (isKnown(op, region, known))
      builder.clone(op, known);
}

void TileRegion::copyTo(OpBuilder &builder, Region &to, Value firstQuery,
                        Value firstKey) const {
  if (region.empty())
    return;
  OpBuilder::InsertionGuard guard(builder);
  Block &source = region.front();
  SmallVector<Location> locations;
  for (BlockArgument argument : source.getArguments())
    locations.push_back(argument.getLoc());
  Block *block =
      builder.createBlock(&to, to.end(), source.getArgumentTypes(), locations);
  IRMapping mapping = known;
  for (auto [from, to] :
       llvm::zip(source.getArguments(), block->getArguments()))
    if (!mapping.contains(from))
      mapping.map(from, to);
  for (Operation &op : source.without_terminator())
    if (op.getNumResults() == 0 || !known.contains(op.getResult(0)))
      builder.clone(op, mapping);
  Operation *yield = source.getTerminator();
  YieldOp::create(builder, yield->getLoc(),
                  mapping.lookupOrDefault(yield->getOperand(0)));
  // What is known counts from the start of the whole attention already.
  bool hasHead = known.contains(source.getArguments().take_back(4)[Head]);
  shiftPositions(
      builder, *block,
      {Value(), hasHead ? Value() : firstHead, firstQuery, firstKey});
}
