//===- ScalarView.cpp - One element of a tensor computation ---------------===//

#include "Core/ScalarView.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::attn::onnx;

ScalarView::ScalarView(OpBuilder &builder, Location loc, Value placeholder,
                       ValueRange position, Value element)
    : b(builder), loc(loc), placeholder(placeholder), position(position),
      element(element) {}

Value ScalarView::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

Value ScalarView::sizeOf(Value tensor, int64_t dim) {
  return b.createOrFold<tensor::DimOp>(loc, tensor, dim);
}

bool ScalarView::isUnit(Value tensor, int64_t dim) {
  return cast<RankedTensorType>(tensor.getType()).getDimSize(dim) == 1;
}

/// Graphs that are deeper than this are refused.
static constexpr unsigned maxDepth = 1000;

/// True where the value is computed from the placeholder, or may be.
bool ScalarView::depends(Value value) {
  if (value == placeholder)
    return true;
  // What does not come after the placeholder in its block knows nothing of it.
  Operation *op = value.getDefiningOp();
  Operation *start = placeholder.getDefiningOp();
  if (!op || op->getBlock() != start->getBlock() || op->isBeforeInBlock(start))
    return false;
  if (auto it = dependence.find(value); it != dependence.end())
    return it->second;
  if (depth >= maxDepth)
    return true;
  ++depth;
  bool result = computeDepends(op);
  --depth;
  return dependence[value] = result;
}

bool ScalarView::computeDepends(Operation *op) {
  bool result = llvm::any_of(op->getOperands(),
                             [&](Value operand) { return depends(operand); });
  // Regions read what is around them without saying so.
  for (Region &region : op->getRegions())
    region.walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (!region.isAncestor(operand.getParentRegion()))
          result |= depends(operand);
    });
  return result;
}

Value ScalarView::at(Value tensor, ValueRange indices) {
  if (tensor == placeholder)
    return SmallVector<Value>(indices) == position ? element : Value();
  std::vector<void *> key{tensor.getAsOpaquePointer()};
  for (Value one : indices)
    key.push_back(one.getAsOpaquePointer());
  if (auto it = known.find(key); it != known.end())
    return it->second;
  if (depth >= maxDepth)
    return nullptr;
  ++depth;
  Value result = compute(tensor, SmallVector<Value>(indices));
  --depth;
  if (!result && !depends(tensor))
    result = tensor::ExtractOp::create(b, loc, tensor, indices);
  if (result)
    known[key] = result;
  return result;
}

Value ScalarView::compute(Value tensor, ArrayRef<Value> indices) {
  Operation *op = tensor.getDefiningOp();
  if (!op)
    return nullptr;
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return viewConstant(constant.getValue(), indices);
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return at(cast.getSource(), indices);
  if (auto fill = dyn_cast<linalg::FillOp>(op))
    return fill.getInputs().front();
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op)) {
    SmallVector<Value> from(indices.size());
    for (auto [i, d] : llvm::enumerate(transpose.getPermutation()))
      from[d] = indices[i];
    return at(transpose.getInput(), from);
  }
  if (isa<linalg::GenericOp>(op))
    return viewGeneric(op, indices);
  if (isa<tensor::ExpandShapeOp>(op))
    return viewExpanded(op, indices);
  if (isa<tensor::CollapseShapeOp>(op))
    return viewCollapsed(op, indices);
  if (isa<tensor::ExtractSliceOp>(op))
    return viewSlice(op, indices);
  return nullptr;
}

/// The steps along each dimension of a table of `base + sum of step * index`;
/// nothing where it is not one.
static std::optional<SmallVector<int64_t>> stepsOf(DenseIntElementsAttr table) {
  ArrayRef<int64_t> shape = table.getType().getShape();
  auto values = llvm::to_vector(
      llvm::map_range(table.getValues<APInt>(),
                      [](const APInt &v) { return v.getSExtValue(); }));
  SmallVector<int64_t> steps(shape.size(), 0), strides(shape.size(), 1);
  for (int64_t d = int64_t(shape.size()) - 2; d >= 0; --d)
    strides[d] = strides[d + 1] * shape[d + 1];
  for (size_t d = 0; d < shape.size(); ++d)
    if (shape[d] > 1)
      steps[d] = values[strides[d]] - values[0];
  for (auto [i, value] : llvm::enumerate(values)) {
    int64_t expected = values[0];
    for (size_t d = 0; d < shape.size(); ++d)
      expected += steps[d] * (int64_t(i) / strides[d] % shape[d]);
    if (expected != value)
      return std::nullopt;
  }
  return steps;
}

/// A constant; where it is a range, the position itself.
Value ScalarView::viewConstant(Attribute value, ArrayRef<Value> indices) {
  if (auto splat = dyn_cast<SplatElementsAttr>(value))
    return arith::ConstantOp::create(b, loc, splat.getSplatValue<TypedAttr>());
  auto table = dyn_cast<DenseIntElementsAttr>(value);
  constexpr int64_t smallBits = 32, largest = 1 << 16;
  if (!table || table.getElementType().getIntOrFloatBitWidth() < smallBits ||
      table.getNumElements() == 0 || table.getNumElements() > largest)
    return nullptr;
  for (const APInt &number : table.getValues<APInt>())
    if (number.getSignificantBits() > smallBits)
      return nullptr;
  std::optional<SmallVector<int64_t>> steps = stepsOf(table);
  if (!steps)
    return nullptr;
  Value sum;
  auto add = [&](Value term) {
    sum = sum ? b.createOrFold<arith::AddIOp>(loc, sum, term) : term;
  };
  for (auto [step, at] : llvm::zip_equal(*steps, indices))
    if (step != 0)
      add(step == 1 ? at : b.createOrFold<arith::MulIOp>(loc, at, index(step)));
  int64_t base = (*table.getValues<APInt>().begin()).getSExtValue();
  if (base != 0 || !sum)
    add(index(base));
  return arith::IndexCastOp::create(b, loc, table.getElementType(), sum);
}

