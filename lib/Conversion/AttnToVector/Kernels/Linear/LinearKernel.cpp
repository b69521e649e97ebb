//===- LinearKernel.cpp - A chunk of linear attention ---------------------===//
#include "Kernels/Linear/LinearKernel.h"
#include "Kernels/AttentionKernel.h"
#include "Steps/KernelShape.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;
using namespace mlir::attn;

std::optional<int64_t> attn::getMostValueFeatures(LinearChunkOp op) {
  FailureOr<int64_t> bound = ValueBoundsConstraintSet::computeConstantBound(
      presburger::BoundType::UB, {op.getState(), 3}, nullptr,
      /*closedUB=*/true);
  return succeeded(bound) ? std::optional(*bound) : std::nullopt;
}

static LinearShape getShape(LinearChunkOp op, CPUTargetAttr target) {
  LinearShape shape;
  auto state = cast<MemRefType>(op.getState().getType());
  shape.features = state.getDimSize(2);
  shape.valueFeatures = *getMostValueFeatures(op);
  SmallVector<int64_t> layout = getLayout(op.getKeyLayoutAttr(), 4);
  int64_t tokens = cast<MemRefType>(op.getKey().getType())
                       .getDimSize(getTensorDim(layout, Sequence));
  if (ShapedType::isDynamic(tokens))
    tokens = std::numeric_limits<int32_t>::max();
  tokens = std::max<int64_t>(tokens, 1);
  shape.lanes = getLanes(target, op.getScoreType());
  // 16 or 8 accumulators, beside a row of vectors and a broadcast.
  shape.rows = std::min<int64_t>(target.getRegisters() >= 32 ? 8 : 4,
                                 llvm::PowerOf2Ceil(tokens));
  shape.vectors = 2;
  bool hasFeatureDecays =
      op.getDecay() && cast<MemRefType>(op.getDecay().getType()).getRank() == 4;
  // Work within a block grows with its square: most in sums over features.
  shape.block = std::min<int64_t>(hasFeatureDecays ? 16 : 32,
                                  llvm::alignTo(tokens, shape.rows));
  shape.tokenVectors = std::min<int64_t>(
      shape.vectors, llvm::divideCeil(shape.block, shape.lanes));
  shape.columns = llvm::alignTo(shape.block, shape.tokenVectors * shape.lanes);
  shape.keySize =
      llvm::alignTo(shape.features, std::max(shape.rows, shape.lanes));
  shape.valueSize = llvm::alignTo(shape.valueFeatures, shape.lanes);
  return shape;
}

LinearKernel::LinearKernel(LinearChunkOp op, CPUTargetAttr target,
                           KernelFunctions &functions)
    : op(op), shape(getShape(op, target)),
      // Errors of exp would multiply over a sequence.
      b(op, target.withExactExp(), op.getScoreType(), shape.lanes, &functions) {
  if (op.getDecay())
    gate = cast<MemRefType>(op.getDecay().getType()).getRank() == 4
               ? Gate::Feature
               : Gate::Head;
  auto operand = [](Value memref, DenseI64ArrayAttr layout) {
    return Operand{memref, getLayout(layout, 4)};
  };
  query = operand(op.getQuery(), op.getQueryLayoutAttr());
  key = operand(op.getKey(), op.getKeyLayoutAttr());
  value = operand(op.getValue(), op.getValueLayoutAttr());
  output = operand(op.getOutput(), op.getOutputLayoutAttr());
}

/// Rows are an odd number of cache lines apart: a column of them then lies in
/// all sets of a cache, not in a few.
Value LinearKernel::createMatrix(int64_t rows, int64_t columns) {
  int64_t line = 512 / b.element.getWidth();
  int64_t lines = llvm::divideCeil(columns, line) | 1;
  return b.scratch({rows, lines * line}, b.element);
}

/// A matrix whose columns are read in tiles lies tile by tile.
Value LinearKernel::createPanels(int64_t rows, int64_t columns,
                                 int64_t vectors) {
  int64_t width = vectors * shape.lanes;
  return b.scratch({(columns + width - 1) / width, rows, width}, b.element);
}

