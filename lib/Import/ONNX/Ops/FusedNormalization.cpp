//===- FusedNormalization.cpp - Sums that are normalized ------------------===//
//
// Of com.microsoft: residual connections and embeddings with the layer
// normalization behind them.
//
//===----------------------------------------------------------------------===//

#include "Core/Broadcast.h"
#include "Core/Elementwise.h"
#include "Ops/Indexing.h"
#include "Ops/Normalization.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn::onnx;

static LogicalResult checkFloats(Node &n, ArrayRef<size_t> inputs) {
  for (size_t i : inputs)
    if (n.hasInput(i) &&
        (!n.input(i).isFloat() ||
         n.input(i).elementType() != n.input(inputs.front()).elementType()))
      return n.error() << "expected inputs of one float type, got "
                       << n.input(inputs.front()).type() << " and "
                       << n.input(i).type();
  return success();
}

/// The sum, in f32 for the 16-bit floats, of operands that broadcast to the
/// first.
static FailureOr<Operand> sumOf(Node &n, ArrayRef<Operand> operands) {
  for (const Operand &operand : operands.drop_front())
    if (failed(requireBroadcastTo(n, operand, operands.front())))
      return failure();
  Type wide = accumulatorType(n.b, operands.front().elementType());
  auto add = [&](ScalarBuilder &s, ValueRange x) {
    Value sum = s.convert(x[0], wide, false, false);
    for (Value term : x.drop_front())
      sum = s.add(sum, s.convert(term, wide, false, false));
    return sum;
  };
  Operand sum = elementwiseOver(n, operands, operands.front().shape, wide, add);
  sum.name = operands.front().name;
  return sum;
}

//===----------------------------------------------------------------------===//
// Skip
//===----------------------------------------------------------------------===//

/// The sum of input, skip and bias, where it is asked for, is output 3.
static FailureOr<Operand> addSkip(Node &n, size_t bias) {
  SmallVector<Operand> operands{n.input(0), n.input(1)};
  if (n.input(0).rank() < 1)
    return n.error() << "expected a rank of 2 or 3, got " << n.input(0).type();
  if (n.hasInput(bias))
    operands.push_back(n.input(bias));
  FailureOr<Operand> sum = sumOf(n, operands);
  if (failed(sum) ||
      failed(n.setOutput(3, castTo(n, *sum, n.input(0).elementType()))))
    return failure();
  return sum;
}

static LogicalResult importSkipLayerNormalization(Node &n) {
  double epsilon = n.floatAttr("epsilon", 1e-12f);
  if (failed(checkFloats(n, {0, 1, 2, 3, 4})))
    return failure();
  FailureOr<Operand> sum = addSkip(n, 4);
  if (failed(sum))
    return failure();
  FailureOr<LayerNorm> result =
      layerNormalize(n, *sum, {sum->rank() - 1}, epsilon, n.input(2),
                     n.hasInput(3) ? n.input(3) : Operand());
  if (failed(result) ||
      failed(
          n.setOutput(0, castTo(n, result->value, n.input(0).elementType()))) ||
      failed(n.setOutput(1, castTo(n, result->mean, n.b.getF32Type()))))
    return failure();
  return n.setOutput(2, castTo(n, result->inverse, n.b.getF32Type()));
}

static LogicalResult importSkipSimplifiedLayerNormalization(Node &n) {
  double epsilon = n.floatAttr("epsilon", 1e-12f);
  if (failed(checkFloats(n, {0, 1, 2, 3})))
    return failure();
  FailureOr<Operand> sum = addSkip(n, 3);
  if (failed(sum))
    return failure();
  const int64_t last = sum->rank() - 1;
  Operand inverse;
  FailureOr<Operand> result =
      rmsNormalize(n, *sum, {last}, epsilon, n.input(2), &inverse);
  if (failed(n.setOutput(0, result)))
    return failure();
  // The value does not go by the mean; exporters name it all the same.
  if (n.hasOutput(1)) {
    FailureOr<Operand> mean = meanOver(n, *sum, {last});
    if (failed(mean) ||
        failed(n.setOutput(1, castTo(n, *mean, n.b.getF32Type()))))
      return failure();
  }
  return n.setOutput(2, castTo(n, inverse, n.b.getF32Type()));
}

//===----------------------------------------------------------------------===//
// Embeddings
//===----------------------------------------------------------------------===//

namespace {
enum EmbedInput {
  kIds,
  kSegments,
  kWordTable,
  kPositionTable,
  kSegmentTable,
  kGamma,
  kBeta,
  kMask,
  kPositionIds
};
} // namespace

/// Every element lies in [0, size): nothing counts from the back here.
static void requireWithin(Node &n, const Operand &indices, OpFoldResult size,
                          const Twine &message) {
  Value limit = n.math.materialize(size);
  ScalarBuilder s(n.b, n.loc);
  auto inside = [&](ScalarBuilder &s, Value element, Value accumulator) {
    Value at = s.toIndex(element);
    return s.make<arith::AndIOp>(
        accumulator, s.make<arith::AndIOp>(s.less(s.index(0), at, true),
                                           s.less(at, limit, false)));
  };
  Operand all = reduce(n, indices, llvm::to_vector(llvm::seq(indices.rank())),
                       s.boolean(true), inside);
  emitAssert(n, extractScalar(n, all), message);
}

