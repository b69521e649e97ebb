//===- AMXLinear.cpp - A chunk of linear attention on AMX tiles -----------===//
#include "Kernels/AMX/AMXLinear.h"
#include "Kernels/AttentionKernel.h"
#include "Kernels/TileFallback.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"

using namespace mlir;
using namespace mlir::attn;

static Value compare(KernelBuilder &b, arith::CmpIPredicate predicate, Value x,
                     Value y) {
  return arith::CmpIOp::create(b, predicate, x, y);
}

AMXLinearKernel::AMXLinearKernel(LinearChunkOp op, CPUTargetAttr target,
                                 KernelFunctions &functions)
    : LinearKernel(op, target, functions),
      onVectors(op, getForFallback(target), functions),
      depth(llvm::alignTo(shape.features, kPairs)) {
  shape.block = shape.columns = kBlock;
  shape.tokenVectors = shape.vectors;
}

void AMXLinearKernel::allocate() {
  Type narrow = b.getBF16Type();
  auto panels = [&] {
    return createPanels(kBlock, shape.valueSize, shape.vectors);
  };
  keys = b.scratch({kBlock, depth}, narrow);
  queries = b.scratch({kBlock, depth}, narrow);
  keysInPairs = createPairs(depth, kBlock);
  keysAcross = b.scratch({depth, kBlock}, narrow);
  values = panels();
  outputs = panels();
  weights = createMatrix(kBlock, kBlock);
  weightParts = {b.scratch({kBlock, kBlock}, narrow),
                 b.scratch({kBlock, kBlock}, narrow)};
  stateParts = {createPairs(depth, shape.valueSize),
                createPairs(depth, shape.valueSize)};
  auto valuePairs = [&](bool isSplit) -> Parts {
    return {createPairs(kBlock, shape.valueSize),
            isSplit ? createPairs(kBlock, shape.valueSize) : Value()};
  };
  valueParts = decayedParts = valuePairs(/*isSplit=*/false);
  if (gate == Gate::None)
    return;
  reads = panels();
  decayedParts = valuePairs(/*isSplit=*/true);
  decays = createMatrix(kBlock, kBlock);
  factors = b.scratch({kBlock}, b.element);
  cumulated = b.scratch({kBlock}, b.element);
}

void AMXLinearKernel::emit() {
  onVectors.begin();
  readSizes();
  state = onVectors.getState();
  rowEnd = columnEnd = b.index(kBlock);
  allocate();
  if (shape.features < depth)
    clearStateParts();
  b.loop(zero, tokens, kBlock, [&](Value position) {
    first = position;
    count = b.blockSize(tokens, first, kBlock);
    Value isEnough =
        compare(b, arith::CmpIPredicate::uge, count, b.index(kLeastTokens));
    Value no = arith::ConstantIntOp::create(b, 0, 1);
    Value isForTiles = b.choose(
        isEnough,
        [&] {
          return b.call("__attn_prepare_linear_tiles",
                        [&]() -> Values { return {prepare()}; });
        },
        no)[0];
    b.branch(
        isForTiles,
        [&] {
          b.call("__attn_linear_tiles", [&]() -> Values {
            emitTiles();
            return {};
          });
        },
        [&] {
          onVectors.emitBlocks(b.saveInsertionPoint(), first,
                               b.add(first, count));
        });
  });
  onVectors.finish();
}

/// Everything that leaves the state as it was; whether tiles may go on.
Value AMXLinearKernel::prepare() {
  Rows here{zero, first, count};
  packRows(key, here, features, keys, rowEnd);
  packRows(value, here, valueFeatures, values, rowEnd);
  pairKeys();
  transposeKeys();
  splitState();
  if (gate == Gate::Head)
    prepareHeadDecays();
  return pairValues(valueParts);
}

void AMXLinearKernel::emitTiles() {
  Value heads =
      memref::DimOp::create(b, query.memref, getTensorDim(query.layout, Head));
  b.loop(zero, heads, 1, [&](Value head) {
    Rows here{head, first, count};
    packRows(query, here, features, queries, rowEnd);
    multiplyByKeys(queries);
    makeWeights();
    computeOutput();
    storeRows(outputs, output, here, valueFeatures,
              [&](Value x, Value row, Value feature) {
                return getOutput(x, row, feature);
              });
  });
  if (gate == Gate::Head) {
    decayState();
    decayValues();
    pairValues(decayedParts);
  }
  updateState();
}