void LinearKernel::allocate() {
  auto matrix = [&](int64_t rows, int64_t columns) {
    return createMatrix(rows, columns);
  };
  auto panels = [&](int64_t rows) {
    return createPanels(rows, shape.valueSize, shape.vectors);
  };
  keys = matrix(shape.columns, shape.keySize);
  values = panels(shape.block);
  queries = matrix(shape.block, shape.keySize);
  outputs = panels(shape.block);
  weights = matrix(shape.block, shape.columns);
  readKeys = decayedKeys = keys;
  if (op.isDelta()) {
    deltas = matrix(shape.block, shape.columns);
    betas = b.scratch({shape.block}, b.element);
  }
  if (gate != Gate::Feature)
    keysAcross = createPanels(shape.keySize, shape.columns, shape.tokenVectors);
  if (gate != Gate::None)
    decayedKeys = matrix(shape.block, shape.keySize);
  if (gate == Gate::Head) {
    decays = matrix(shape.block, shape.columns);
    factors = b.scratch({shape.columns}, b.element);
    cumulated = b.scratch({shape.block}, b.element);
  }
  if (gate == Gate::Feature) {
    factors = matrix(shape.block, shape.keySize);
    cumulated = matrix(shape.block, shape.keySize);
    runningKeys = matrix(shape.block, shape.keySize);
    if (op.isDelta())
      readKeys = matrix(shape.block, shape.keySize);
  }
}

void LinearKernel::emit() {
  begin();
  emitBlocks(b.saveInsertionPoint(), zero, tokens);
  finish();
}

LinearKernel::Operand LinearKernel::getStateOperand() {
  return {op.getState(), {Batch, Head, Sequence, Feature}};
}

void LinearKernel::readSizes() {
  zero = b.index(0);
  scale = b.scalar(*op.getStaticScale());
  Value dim = b.index(getTensorDim(key.layout, Sequence));
  tokens = b.createOrFold<memref::DimOp>(key.memref, dim);
  features = b.index(shape.features);
  valueFeatures = b.createOrFold<memref::DimOp>(op.getState(), b.index(3));
}

void LinearKernel::begin() {
  readSizes();
  allocate();
  state = createPanels(shape.keySize, shape.valueSize, shape.vectors);
  packRows(getStateOperand(), {zero, zero, features}, valueFeatures, state,
           b.index(shape.keySize));
}

void LinearKernel::emitBlocks(OpBuilder::InsertPoint at, Value from, Value to) {
  OpBuilder::InsertionGuard guard(b);
  b.restoreInsertionPoint(at);
  b.loop(from, to, shape.block, [&](Value first) {
    b.call("__attn_linear_block", [&]() -> Values {
      emitBlock(first);
      return {};
    });
  });
}

void LinearKernel::finish() {
  storeRows(state, getStateOperand(), {zero, zero, features}, valueFeatures);
  op.erase();
}

void LinearKernel::emitBlock(Value position) {
  first = position;
  count = b.min(b.index(shape.block), arith::SubIOp::create(b, tokens, first));
  rowEnd = b.alignUp(count, shape.rows);
  columnEnd = b.alignUp(count, shape.tokenVectors * shape.lanes);
  Rows here{zero, first, count};
  packRows(key, here, features, keys,
           gate == Gate::Feature ? rowEnd : columnEnd);
  packRows(value, here, valueFeatures, values, rowEnd);
  if (gate != Gate::Feature)
    transpose(keys, keysAcross);
  if (gate == Gate::Head)
    prepareHeadDecays();
  if (gate == Gate::Feature)
    prepareFeatureDecays();
  if (op.isDelta()) {
    loadBetas();
    multiplyByKeys(keys, deltas, [&](Value row) -> Value {
      Value beta = memref::LoadOp::create(b, betas, row);
      return arith::NegFOp::create(b, beta);
    });
    if (gate == Gate::Feature)
      scaleRows(keys, cumulated, readKeys);
    solve();
  }
  Value heads =
      memref::DimOp::create(b, query.memref, getTensorDim(query.layout, Head));
  b.loop(zero, heads, 1, [&](Value head) {
    packRows(query, {head, first, count}, features, queries, rowEnd);
    multiplyByKeys(queries, weights, [&](Value) { return scale; });
    if (gate == Gate::Feature)
      scaleRows(queries, cumulated, queries);
    computeOutput(head);
    storeRows(outputs, output, {head, first, count}, valueFeatures);
  });
  decayKeys();
  updateState();
}

//===----------------------------------------------------------------------===//
// As one of the kernels
//===----------------------------------------------------------------------===//

namespace {
struct Chunks : KernelOf<LinearChunkOp> {
  StringRef getName() const override { return "linear"; }

  /// Products with the state and within a block, whose scores are of all its
  /// pairs; the state is read and updated.
  std::optional<double> getCost(LinearChunkOp op,
                                CPUTargetAttr target) const override {
    LinearShape shape = getShape(op, target);
    double withState = 2.0 * shape.features * shape.valueFeatures;
    double inBlock =
        double(shape.block) * (shape.features + shape.valueFeatures);
    return (withState + inBlock) / shape.lanes / 2;
  }

  void emit(LinearChunkOp op, KernelContext &context) const override {
    LinearKernel(op, context.target, context.functions).emit();
  }
};
} // namespace

const AttentionKernel &attn::getLinearKernel() {
  static const Chunks kernel;
  return kernel;
}
