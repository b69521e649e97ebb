//===- LoopKernel.cpp - A linalg op as loops over vectors -----------------===//
#include "Loops/LoopKernel.h"
#include "Steps/KernelShape.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"

using namespace mlir;
using namespace mlir::attn;

LoopKernel::LoopKernel(LoopPlan plan, CPUTargetAttr target,
                       KernelFunctions &functions)
    : plan(plan), op(plan.op), body(op->getRegion(0)),
      b(op, target, plan.element, getLanes(target, plan.element), &functions) {}

void LoopKernel::emit() {
  b.call("__attn_loops", [&]() -> Values {
    for (Range range : op.createLoopRanges(b, b.getLoc()))
      sizes.push_back(
          getValueOrCreateConstantIndexOp(b, b.getLoc(), range.size));
    position.assign(sizes.size(), Value());
    allocateRows();
    runParallel(0);
    return {};
  });
  op.erase();
}

/// The loops around, that are neither summed over nor run in vectors.
void LoopKernel::runParallel(unsigned loop) {
  while (loop < sizes.size() && isInner(loop))
    ++loop;
  if (loop == sizes.size())
    return runRow();
  if (plan.isCross(loop))
    return runAcross(loop);
  b.loop(b.index(0), sizes[loop], 1, [&](Value i) {
    position[loop] = i;
    runParallel(loop + 1);
  });
}

void LoopKernel::runRow() {
  RegionVectorizer row = getRow();
  if (!plan.isReduction())
    return runVectors([&](Value mask) { runElements(row, mask); });
  if (plan.isReduced(plan.vectorLoop))
    return reduce(row, Value());
  runVectors([&](Value mask) { reduce(row, mask); });
}

void LoopKernel::runVectors(function_ref<void(Value)> run) {
  Value size = sizes[plan.vectorLoop];
  Value whole = b.wholeSteps(size, b.lanes());
  b.loop(b.index(0), whole, b.lanes(), [&](Value at) {
    position[plan.vectorLoop] = at;
    run(Value());
  });
  Value rest = b.createOrFold<arith::SubIOp>(size, whole);
  if (getConstantIntValue(rest) == 0)
    return;
  Value isThere =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ne, rest, b.index(0));
  b.branch(
      isThere,
      [&] {
        position[plan.vectorLoop] = whole;
        run(vector::CreateMaskOp::create(b, b.vector.clone(b.getI1Type()),
                                         rest));
      },
      [] {});
}