/// scale (c Q S + W V), where tiles have not added the two.
Value AMXLinearKernel::getOutput(Value x, Value row, Value feature) {
  if (gate == Gate::Head) {
    bool isVector = isa<VectorType>(x.getType());
    Value factor = memref::LoadOp::create(b, cumulated, row);
    Values at = locate(reads, row, feature);
    Value read = isVector ? b.load(reads, at)
                          : Value(memref::LoadOp::create(b, reads, at));
    x = b.multiplyAdd(isVector ? b.broadcast(factor) : factor, read, x);
  }
  Value factor = isa<VectorType>(x.getType()) ? b.broadcast(scale) : scale;
  return arith::MulFOp::create(b, x, factor);
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

/// Two vectors of a row at a time, those that tiles compute.
void AMXLinearKernel::forScores(
    function_ref<void(Value i, Value column)> body) {
  for (int64_t rows = 0; rows < kBlock; rows += kPairs)
    b.loop(b.index(rows), b.index(rows + kPairs), 1, [&](Value i) {
      for (int64_t column = 0; column <= rows; column += kPairs)
        body(i, b.index(column));
    });
}

void AMXLinearKernel::makeWeights() {
  forScores([&](Value i, Value column) {
    Values vectors;
    for (int64_t v = 0; v < shape.vectors; ++v) {
      Value place = b.add(column, v * shape.lanes);
      Value x = b.load(weights, {i, place});
      if (gate == Gate::Head)
        x = arith::MulFOp::create(b, x, b.load(decays, {i, place}));
      Value seen = b.firstLanes(arith::SubIOp::create(b, b.add(i, 1), place));
      vectors.push_back(arith::SelectOp::create(b, seen, x, b.splat(0)));
    }
    storeParts(vectors[0], vectors[1], /*inPairs=*/false, weightParts,
               {i, column});
  });
}

//===----------------------------------------------------------------------===//
// As one of the kernels
//===----------------------------------------------------------------------===//

namespace {
struct ChunksOnTiles : KernelOf<LinearChunkOp> {
  /// Larger states leave no room in the second-level cache.
  static constexpr int64_t mostFeatures = 256;

  StringRef getName() const override { return "AMX linear"; }
  bool usesTiles() const override { return true; }

  /// A product of tiles is 16 x 16 x 32 multiply-adds in 16 cycles. For each
  /// block the state becomes bf16, 32 elements in 16 instructions.
  std::optional<double> getCost(LinearChunkOp op,
                                CPUTargetAttr target) const override {
    if (!suits(op, target))
      return std::nullopt;
    auto state = cast<MemRefType>(op.getState().getType());
    double features = state.getDimSize(2), valueFeatures = state.getDimSize(3);
    double ofState = features * valueFeatures;
    double ofBlock = AMXLinearKernel::kBlock * (features + 2 * valueFeatures);
    double products = (4 * ofState + ofBlock) / 512;
    double splitting = ofState / 4 / AMXLinearKernel::kBlock;
    return products + splitting + (features + valueFeatures) / 4;
  }

  static bool suits(LinearChunkOp op, CPUTargetAttr target) {
    auto isNarrow = [](Value operand) {
      return cast<MemRefType>(operand.getType()).getElementType().isBF16();
    };
    auto fits = [](int64_t size) { return size > 0 && size <= mostFeatures; };
    auto key = cast<MemRefType>(op.getKey().getType());
    auto state = cast<MemRefType>(op.getState().getType());
    int64_t tokens = key.getDimSize(
        getTensorDim(getLayout(op.getKeyLayoutAttr(), 4), Sequence));
    bool hasFeatureDecays =
        op.getDecay() &&
        cast<MemRefType>(op.getDecay().getType()).getRank() == 4;
    return target.getAmx() && target.getVectorBits() == 512 &&
           op.getScoreType().isF32() && isNarrow(op.getQuery()) &&
           isNarrow(op.getKey()) && isNarrow(op.getValue()) && !op.isDelta() &&
           !hasFeatureDecays && fits(state.getDimSize(2)) &&
           fits(state.getDimSize(3)) &&
           (ShapedType::isDynamic(tokens) ||
            tokens >= AMXLinearKernel::kLeastTokens);
  }

  void emit(LinearChunkOp op, KernelContext &context) const override {
    AMXLinearKernel(op, context.target, context.functions).emit();
  }
};
} // namespace

const AttentionKernel &attn::getAMXLinearKernel() {
  static const ChunksOnTiles kernel;
  return kernel;
}
