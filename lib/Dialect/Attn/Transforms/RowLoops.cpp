//===- RowLoops.cpp - A loop over rows ------------------------------------===//
#include "RowLoops.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

RowLoops::RowLoops(RowGroup &group, RewriterBase &rewriter)
    : group(group), b(rewriter), loc(group.ops.back().getLoc()),
      tiled(group.numRows - 1) {
  SmallVector<int64_t> sizes = group.getWidest().getStaticLoopRanges();
  while (tiled > 0 && sizes[tiled] == 1)
    --tiled;
  findResults();
}

void RowLoops::findResults() {
  auto isOutside = [&](Operation *user) {
    return !group.contains(
        group.ops[0]->getBlock()->findAncestorOpInBlock(*user));
  };
  for (linalg::GenericOp op : group.ops)
    for (OpResult result : op->getResults())
      if (llvm::any_of(result.getUsers(), isOutside))
        results.push_back(result);
}

bool RowLoops::isWorthwhile() const {
  constexpr int64_t unknown = 128;
  int64_t elements = 1;
  for (int64_t size : group.getWidest().getStaticLoopRanges())
    elements *= ShapedType::isDynamic(size) ? unknown : size;
  return !results.empty() && elements >= 2 * kRowBlockElements;
}

std::string RowLoops::describe() const {
  return std::to_string(group.ops.size()) + " ops over " +
         std::to_string(group.numRows) + " loops";
}

/// As many rows as make up the elements of a block.
OpFoldResult RowLoops::getBlock(ArrayRef<OpFoldResult> sizes) {
  int64_t known = 1;
  Value elements;
  for (OpFoldResult size : sizes.drop_front(group.numRows)) {
    if (std::optional<int64_t> constant = getConstantIntValue(size)) {
      known *= std::max<int64_t>(*constant, 1);
      continue;
    }
    Value value = cast<Value>(size);
    elements =
        elements ? arith::MulIOp::create(b, loc, elements, value) : value;
  }
  int64_t rows = std::max<int64_t>(kRowBlockElements / known, 1);
  if (!elements)
    return b.getIndexAttr(rows);
  // At least one row, and as many as there may be of no elements.
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  Value most = arith::ConstantIndexOp::create(b, loc, rows);
  Value least = arith::MaxSIOp::create(b, loc, elements, one);
  Value quotient = arith::DivUIOp::create(b, loc, most, least);
  return arith::MaxSIOp::create(b, loc, quotient, one).getResult();
}

/// A tensor of the sizes of `value` that none of the ops computes.
Value RowLoops::getOutside(Value value) {
  while (group.defines(value)) {
    auto op = cast<linalg::GenericOp>(value.getDefiningOp());
    unsigned number = cast<OpResult>(value).getResultNumber();
    value = op.getDpsInitOperand(number)->get();
  }
  return value;
}

RowLoops::FoldResults RowLoops::getLoopSizes(linalg::GenericOp op) {
  FoldResults sizes(op.getNumLoops());
  for (OpOperand &operand : op->getOpOperands())
    for (auto [n, expr] :
         llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults()))
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        if (!sizes[dim.getPosition()])
          sizes[dim.getPosition()] =
              tensor::getMixedSize(b, loc, getOutside(operand.get()), n);
  return sizes;
}

/// Where the loop puts the result.
Value RowLoops::getDestination(OpResult result) {
  Value init = getOutside(result);
  if (auto fill = init.getDefiningOp<linalg::FillOp>())
    init = fill.getDpsInitOperand(0)->get();
  // One that nothing else is written into.
  if (init.getType() == result.getType() &&
      !init.getDefiningOp<tensor::EmptyOp>())
    return init;
  return tensor::EmptyOp::create(b, loc, tensor::getMixedSizes(b, loc, init),
                                 getElementTypeOrSelf(result.getType()));
}

void RowLoops::replace() {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(group.ops.back());
  FoldResults sizes = getLoopSizes(group.getWidest());
  FoldResults starts(group.numRows, b.getIndexAttr(0)),
      steps(group.numRows, b.getIndexAttr(1)),
      ends(llvm::to_vector(
          llvm::ArrayRef<OpFoldResult>(sizes).take_front(group.numRows)));
  steps[tiled] = getBlock(sizes);
  counts = steps;
  SmallVector<Value> destinations;
  for (OpResult result : results)
    destinations.push_back(getDestination(result));
  auto forall = scf::ForallOp::create(
      b, loc, starts, ends, steps, destinations, std::nullopt,
      [&](OpBuilder &, Location, ValueRange args) {
        offsets = getAsOpFoldResult(args.take_front(group.numRows));
        AffineExpr start = b.getAffineDimExpr(0),
                   end = b.getAffineSymbolExpr(0),
                   step = b.getAffineSymbolExpr(1);
        counts[tiled] = affine::makeComposedFoldedAffineMin(
            b, loc, AffineMap::get(1, 2, {step, end - start}, b.getContext()),
            {offsets[tiled], ends[tiled], steps[tiled]});
        buildBlock(args.take_front(group.numRows),
                   args.drop_front(group.numRows));
      });
  fuseRows(*forall.getBody(), b);
  for (auto [result, value] : llvm::zip(results, forall.getResults()))
    b.replaceAllUsesWith(result, value);
  for (linalg::GenericOp op : llvm::reverse(group.ops))
    b.eraseOp(op);
}

