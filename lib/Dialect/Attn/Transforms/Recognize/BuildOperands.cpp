//===- BuildOperands.cpp - Query, key and value of an attention -----------===//
#include "BuildAttention.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/Utils/Building.h"
#include <numeric>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

/// A tensor of its own, in the canonical order.
Operand AttentionBuilder::materialize(Expr element, const Dims &dims) {
  return {buildTable(element, dims, parts.output.op), {0, 1, 2, 3}};
}

/// Whether queries and outputs may be reordered so that heads which share keys
/// are neighbors: they are then copied, and not keys and values.
bool AttentionBuilder::isWorthReordering() {
  auto type = cast<RankedTensorType>(query.tensor.getType());
  std::optional<int64_t> queries = ExprContext::getInteger(
                             getExtent(c, parts.queryDims[2])),
                         keys = ExprContext::getInteger(
                             getExtent(c, parts.keyDims[2]));
  return !parts.returned && !parts.sink &&
         !type.isDynamicDim(getTensorDim(query.layout, Head)) &&
         !(queries && keys && *queries > *keys);
}

/// The graph's head at a position of the op's heads.
Value AttentionBuilder::getHead(Value position) {
  if (tiles == 1)
    return position;
  int64_t heads = *ExprContext::getInteger(parts.queryDims[1]->getExtent());
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, value);
  };
  Value tile = arith::RemUIOp::create(builder, loc, position, constant(tiles));
  Value own = arith::DivUIOp::create(builder, loc, position, constant(tiles));
  Value first =
      arith::MulIOp::create(builder, loc, tile, constant(heads / tiles));
  return arith::AddIOp::create(builder, loc, first, own);
}

/// The tensor furthest up that holds a query.
Operand AttentionBuilder::chooseQuery(const FurtherProduct &product,
                                      double &scale) {
  std::vector<OperandView> views =
      findViews(r, product.query, product.queryDims);
  llvm::erase_if(views, [](const OperandView &v) { return v.group != 1; });
  if (views.empty())
    return materialize(product.query, product.queryDims);
  scale *= views.back().factor;
  return makeOperand(builder, loc, views.back());
}

/// The last view whose heads are shared as those of `model` are; null where
/// there is none.
static const OperandView *findAlike(ArrayRef<OperandView> views,
                                    const OperandView &model) {
  for (const OperandView &view : llvm::reverse(views))
    if (view.group == model.group && view.tiled == model.tiled)
      return &view;
  return nullptr;
}

/// The tensors furthest up that hold keys and values, all of one group.
SmallVector<Operand>
AttentionBuilder::chooseKeys(ArrayRef<FurtherProduct> products,
                             MutableArrayRef<double> scales) {
  SmallVector<std::vector<OperandView>> found;
  for (const FurtherProduct &product : products)
    found.push_back(findViews(r, product.key, product.keyDims));
  std::vector<OperandView> values = findViews(r, parts.value, parts.valueDims);
  llvm::erase_if(values, [](const OperandView &v) { return v.factor != 1; });
  SmallVector<Operand> keys;
  for (const OperandView &k : llvm::reverse(found.front()))
    for (const OperandView &v : llvm::reverse(values)) {
      // Heads can be repeated, but not found to be the same.
      const bool hasAll =
          k.group == 1 || llvm::all_of(found, [&](ArrayRef<OperandView> views) {
            return findAlike(views, k);
          });
      if (k.group != v.group || k.tiled != v.tiled || !hasAll ||
          !(kinds.grouping || k.group == 1) ||
          (k.tiled && (products.size() > 1 || !isWorthReordering())))
        continue;
      for (auto [product, views, scale] :
           llvm::zip_equal(products, found, scales)) {
        const OperandView *view = findAlike(views, k);
        keys.push_back(view ? makeOperand(builder, loc, *view)
                            : materialize(product.key, product.keyDims));
        scale *= view ? view->factor : 1;
      }
      value = makeOperand(builder, loc, v);
      tiles = k.tiled ? k.group : 1;
      return keys;
    }
  for (const FurtherProduct &product : products)
    keys.push_back(materialize(product.key, product.keyDims));
  value = materialize(parts.value, parts.valueDims);
  return keys;
}

/// `tensor` with a dimension whose size is known.
static Value withSize(OpBuilder &builder, Location loc, Value tensor,
                      int64_t dim, int64_t size) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dim))
    return tensor;
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = size;
  return tensor::CastOp::create(
      builder, loc, RankedTensorType::get(shape, type.getElementType()),
      tensor);
}

/// The features of all, one after another.
Operand AttentionBuilder::join(ArrayRef<Operand> pieces,
                               ArrayRef<int64_t> features) {
  if (pieces.size() == 1)
    return pieces.front();
  SmallVector<int64_t> layout = pieces.front().layout;
  const int64_t dim = getTensorDim(layout, Feature);
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, pieces.front().tensor);
  sizes[dim] = builder.getIndexAttr(
      std::accumulate(features.begin(), features.end(), int64_t(0)));
  Value joined = tensor::EmptyOp::create(
      builder, loc, sizes, getElementTypeOrSelf(pieces.front().tensor));
  SmallVector<OpFoldResult> offsets(4, builder.getIndexAttr(0)),
      strides(4, builder.getIndexAttr(1));
  int64_t first = 0;
  for (auto [piece, size] : llvm::zip_equal(pieces, features)) {
    Value tensor = piece.tensor;
    if (piece.layout != layout)
      tensor = toDims(builder, loc, tensor, piece.layout, layout);
    tensor = withSize(builder, loc, tensor, dim, size);
    offsets[dim] = builder.getIndexAttr(first);
    joined = tensor::InsertSliceOp::create(
        builder, loc, tensor, joined, offsets,
        tensor::getMixedSizes(builder, loc, tensor), strides);
    first += size;
  }
  return {joined, layout};
}

/// An operand times a constant.
Operand AttentionBuilder::multiply(const Operand &operand, double by) {
  if (by == 1)
    return operand;
  auto type = cast<RankedTensorType>(operand.tensor.getType());
  Value empty = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, operand.tensor),
      type.getElementType());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> loops(type.getRank(),
                                         utils::IteratorType::parallel);
  auto product = linalg::GenericOp::create(
      builder, loc, type, operand.tensor, empty, {identity, identity}, loops,
      [&](OpBuilder &b, Location l, ValueRange x) {
        Value factor = constantFloat(b, l, type.getElementType(), by);
        linalg::YieldOp::create(
            b, l, arith::MulFOp::create(b, l, x[0], factor)->getResults());
      });
  return {product.getResult(0), operand.layout};
}

/// The tensors furthest up that hold query, key and value.
void AttentionBuilder::chooseOperands() {
  SmallVector<FurtherProduct> products{
      {parts.query, parts.key, parts.queryDims, parts.keyDims, 1}};
  llvm::append_range(products, parts.further);
  SmallVector<double> scales;
  SmallVector<int64_t> features;
  SmallVector<Operand> queries;
  for (const FurtherProduct &product : products) {
    scales.push_back(product.factor);
    features.push_back(
        ExprContext::getInteger(getExtent(c, product.queryDims[3]))
            .value_or(0));
    queries.push_back(chooseQuery(product, scales.back()));
  }
  query = queries.front();
  key = join(chooseKeys(products, scales), features);
  for (auto [operand, scale] : llvm::zip_equal(queries, scales))
    operand = multiply(operand, scale / scales.front());
  query = join(queries, features);
  factor *= scales.front();
  if (tiles != 1)
    query.tensor =
        interleaveHeads(query.tensor, getTensorDim(query.layout, Head), tiles);
}
