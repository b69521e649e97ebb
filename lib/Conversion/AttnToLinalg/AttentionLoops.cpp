//===- AttentionLoops.cpp - The loops that attention decomposes into ------===//
#include "AttentionLoops.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// The loops of each tensor
//===----------------------------------------------------------------------===//

static DimLoops getQueryHeadLoops(Loop sequence) {
  return {{Loop::Batch}, {Loop::KvHead, Loop::Group}, {sequence}};
}

DimLoops attn::getRowLoops() { return getQueryHeadLoops(Loop::Query); }

static DimLoops addLoop(DimLoops dims, Loop last) {
  dims.push_back({last});
  return dims;
}

DimLoops attn::getQueryLoops() { return addLoop(getRowLoops(), Loop::Feature); }

DimLoops attn::getOutputLoops() {
  return addLoop(getRowLoops(), Loop::ValueFeature);
}

DimLoops attn::getScoresLoops() { return addLoop(getRowLoops(), Loop::Key); }

DimLoops attn::getKeyLoops() {
  return {{Loop::Batch}, {Loop::KvHead}, {Loop::Key}, {Loop::Feature}};
}

DimLoops attn::getValueLoops() {
  return {{Loop::Batch}, {Loop::KvHead}, {Loop::Key}, {Loop::ValueFeature}};
}

DimLoops attn::getHeadLoops() { return {{Loop::KvHead, Loop::Group}}; }