/// The rows of the block, of a tensor that `map` reads.
Value RowLoops::slice(Value tensor, AffineMap map) {
  FoldResults sizes = tensor::getMixedSizes(b, loc, tensor);
  FoldResults starts(sizes.size(), b.getIndexAttr(0));
  bool isWhole = true;
  for (auto [n, expr] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || dim.getPosition() >= group.numRows)
      continue;
    starts[n] = offsets[dim.getPosition()];
    sizes[n] = counts[dim.getPosition()];
    isWhole = false;
  }
  if (isWhole)
    return tensor;
  return tensor::ExtractSliceOp::create(
      b, loc, tensor, starts, sizes,
      FoldResults(sizes.size(), b.getIndexAttr(1)));
}

/// What the op writes into, in the block: the loop's output where it has one.
Value RowLoops::getInit(linalg::GenericOp op, unsigned result) {
  OpOperand &init = *op.getDpsInitOperand(result);
  AffineMap map = op.getMatchingIndexingMap(&init);
  bool isRead = !op.getRegionOutputArgs()[result].use_empty();
  Value tensor = init.get();
  if (isRead && group.defines(tensor))
    return mapping.lookup(tensor);
  auto fill = tensor.getDefiningOp<linalg::FillOp>();
  Value place = places.lookup(op->getResult(result));
  if (place)
    place = slice(place, map);
  else if (!isRead || fill) {
    FoldResults sizes = tensor::getMixedSizes(b, loc, getOutside(tensor));
    for (unsigned row = 0; row < group.numRows; ++row)
      sizes[row] = counts[row];
    place = tensor::EmptyOp::create(b, loc, sizes,
                                    getElementTypeOrSelf(init.get().getType()));
  }
  if (!isRead)
    return place;
  if (!fill)
    return place ? place : slice(tensor, map);
  return linalg::FillOp::create(b, loc, fill.getInputs()[0], place)
      .getResult(0);
}

void RowLoops::cloneOp(linalg::GenericOp op) {
  SmallVector<Value> inputs, inits;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    Value value = operand->get();
    bool isTensor = isa<RankedTensorType>(value.getType());
    inputs.push_back(group.defines(value) ? mapping.lookup(value)
                     : isTensor
                         ? slice(value, op.getMatchingIndexingMap(operand))
                         : value);
  }
  for (unsigned n = 0; n < op->getNumResults(); ++n)
    inits.push_back(getInit(op, n));
  auto clone = linalg::GenericOp::create(
      b, loc, ValueRange(inits).getTypes(), inputs, inits,
      op.getIndexingMapsArray(), op.getIteratorTypesArray());
  b.cloneRegionBefore(op.getRegion(), clone.getRegion(),
                      clone.getRegion().end());
  FoldResults shifts(op.getNumLoops(), b.getIndexAttr(0));
  llvm::copy(offsets, shifts.begin());
  linalg::offsetIndices(b, cast<linalg::LinalgOp>(clone.getOperation()),
                        shifts);
  mapping.map(op->getResults(), clone->getResults());
}

void RowLoops::buildBlock(ValueRange position, ValueRange shared) {
  for (auto [result, output] : llvm::zip(results, shared))
    places[result] = output;
  for (linalg::GenericOp op : group.ops)
    cloneOp(op);
  insert(shared);
}

void RowLoops::insert(ValueRange shared) {
  auto parallel = scf::InParallelOp::create(b, loc);
  for (auto [result, output] : llvm::zip(results, shared)) {
    auto op = cast<linalg::GenericOp>(result.getOwner());
    OpOperand *init = op.getDpsInitOperand(result.getResultNumber());
    b.setInsertionPoint(parallel);
    FoldResults sizes = tensor::getMixedSizes(b, loc, output);
    FoldResults starts(sizes.size(), b.getIndexAttr(0)),
        ones(sizes.size(), b.getIndexAttr(1));
    for (auto [n, expr] :
         llvm::enumerate(op.getMatchingIndexingMap(init).getResults())) {
      unsigned loop = cast<AffineDimExpr>(expr).getPosition();
      if (loop >= group.numRows)
        continue;
      starts[n] = offsets[loop];
      sizes[n] = counts[loop];
    }
    b.setInsertionPointToEnd(parallel.getBody());
    tensor::ParallelInsertSliceOp::create(b, loc, mapping.lookup(result),
                                          output, starts, sizes, ones);
  }
}