/// Rows of input `table` by indices that broadcast to (batch, sequence).
static FailureOr<Operand> lookUp(Node &n, size_t table, const Operand &indices,
                                 const Sizes &tokens) {
  const Operand &rows = n.input(table);
  if (rows.rank() != 2)
    return n.error() << "expected '" << rows.name << "' to have rank 2, got "
                     << rows.type();
  requireWithin(n, indices, rows.shape[0],
                "expected '" + indices.name +
                    "' to lie within dimension 0 of '" + rows.name + "'");
  BroadcastReader reader(n, indices, tokens);
  Value limit = n.math.materialize(rows.shape[0]);
  Sizes sizes = tokens;
  sizes.push_back(rows.shape[1]);
  Operand result = generate(
      n, sizes, rows.elementType(), [&](ScalarBuilder &s, ValueRange at) {
        Value row = s.toIndex(reader.read(s, at.take_front(2)));
        return tensor::ExtractOp::create(
            s.b, s.loc, rows.value,
            ValueRange{clampIndex(s, row, limit), at[2]});
      });
  result.name = rows.name;
  return result;
}

/// position_ids, or the positions themselves.
static FailureOr<Operand> positionsOf(Node &n, const Sizes &tokens) {
  if (n.hasInput(kPositionIds)) {
    Operand given = n.input(kPositionIds), target;
    target.name = n.input(kIds).name;
    target.shape = tokens;
    if (failed(checkIndexType(n, kPositionIds)) ||
        failed(requireBroadcastTo(n, given, target)))
      return failure();
    return given;
  }
  Type i64 = n.b.getI64Type();
  Operand result = generate(n, {n.math.constant(1), tokens[1]}, i64,
                            [&](ScalarBuilder &s, ValueRange at) {
                              return s.make<arith::IndexCastOp>(i64, at[1]);
                            });
  result.name = n.input(kIds).name;
  return result;
}

/// How many of a row of the mask are not padding, or 0 without a mask.
static LogicalResult setMaskIndex(Node &n, const Sizes &tokens) {
  Type i32 = n.b.getI32Type();
  ScalarBuilder s(n.b, n.loc);
  if (!n.hasInput(kMask)) {
    Value zeros = filledTensor(n, {tokens[0]}, s.integer(i32, 0));
    return n.setOutput(1, makeOperand(n, zeros, {tokens[0]}));
  }
  const Operand &mask = n.input(kMask);
  if (mask.rank() != 2 || failed(checkIndexType(n, kMask)) ||
      failed(requireEqualDims(n, mask, 0, n.input(kIds), 0)) ||
      failed(requireEqualDims(n, mask, 1, n.input(kIds), 1)))
    return n.error() << "expected a mask like the ids, got " << mask.type();
  Operand counts =
      reduce(n, mask, {1}, s.integer(i32, 0),
             [&](ScalarBuilder &s, Value x, Value accumulator) {
               Value one = s.equal(x, s.integer(x.getType(), 1));
               return s.add(accumulator, s.make<arith::ExtUIOp>(i32, one));
             });
  return n.setOutput(1, counts);
}

static FailureOr<Operand> sumEmbeddings(Node &n, const Sizes &tokens) {
  FailureOr<Operand> positions = positionsOf(n, tokens);
  FailureOr<Operand> words = lookUp(n, kWordTable, n.input(kIds), tokens);
  if (failed(positions) || failed(words))
    return failure();
  FailureOr<Operand> places = lookUp(n, kPositionTable, *positions, tokens);
  if (failed(places))
    return failure();
  SmallVector<Operand> terms{*words, *places};
  if (n.hasInput(kSegments) != n.hasInput(kSegmentTable))
    return n.error() << "expected segment_ids and segment_embedding together";
  if (n.hasInput(kSegments)) {
    if (failed(checkIndexType(n, kSegments)) || n.input(kSegments).rank() != 2)
      return n.error() << "expected segment_ids of rank 2, got "
                       << n.input(kSegments).type();
    for (int64_t d : {0, 1})
      if (failed(requireEqualDims(n, n.input(kSegments), d, n.input(kIds), d)))
        return failure();
    FailureOr<Operand> segments =
        lookUp(n, kSegmentTable, n.input(kSegments), tokens);
    if (failed(segments))
      return failure();
    terms.push_back(*segments);
  }
  for (const Operand &term : ArrayRef(terms).drop_front())
    if (failed(requireEqualDims(n, term, 2, *words, 2)))
      return failure();
  return sumOf(n, terms);
}

static LogicalResult importEmbedLayerNormalization(Node &n) {
  double epsilon = n.floatAttr("epsilon", 1e-12f);
  // What shape inference of others makes of output 1.
  n.intAttr("mask_index_type", 0);
  for (size_t i : {kPositionTable, kGamma, kBeta})
    if (!n.hasInput(i))
      return n.error() << "expected input " << i << " to be there, got none";
  const Operand &ids = n.input(kIds);
  if (ids.rank() != 2 || failed(checkIndexType(n, kIds)))
    return n.error() << "expected input_ids of rank 2, got " << ids.type();
  if (failed(checkFloats(
          n, {kWordTable, kPositionTable, kSegmentTable, kGamma, kBeta})))
    return failure();
  FailureOr<Operand> sum = sumEmbeddings(n, ids.shape);
  if (failed(sum))
    return failure();
  FailureOr<LayerNorm> result =
      layerNormalize(n, *sum, {2}, epsilon, n.input(kGamma), n.input(kBeta));
  Type type = n.input(kWordTable).elementType();
  if (failed(result) ||
      failed(n.setOutput(0, castTo(n, result->value, type))) ||
      failed(setMaskIndex(n, ids.shape)))
    return failure();
  return n.setOutput(2, castTo(n, *sum, type));
}

ArrayRef<OpEntry> mlir::attn::onnx::fusedNormalizationOps() {
  static const OpEntry table[] = {
      {"SkipLayerNormalization", importSkipLayerNormalization, 3, 5},
      {"SkipSimplifiedLayerNormalization",
       importSkipSimplifiedLayerNormalization, 3, 4},
      {"EmbedLayerNormalization", importEmbedLayerNormalization, 1, 9},
  };
  return table;
}
