//===- BuildOutput.cpp - From an attention's results to the graph's -------===//
#include "BuildAttention.h"
#include "Tables.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

/// Of outer * inner heads, those with the same inner number side by side.
Value AttentionBuilder::interleaveHeads(Value tensor, int64_t dim,
                                        int64_t outer) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, tensor);
  SmallVector<int64_t> shape(type.getShape()), order;
  const int64_t inner = shape[dim] / outer;
  SmallVector<ReassociationIndices> groups;
  for (int64_t p = 0; p < type.getRank(); ++p) {
    groups.push_back({p + (p > dim)});
    if (p == dim)
      groups.back().push_back(p + 1);
  }
  shape[dim] = outer;
  shape.insert(shape.begin() + dim + 1, inner);
  sizes[dim] = builder.getIndexAttr(outer);
  sizes.insert(sizes.begin() + dim + 1, builder.getIndexAttr(inner));
  Value split = tensor::ExpandShapeOp::create(
      builder, loc, RankedTensorType::get(shape, type.getElementType()), tensor,
      groups, sizes);
  order.assign(llvm::to_vector(llvm::seq<int64_t>(0, shape.size())));
  std::swap(order[dim], order[dim + 1]);
  std::swap(sizes[dim], sizes[dim + 1]);
  Value empty =
      tensor::EmptyOp::create(builder, loc, sizes, type.getElementType());
  Value turned = linalg::TransposeOp::create(builder, loc, split, empty, order)
                     ->getResult(0);
  return tensor::CollapseShapeOp::create(builder, loc, type, turned, groups);
}

/// `type` with sizes that are constants: an op that makes a tensor of them has
/// them in its type.
static RankedTensorType refine(RankedTensorType type,
                               ArrayRef<OpFoldResult> sizes) {
  SmallVector<int64_t> known(type.getShape());
  for (auto [dim, size] : llvm::zip_equal(known, sizes))
    dim = getConstantIntValue(size).value_or(dim);
  return RankedTensorType::get(known, type.getElementType());
}

Value AttentionBuilder::castTo(RankedTensorType type, Value value) {
  return value.getType() == type
             ? value
             : tensor::CastOp::create(builder, loc, type, value);
}

/// From the canonical order and sizes to those of the product's result.
Value AttentionBuilder::reshapeOutput(AttentionOp op) {
  Value result = op.getOutput();
  if (tiles != 1)
    result = interleaveHeads(
        result, 1,
        cast<RankedTensorType>(result.getType()).getDimSize(1) / tiles);
  auto wanted = cast<RankedTensorType>(parts.output.op->getResult(0).getType());
  // The wanted dimensions in canonical order; those of size 1 stay where they
  // are, behind the one before.
  SmallVector<unsigned> order;
  auto rank = [&](unsigned dim) {
    const OutputDim &d = parts.outputDims[dim];
    int64_t role = d.role == ValueRole ? 3 : d.role;
    return std::pair(role, d.part);
  };
  for (unsigned dim = 0; dim < parts.outputDims.size(); ++dim)
    order.push_back(dim);
  llvm::stable_sort(order,
                    [&](unsigned a, unsigned b) { return rank(a) < rank(b); });
  SmallVector<OpFoldResult> sizes;
  SmallVector<int64_t> shape;
  for (unsigned dim : order) {
    Expr size = r.sizeOf(parts.output.op->getResult(0), dim);
    sizes.push_back(emitSize(builder, loc, size, parts.output.op));
    shape.push_back(wanted.getDimSize(dim));
  }
  auto ordered = RankedTensorType::get(shape, wanted.getElementType());
  if (ordered != result.getType() || ordered.getRank() != 4 ||
      llvm::any_of(parts.outputDims,
                   [](const OutputDim &d) { return d.part != 0; }))
    result = reshape(result, ordered, sizes);
  SmallVector<int64_t> permutation(order.size());
  for (auto [to, from] : llvm::enumerate(order))
    permutation[from] = to;
  if (llvm::is_sorted(permutation))
    return result;
  result = castTo(refine(ordered, sizes), result);
  SmallVector<OpFoldResult> outSizes;
  for (unsigned dim = 0; dim < order.size(); ++dim)
    outSizes.push_back(sizes[permutation[dim]]);
  Value empty =
      tensor::EmptyOp::create(builder, loc, outSizes, wanted.getElementType());
  return castTo(wanted, linalg::TransposeOp::create(builder, loc, result, empty,
                                                    permutation)
                            ->getResult(0));
}

/// Whether two shapes of as many elements are the same but for what is known of
/// one size. Of two sizes, each could be the other's.
static bool differInOneSize(RankedTensorType from, RankedTensorType to) {
  if (from.getRank() != to.getRank() || failed(verifyCompatibleShape(from, to)))
    return false;
  return llvm::count_if(
             llvm::zip_equal(from.getShape(), to.getShape()), [](auto sizes) {
               auto [a, b] = sizes;
               return ShapedType::isDynamic(a) || ShapedType::isDynamic(b);
             }) <= 1;
}

/// Through the tensor of one dimension, where sizes do not correspond.
Value AttentionBuilder::reshape(Value from, RankedTensorType to,
                                ArrayRef<OpFoldResult> sizes) {
  RankedTensorType refined = refine(to, sizes);
  if (refined != to)
    return castTo(to, reshape(from, refined, sizes));
  auto type = cast<RankedTensorType>(from.getType());
  if (differInOneSize(type, to))
    return tensor::CastOp::create(builder, loc, to, from);
  if (auto groups = getReassociationIndicesForReshape(type, to)) {
    if (type.getRank() > to.getRank())
      return tensor::CollapseShapeOp::create(builder, loc, to, from, *groups);
    if (type.getRank() < to.getRank())
      return tensor::ExpandShapeOp::create(builder, loc, to, from, *groups,
                                           sizes);
  }
  ReassociationIndices all;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    all.push_back(dim);
  int64_t count =
      type.hasStaticShape() ? type.getNumElements() : ShapedType::kDynamic;
  Value flat = tensor::CollapseShapeOp::create(
      builder, loc, RankedTensorType::get(count, type.getElementType()), from,
      ArrayRef<ReassociationIndices>(all));
  // Sizes that are known on one side only.
  int64_t wanted =
      to.hasStaticShape() ? to.getNumElements() : ShapedType::kDynamic;
  if (wanted != count)
    flat = tensor::CastOp::create(
        builder, loc, RankedTensorType::get(wanted, type.getElementType()),
        flat);
  all.clear();
  for (int64_t dim = 0; dim < to.getRank(); ++dim)
    all.push_back(dim);
  return tensor::ExpandShapeOp::create(
      builder, loc, to, flat, ArrayRef<ReassociationIndices>(all), sizes);
}

/// The op's scores are what the function returns, or reduces.
void AttentionBuilder::replaceReturned(AttentionOp op) {
  Value returned = parts.returned;
  SmallVector<OpFoldResult> sizes;
  auto type = cast<RankedTensorType>(returned.getType());
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    sizes.push_back(
        emitSize(builder, loc, r.sizeOf(returned, dim), parts.output.op));
  Value scores = op.getScores();
  if (scores.getType() != type)
    scores = reshape(scores, type, sizes);
  Operation *output = parts.output.op;
  returned.replaceUsesWithIf(scores, [&](OpOperand &use) {
    Operation *user =
        output->getBlock()->findAncestorOpInBlock(*use.getOwner());
    return user && output->isBeforeInBlock(user);
  });
}
