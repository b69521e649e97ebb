//===- LinalgShapeChecks.cpp - Sizes that loops of linalg ops share -------===//

#include "ShapeChecks.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// The dimension that a loop of a linalg op takes its trip count from.
struct LoopBound {
  OpFoldResult size;
  unsigned operand = 0;
  int64_t dimension = 0;
};

} // namespace

/// Calls `visit` with each tensor operand's number and dimension, and what it
/// is indexed by.
static void
forEachIndex(linalg::LinalgOp op,
             llvm::function_ref<void(OpOperand &, int64_t, AffineExpr)> visit) {
  for (OpOperand &operand : op->getOpOperands())
    if (isa<RankedTensorType>(operand.get().getType()))
      for (auto [d, expr] :
           llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults()))
        visit(operand, d, expr);
}

/// Each loop's bound is the first dimension that is indexed by it alone; all
/// others of that loop must equal it.
static SmallVector<LoopBound> checkLoopDims(Checks &checks,
                                            linalg::LinalgOp op) {
  SmallVector<LoopBound> bounds(op.getNumLoops());
  forEachIndex(op, [&](OpOperand &operand, int64_t d, AffineExpr expr) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    if (!loop)
      return;
    LoopBound &bound = bounds[loop.getPosition()];
    OpFoldResult size = checks.getDim(operand.get(), d);
    if (!bound.size) {
      bound = {size, operand.getOperandNumber(), d};
      return;
    }
    checks.requireEqual(
        size, bound.size,
        llvm::formatv("expected dimension {0} of operand {1} to equal "
                      "dimension {2} of operand {3}",
                      d, operand.getOperandNumber(), bound.dimension,
                      bound.operand)
            .str());
  });
  return bounds;
}

/// Some loop does not run at all.
static Value isEmpty(Checks &checks, ArrayRef<LoopBound> bounds) {
  Value empty = arith::ConstantIntOp::create(checks.builder, checks.loc, 0, 1);
  for (const LoopBound &bound : bounds)
    empty = checks.either(empty, checks.compare(arith::CmpIPredicate::eq,
                                                checks.toValue(bound.size),
                                                checks.constant(0)));
  return empty;
}

/// An index that is computed, such as d0 + d1 of a convolution, is checked at
/// the first and the last iteration: affine expressions of the kinds that
/// linalg's own verifier knows are monotone.
static void checkComputedIndices(Checks &checks, linalg::LinalgOp op,
                                 ArrayRef<LoopBound> bounds) {
  if (llvm::any_of(bounds, [](const LoopBound &b) { return !b.size; }))
    return;
  Builder &attrs = checks.builder;
  AffineMap beforeEnd = AffineMap::get(1, 0, attrs.getAffineDimExpr(0) - 1);
  SmallVector<OpFoldResult> first(bounds.size(), attrs.getIndexAttr(0)), last;
  for (const LoopBound &bound : bounds)
    last.push_back(checks.apply(beforeEnd, {bound.size}));
  Value empty = isEmpty(checks, bounds);
  forEachIndex(op, [&](OpOperand &operand, int64_t d, AffineExpr expr) {
    if (isa<AffineDimExpr>(expr))
      return;
    AffineMap index = AffineMap::get(bounds.size(), 0, expr);
    Value size = checks.toValue(checks.getDim(operand.get(), d));
    auto isInside = [&](ArrayRef<OpFoldResult> point) {
      return checks.compare(arith::CmpIPredicate::ult,
                            checks.apply(index, point), size);
    };
    Value begins = isInside(first), ends = isInside(last);
    checks.require(
        checks.either(empty, checks.both(begins, ends)),
        llvm::formatv("expected indices within dimension {0} of operand {1}", d,
                      operand.getOperandNumber())
            .str());
  });
}

void attn::insertShapeChecks(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics() || !op.hasDynamicShape())
    return;
  Checks checks(op);
  SmallVector<LoopBound> bounds = checkLoopDims(checks, op);
  bool hasComputed = llvm::any_of(op.getIndexingMapsArray(), [](AffineMap map) {
    return !llvm::all_of(map.getResults(), llvm::IsaPred<AffineDimExpr>);
  });
  if (hasComputed)
    checkComputedIndices(checks, op, bounds);
}
