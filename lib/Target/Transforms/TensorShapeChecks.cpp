//===- TensorShapeChecks.cpp - Sizes that tensor ops assume ---------------===//

#include "ShapeChecks.h"

#include "attn/Dialect/Attn/Utils/GuardedReads.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::attn;

/// Sizes that the result's type states must be those of the source.
void attn::insertShapeChecks(tensor::CastOp op) {
  auto source = dyn_cast<RankedTensorType>(op.getSource().getType());
  auto result = dyn_cast<RankedTensorType>(op.getType());
  if (!source || !result)
    return;
  Checks checks(op);
  for (int64_t d = 0; d < result.getRank(); ++d)
    if (source.isDynamicDim(d) && !result.isDynamicDim(d))
      checks.requireEqual(checks.getDim(op.getSource(), d),
                          checks.builder.getIndexAttr(result.getDimSize(d)),
                          llvm::formatv("expected dimension {0} to be {1}", d,
                                        result.getDimSize(d))
                              .str());
}

using Bounds = ValueBoundsConstraintSet;

/// A minimum is bounded from below by none of its operands alone.
static bool isKnownNatural(Builder &builder, OpFoldResult size) {
  const Bounds::Variable zero(OpFoldResult(builder.getIndexAttr(0)));
  auto value = dyn_cast<Value>(size);
  auto minimum = value ? value.getDefiningOp<affine::AffineMinOp>()
                       : affine::AffineMinOp();
  if (!minimum)
    return Bounds::compare(Bounds::Variable(size), Bounds::GE, zero);
  AffineMap map = minimum.getMap();
  return llvm::all_of(llvm::seq(map.getNumResults()), [&](unsigned n) {
    return Bounds::compare(
        Bounds::Variable(map.getSubMap({n}), minimum.getOperands()), Bounds::GE,
        zero);
  });
}

/// Whether [offset, offset + size) is within [0, limit) as bounds of loops,
/// sums and minima tell. Only in loops, where a check would be made each time:
/// finding out takes time.
static bool isKnownWithin(Operation *op, OpFoldResult offset, OpFoldResult size,
                          OpFoldResult limit) {
  if (!op->getParentOfType<LoopLikeOpInterface>())
    return false;
  Builder builder(op);
  auto sum = AffineMap::get(
      2, 0, builder.getAffineDimExpr(0) + builder.getAffineDimExpr(1));
  const Bounds::Variable parts[] = {Bounds::Variable(offset),
                                    Bounds::Variable(size)};
  return isKnownNatural(builder, offset) && isKnownNatural(builder, size) &&
         Bounds::compare(Bounds::Variable(sum, parts), Bounds::LE,
                         Bounds::Variable(limit));
}

/// A slice [offset, offset + (size - 1) * stride] of a dimension must lie
/// within it.
static void checkSlice(Checks &checks, OffsetSizeAndStrideOpInterface op,
                       Value whole) {
  SmallVector<OpFoldResult> offsets = op.getMixedOffsets(),
                            sizes = op.getMixedSizes(),
                            strides = op.getMixedStrides();
  auto type = cast<RankedTensorType>(whole.getType());
  for (int64_t d = 0; d < type.getRank(); ++d) {
    bool isStatic = !type.isDynamicDim(d) && getConstantIntValue(offsets[d]) &&
                    getConstantIntValue(sizes[d]) &&
                    getConstantIntValue(strides[d]);
    OpFoldResult dim = checks.getDim(whole, d);
    bool isWhole = isSameSize(sizes[d], dim) &&
                   isConstantIntValue(offsets[d], 0) &&
                   isConstantIntValue(strides[d], 1);
    if (isStatic || isWhole)
      continue; // the verifier has looked
    if (isConstantIntValue(strides[d], 1) &&
        isKnownWithin(op, offsets[d], sizes[d], dim))
      continue;
    Value limit = checks.toValue(dim), size = checks.toValue(sizes[d]),
          offset = checks.toValue(offsets[d]);
    checks.requireWithin(
        size, limit,
        llvm::formatv("expected the slice's size in dimension {0} to be "
                      "within the tensor's",
                      d)
            .str());
    AffineExpr s0, s1, s2;
    bindSymbols(checks.op->getContext(), s0, s1, s2);
    // The number of elements from the offset to behind the last one taken.
    Value reach = checks.apply(AffineMap::get(0, 3, s0 + (s1 - 1) * s2 + 1),
                               {offsets[d], sizes[d], strides[d]});
    Value isEmpty =
        checks.compare(arith::CmpIPredicate::eq, size, checks.constant(0));
    Value inside =
        checks.both(checks.compare(arith::CmpIPredicate::ule, offset, limit),
                    checks.compare(arith::CmpIPredicate::ule, reach, limit));
    checks.require(
        checks.either(isEmpty, inside),
        llvm::formatv("expected the slice of dimension {0} to end within "
                      "the tensor",
                      d)
            .str());
  }
}

void attn::insertShapeChecks(tensor::ExtractSliceOp op) {
  if (isInBounds(op))
    return;
  Checks checks(op);
  checkSlice(checks, op, op.getSource());
}

void attn::insertShapeChecks(tensor::InsertSliceOp op) {
  Checks checks(op);
  checkSlice(checks, op, op.getDest());
  // The source's own sizes are what is read.
  llvm::SmallBitVector dropped = op.getDroppedDims();
  SmallVector<OpFoldResult> sizes = op.getMixedSizes();
  int64_t source = 0;
  for (auto [d, size] : llvm::enumerate(sizes)) {
    if (dropped.test(d))
      continue;
    checks.requireEqual(
        checks.getDim(op.getSource(), source), size,
        llvm::formatv("expected dimension {0} of the source to equal the "
                      "slice's size in dimension {1}",
                      source, d)
            .str());
    ++source;
  }
}

/// The groups' sizes multiply to the source's.
void attn::insertShapeChecks(tensor::ExpandShapeOp op) {
  Checks checks(op);
  SmallVector<OpFoldResult> sizes = op.getMixedOutputShape();
  for (auto [d, group] : llvm::enumerate(op.getReassociationIndices())) {
    OpFoldResult dim = checks.getDim(op.getSrc(), d);
    if (group.size() == 1 && isSameSize(dim, sizes[group[0]]))
      continue;
    OpFoldResult product = checks.builder.getIndexAttr(1);
    for (int64_t i : group) {
      Value size = checks.toValue(sizes[i]);
      if (!size.getDefiningOp<tensor::DimOp>())
        checks.require(
            checks.compare(arith::CmpIPredicate::sge, size, checks.constant(0)),
            llvm::formatv("expected dimension {0} of the result to "
                          "be at least 0",
                          i)
                .str());
      product = checks.builder.createOrFold<arith::MulIOp>(
          checks.loc, checks.toValue(product), size);
    }
    checks.requireEqual(dim, product,
                        llvm::formatv("expected dimension {0} of the source "
                                      "to equal the product of the "
                                      "dimensions it becomes",
                                      d)
                            .str());
  }
}