Value ScalarView::cloneBody(Block &body, IRMapping &mapping,
                            ArrayRef<Value> indices) {
  for (Operation &op : body.without_terminator()) {
    if (auto index = dyn_cast<linalg::IndexOp>(op)) {
      mapping.map(index.getResult(), indices[index.getDim()]);
      continue;
    }
    if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
      SmallVector<Value> from;
      for (Value one : extract.getIndices())
        from.push_back(mapping.lookupOrDefault(one));
      Value value = at(extract.getTensor(), from);
      if (!value)
        return nullptr;
      mapping.map(extract.getResult(), value);
      continue;
    }
    if (op.getNumRegions() != 0 || !isPure(&op) ||
        llvm::any_of(op.getOperands(), [&](Value operand) {
          return operand.getParentBlock() != &body && depends(operand);
        }))
      return nullptr;
    b.clone(op, mapping);
  }
  return mapping.lookupOrDefault(body.getTerminator()->getOperand(0));
}

Value ScalarView::viewGeneric(Operation *op, ArrayRef<Value> indices) {
  auto generic = cast<linalg::GenericOp>(op);
  if (generic.getNumResults() != 1 || generic.getNumReductionLoops() != 0 ||
      !generic.getIndexingMapsArray().back().isIdentity())
    return nullptr;
  IRMapping mapping;
  for (OpOperand *input : generic.getDpsInputOperands()) {
    SmallVector<Value> from;
    for (AffineExpr expr : generic.getMatchingIndexingMap(input).getResults()) {
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        from.push_back(indices[dim.getPosition()]);
      else if (auto constant = dyn_cast<AffineConstantExpr>(expr))
        from.push_back(index(constant.getValue()));
      else
        return nullptr;
    }
    BlockArgument argument = generic.getMatchingBlockArgument(input);
    if (argument.use_empty())
      continue;
    Value value = at(input->get(), from);
    if (!value)
      return nullptr;
    mapping.map(argument, value);
  }
  return cloneBody(*generic.getBlock(), mapping, indices);
}

/// Position in the dimension that was expanded: the others are the low digits.
Value ScalarView::viewExpanded(Operation *op, ArrayRef<Value> indices) {
  auto expand = cast<tensor::ExpandShapeOp>(op);
  SmallVector<Value> from;
  for (const ReassociationIndices &group : expand.getReassociationIndices()) {
    Value linear;
    for (int64_t d : group) {
      if (isUnit(expand.getResult(), d))
        continue;
      if (linear)
        linear = b.createOrFold<arith::MulIOp>(loc, linear,
                                               sizeOf(expand.getResult(), d));
      linear = linear ? b.createOrFold<arith::AddIOp>(loc, linear, indices[d])
                      : indices[d];
    }
    from.push_back(linear ? linear : index(0));
  }
  return at(expand.getSrc(), from);
}

/// Digits of the position in the dimension that was collapsed.
Value ScalarView::viewCollapsed(Operation *op, ArrayRef<Value> indices) {
  auto collapse = cast<tensor::CollapseShapeOp>(op);
  Value source = collapse.getSrc();
  SmallVector<Value> from(collapse.getSrcType().getRank());
  for (int64_t d = 0; d < int64_t(from.size()); ++d)
    from[d] = index(0);
  for (auto [i, group] : llvm::enumerate(collapse.getReassociationIndices())) {
    SmallVector<int64_t> digits;
    for (int64_t d : group)
      if (!isUnit(source, d))
        digits.push_back(d);
    Value rest = indices[i];
    for (int64_t d : llvm::reverse(digits)) {
      bool first = d == digits.front();
      Value size = first ? Value() : sizeOf(source, d);
      from[d] = first ? rest : b.createOrFold<arith::RemUIOp>(loc, rest, size);
      if (!first)
        rest = b.createOrFold<arith::DivUIOp>(loc, rest, size);
    }
  }
  return at(source, from);
}

Value ScalarView::viewSlice(Operation *op, ArrayRef<Value> indices) {
  auto slice = cast<tensor::ExtractSliceOp>(op);
  if (slice.getSourceType().getRank() != slice.getType().getRank())
    return nullptr;
  SmallVector<Value> from;
  for (auto [offset, stride, at] : llvm::zip_equal(
           slice.getMixedOffsets(), slice.getMixedStrides(), indices)) {
    Value scaled = b.createOrFold<arith::MulIOp>(
        loc, at, getValueOrCreateConstantIndexOp(b, loc, stride));
    from.push_back(b.createOrFold<arith::AddIOp>(
        loc, scaled, getValueOrCreateConstantIndexOp(b, loc, offset)));
  }
  return at(slice.getSource(), from);
}