Loops attn::getLoops(ArrayRef<int64_t> layout, const DimLoops &dims) {
  Loops loops;
  for (int64_t dim : layout)
    llvm::append_range(loops, dims[dim]);
  return loops;
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

AttentionLoops::AttentionLoops(OpBuilder &builder, Location loc,
                               const LoopSizes &sizes)
    : builder(builder), loc(loc), sizes(sizes) {
  // One form of what is known: a folded tensor.dim is an attribute too.
  for (OpFoldResult &size : this->sizes)
    if (auto value = dyn_cast_if_present<Value>(size))
      size = getAsOpFoldResult(value);
}

Value AttentionLoops::getSize(Loop loop) {
  return getValueOrCreateConstantIndexOp(builder, loc,
                                         sizes[static_cast<unsigned>(loop)]);
}

Loops AttentionLoops::selectLoops(ArrayRef<Loop> from) const {
  Loops loops(from);
  if (isConstantIntValue(sizes[static_cast<unsigned>(Loop::Group)], 1))
    llvm::erase(loops, Loop::Group);
  return loops;
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

static SmallVector<ReassociationIndices>
getReassociation(ArrayRef<int64_t> layout, const DimLoops &dims) {
  SmallVector<ReassociationIndices> result;
  int64_t next = 0;
  for (int64_t dim : layout) {
    ReassociationIndices &group = result.emplace_back();
    for (unsigned i = 0; i < dims[dim].size(); ++i)
      group.push_back(next++);
  }
  return result;
}

static int64_t getStaticSize(OpFoldResult size) {
  return getConstantIntValue(size).value_or(ShapedType::kDynamic);
}

/// Static where all sizes are.
static int64_t multiply(ArrayRef<int64_t> sizes) {
  int64_t product = 1;
  for (int64_t size : sizes) {
    if (ShapedType::isDynamic(size))
      return size;
    product *= size;
  }
  return product;
}

static Value castTo(OpBuilder &builder, Location loc, Value value, Type type) {
  if (value.getType() == type)
    return value;
  return tensor::CastOp::create(builder, loc, type, value);
}

/// Attributes where `type` is static, else values: what tensor ops want.
static SmallVector<OpFoldResult> matchType(OpBuilder &builder, Location loc,
                                           ArrayRef<OpFoldResult> shape,
                                           ArrayRef<int64_t> type) {
  SmallVector<OpFoldResult> result;
  for (auto [size, staticSize] : llvm::zip_equal(shape, type))
    if (ShapedType::isDynamic(staticSize))
      result.push_back(getValueOrCreateConstantIndexOp(builder, loc, size));
    else
      result.push_back(builder.getIndexAttr(staticSize));
  return result;
}

LoopTensor AttentionLoops::view(const ShapedOperand &operand,
                                const DimLoops &dims) {
  Loops loops = selectLoops(getLoops(operand.layout, dims));
  if (loops.size() == operand.layout.size())
    return {operand.value, loops};
  // An expanded dimension is static exactly where its parts are.
  SmallVector<int64_t> source, expanded;
  SmallVector<OpFoldResult> shape;
  for (auto [p, dim] : llvm::enumerate(operand.layout)) {
    if (dims[dim].size() == 1) {
      source.push_back(operand.type.getDimSize(p));
      expanded.push_back(source.back());
      shape.push_back(operand.size(builder, loc, dim));
      continue;
    }
    size_t first = expanded.size();
    for (Loop loop : dims[dim]) {
      shape.push_back(sizes[static_cast<unsigned>(loop)]);
      expanded.push_back(getStaticSize(shape.back()));
    }
    source.push_back(multiply(ArrayRef<int64_t>(expanded).drop_front(first)));
  }
  Type element = operand.type.getElementType();
  Value from = castTo(builder, loc, operand.value,
                      RankedTensorType::get(source, element));
  Value view = tensor::ExpandShapeOp::create(
      builder, loc, RankedTensorType::get(expanded, element), from,
      getReassociation(operand.layout, dims),
      matchType(builder, loc, shape, expanded));
  return {view, loops};
}

Value AttentionLoops::unview(const LoopTensor &tensor, ArrayRef<int64_t> layout,
                             const DimLoops &dims, Type type) {
  Value value = tensor.value;
  if (tensor.loops.size() != layout.size())
    value = tensor::CollapseShapeOp::create(builder, loc, value,
                                            getReassociation(layout, dims));
  return castTo(builder, loc, value, type);
}

//===----------------------------------------------------------------------===//
// linalg ops
//===----------------------------------------------------------------------===//

LoopTensor AttentionLoops::empty(ArrayRef<Loop> from, Type element) {
  Loops loops = selectLoops(from);
  SmallVector<OpFoldResult> shape;
  for (Loop loop : loops)
    shape.push_back(sizes[static_cast<unsigned>(loop)]);
  return {tensor::EmptyOp::create(builder, loc, shape, element), loops};
}

LoopTensor AttentionLoops::filled(ArrayRef<Loop> loops, Type element,
                                  double value) {
  LoopTensor tensor = empty(loops, element);
  Value scalar = constantFloat(builder, loc, element, value);
  tensor.value =
      linalg::FillOp::create(builder, loc, scalar, tensor.value).getResult(0);
  return tensor;
}

/// Where the dimensions of a tensor stand among the loops of `domain`.
static AffineMap getMap(ArrayRef<Loop> domain, ArrayRef<Loop> loops,
                        MLIRContext *context) {
  SmallVector<AffineExpr> positions;
  for (Loop loop : loops)
    positions.push_back(
        getAffineDimExpr(llvm::find(domain, loop) - domain.begin(), context));
  return AffineMap::get(domain.size(), 0, positions, context);
}

SmallVector<LoopTensor> AttentionLoops::generic(ArrayRef<Loop> domain,
                                                ArrayRef<LoopTensor> ins,
                                                ArrayRef<LoopTensor> outs,
                                                Body body) {
  Loops selected = selectLoops(domain);
  SmallVector<Value> inputs, inits;
  SmallVector<AffineMap> maps;
  for (const LoopTensor &in : ins) {
    inputs.push_back(in.value);
    maps.push_back(getMap(selected, in.loops, builder.getContext()));
  }
  for (const LoopTensor &out : outs) {
    inits.push_back(out.value);
    maps.push_back(getMap(selected, out.loops, builder.getContext()));
  }
  SmallVector<utils::IteratorType> iterators;
  for (Loop loop : selected)
    iterators.push_back(llvm::is_contained(outs.front().loops, loop)
                            ? utils::IteratorType::parallel
                            : utils::IteratorType::reduction);
  auto op = buildGeneric(builder, loc, inputs, inits, maps, iterators, body);
  SmallVector<LoopTensor> results;
  for (auto [result, out] : llvm::zip_equal(op.getResults(), outs))
    results.push_back({result, out.loops});
  return results;
}

LoopTensor AttentionLoops::convert(const LoopTensor &tensor, Type element) {
  if (getElementTypeOrSelf(tensor.value.getType()) == element)
    return tensor;
  return generic(tensor.loops, tensor, empty(tensor.loops, element),
                 [&](OpBuilder &b, Location l,
                     ValueRange args) -> SmallVector<Value> {
                   return {convertFloat(b, l, args[0], element)};
                 })
      .front();
}