void LoopKernel::runElements(const RegionVectorizer &row, Value mask) {
  RegionVectorizer element = row;
  defineInner(element, mask);
  element.inlineSlice(body, getRoots());
  for (auto [root, init] : llvm::zip(getRoots(), op.getDpsInitsMutable()))
    store(element.lookup(root), init, mask);
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

/// What an element of each result is computed from: all of it, or what is added
/// to what was there.
Values LoopKernel::getRoots() {
  if (plan.isReduction())
    return Values(plan.terms);
  return Values(op.getBlock()->getTerminator()->getOperands());
}

bool LoopKernel::isInner(AffineMap map) {
  for (unsigned loop = 0; loop < sizes.size(); ++loop)
    if (isInner(loop) && moves(map, loop))
      return true;
  return false;
}

/// What is the same for all elements of a row, computed before them.
RegionVectorizer LoopKernel::getRow() {
  RegionVectorizer row(b);
  Values inner;
  for (OpOperand &operand : op->getOpOperands()) {
    Value argument = op.getMatchingBlockArgument(&operand);
    if (isInner(op.getMatchingIndexingMap(&operand)) ||
        (op.isDpsInit(&operand) && plan.isReduction()))
      inner.push_back(argument);
    else if (!argument.use_empty())
      row.define(argument, load(operand, Value()));
  }
  for (auto index : op.getBlock()->getOps<linalg::IndexOp>())
    if (isInner(index.getDim()))
      inner.push_back(index.getResult());
    else
      row.define(index.getResult(), position[index.getDim()]);
  const RegionDependence differs(body, inner);
  row.inlineSlice(body, getRoots(), [&](Operation &each) {
    return !isa<linalg::IndexOp>(each) && !differs.contains(each);
  });
  return row;
}

/// Gives values to what differs between elements, at `position`.
void LoopKernel::defineInner(RegionVectorizer &element, Value mask) {
  for (OpOperand &operand : op->getOpOperands()) {
    Value argument = op.getMatchingBlockArgument(&operand);
    if (isInner(op.getMatchingIndexingMap(&operand)) && !argument.use_empty() &&
        !(op.isDpsInit(&operand) && plan.isReduction()))
      element.define(argument, load(operand, mask));
  }
  for (auto index : op.getBlock()->getOps<linalg::IndexOp>())
    if (isInner(index.getDim()))
      element.define(index.getResult(), index.getDim() == plan.vectorLoop
                                            ? getLanePositions()
                                            : position[index.getDim()]);
  for (auto read : op.getBlock()->getOps<memref::LoadOp>()) {
    auto last = read.getIndices().empty()
                    ? linalg::IndexOp()
                    : read.getIndices().back().getDefiningOp<linalg::IndexOp>();
    if (!last || last.getDim() != plan.vectorLoop)
      continue;
    element.inlineSlice(body, read.getIndices().drop_back());
    Values indices;
    for (Value index : read.getIndices().drop_back())
      indices.push_back(element.lookup(index));
    indices.push_back(position[plan.vectorLoop]);
    element.define(read.getResult(),
                   load(read.getMemRef(), indices, true, mask));
  }
}

Value LoopKernel::getLanePositions() {
  VectorType type = b.vector.clone(b.getIndexType());
  Value steps = vector::StepOp::create(b, type);
  return arith::AddIOp::create(b, steps,
                               b.broadcast(position[plan.vectorLoop]));
}

Values LoopKernel::getIndices(AffineMap map) {
  Values indices;
  SmallVector<OpFoldResult> dims;
  for (Value each : position)
    dims.push_back(each ? OpFoldResult(each) : b.getIndexAttr(0));
  for (unsigned n = 0; n < map.getNumResults(); ++n)
    indices.push_back(getValueOrCreateConstantIndexOp(
        b, b.getLoc(),
        affine::makeComposedFoldedAffineApply(b, b.getLoc(), map.getSubMap({n}),
                                              dims)));
  return indices;
}

Value LoopKernel::load(Value memref, ValueRange indices, bool isVector,
                       Value mask) {
  if (!isVector)
    return memref::LoadOp::create(b, memref, indices);
  VectorType type =
      b.vector.clone(cast<MemRefType>(memref.getType()).getElementType());
  if (!mask)
    return vector::LoadOp::create(b, type, memref, indices);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return vector::MaskedLoadOp::create(b, type, memref, indices, mask, zero);
}

Value LoopKernel::load(OpOperand &operand, Value mask) {
  if (!isa<MemRefType>(operand.get().getType()))
    return operand.get();
  if (auto *it = llvm::find(plan.across, &operand); it != plan.across.end())
    return load(rows[it - plan.across.begin()],
                {row, position[plan.vectorLoop]},
                /*isVector=*/true, mask);
  AffineMap map = op.getMatchingIndexingMap(&operand);
  return load(operand.get(), getIndices(map), moves(map, plan.vectorLoop),
              mask);
}

void LoopKernel::store(Value value, OpOperand &operand, Value mask) {
  AffineMap map = op.getMatchingIndexingMap(&operand);
  Values indices = getIndices(map);
  if (!moves(map, plan.vectorLoop))
    memref::StoreOp::create(b, value, operand.get(), indices);
  else if (mask)
    vector::MaskedStoreOp::create(b, operand.get(), indices, mask,
                                  b.broadcast(value));
  else
    vector::StoreOp::create(b, b.broadcast(value), operand.get(), indices);
}
