//===- Encoding.cpp - RotaryEmbedding, TensorScatter ----------------------===//

#include "Ops/AttentionEmit.h"
#include "Ops/Indexing.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::onnx;

//===----------------------------------------------------------------------===//
// RotaryEmbedding
//===----------------------------------------------------------------------===//

/// The tables are (positions, r/2) with position_ids, (batch, sequence, r/2)
/// without, where a batch of 1 is for all.
static LogicalResult checkTables(Node &n, const HeadTensor &input,
                                 OpFoldResult half) {
  bool hasPositions = n.hasInput(3);
  for (size_t i : {1, 2}) {
    const Operand &table = n.input(i);
    int64_t rank = hasPositions ? 2 : 3;
    if (!table.isFloat() || table.rank() != rank)
      return n.error() << "expected input " << i << " to hold floats with rank "
                       << rank << (hasPositions ? " (with" : " (without")
                       << " position_ids), got " << table.type();
    if (failed(requireEqual(n, table.shape.back(), half,
                            "expected the last dimension of '" + table.name +
                                "' to be half of what is rotated")))
      return failure();
    if (!hasPositions &&
        failed(requireEqual(n, table.shape[1], input.sequence(),
                            "expected '" + table.name +
                                "' to have the input's length")))
      return failure();
  }
  return hasPositions ? requireEqualDims(n, n.input(1), 0, n.input(2), 0)
                      : success();
}

static LogicalResult checkPositions(Node &n, const HeadTensor &input) {
  if (!n.hasInput(3))
    return success();
  const Operand &positions = n.input(3);
  if (positions.rank() != 2 || failed(checkIndexType(n, 3)))
    return n.error() << "expected position_ids of rank 2, got "
                     << positions.type();
  return requireEqual(n, positions.shape[1], input.sequence(),
                      "expected position_ids to have the input's length");
}

/// Input `i`, whose first dimension is the input's batch or 1, for all batches.
static FailureOr<Operand> forEachBatch(Node &n, size_t i,
                                       const HeadTensor &input) {
  Sizes sizes = n.input(i).shape;
  sizes[0] = input.batch();
  return expandTo(n, n.input(i), sizes, n.input(0).name);
}

static LogicalResult importRotaryEmbedding(Node &n) {
  bool interleaved = n.intAttr("interleaved", 0) != 0;
  int64_t heads = n.intAttr("num_heads", 0);
  int64_t rotated = n.intAttr("rotary_embedding_dim", 0);
  const Operand &data = n.input(0);
  if (data.rank() == 3 && (heads <= 0 || heads > INT32_MAX))
    return n.error() << "expected num_heads for an input of rank 3";
  FailureOr<HeadTensor> input = splitHeads(n, data, heads);
  if (failed(input))
    return failure();
  std::optional<int64_t> feature = constantOf(input->feature());
  int64_t width = rotated != 0 ? rotated : feature.value_or(0);
  if (width < 0 || width % 2 != 0 || (feature && width > *feature))
    return n.error() << "expected rotary_embedding_dim to be even and at most "
                        "the head size, got "
                     << width;
  if (!feature && rotated != 0)
    return n.error() << "expected a static head size with "
                        "rotary_embedding_dim";
  OpFoldResult half = rotated != 0
                          ? n.math.constant(rotated / 2)
                          : n.math.div(input->feature(), n.math.constant(2));
  if (failed(checkTables(n, *input, half)) || failed(checkPositions(n, *input)))
    return failure();
  FailureOr<Operand> cos = n.input(1), sin = n.input(2), positions = Operand();
  if (n.hasInput(3)) {
    positions = forEachBatch(n, 3, *input);
  } else {
    cos = forEachBatch(n, 1, *input);
    sin = forEachBatch(n, 2, *input);
  }
  if (failed(cos) || failed(sin) || failed(positions))
    return failure();
  HeadTensor result = rotate(n, *input, {*cos, *sin, *positions},
                             rotated == feature ? 0 : rotated, interleaved);
  return n.setOutput(0, reshape(n, result.operand, data.shape));
}

//===----------------------------------------------------------------------===//
// RotaryEmbedding of com.microsoft
//===----------------------------------------------------------------------===//

/// Heads of (batch, sequence, features): as many as are said, or as the tables,
/// which rotate all of a head, leave room for.
static FailureOr<HeadTensor> splitByTables(Node &n, int64_t heads,
                                           int64_t rotated) {
  const Operand &data = n.input(0), &cos = n.input(2);
  if (data.rank() == 4)
    return HeadTensor{data, false};
  if (heads == 0 && rotated == 0 && data.rank() == 3 && cos.rank() == 2) {
    int64_t width = 2 * constantOf(cos.shape[1]).value_or(0);
    std::optional<int64_t> features = constantOf(data.shape[2]);
    heads = width > 0 && features ? *features / width : 0;
  }
  if (heads <= 0 || heads > INT32_MAX)
    return n.error()
           << "expected num_heads to be positive, or a head size that "
              "follows from cos_cache, got "
           << heads << " and " << cos.type();
  return splitHeads(n, data, heads);
}

/// One position, from which they count, or one for each token.
static FailureOr<Operand> tokenPositions(Node &n, const HeadTensor &input) {
  const Operand &given = n.input(1);
  if (failed(checkIndexType(n, 1)))
    return failure();
  Sizes sizes{input.batch(), input.sequence()};
  if (given.rank() == 2)
    return expandTo(n, given, sizes, n.input(0).name);
  if (given.rank() != 1)
    return n.error() << "expected position_ids of rank 1 or 2, got "
                     << given.type();
  if (failed(requireEqual(n, given.shape[0], n.math.constant(1),
                          "expected position_ids of rank 1 to have one entry")))
    return failure();
  ScalarBuilder s(n.b, n.loc);
  Value first = s.toIndex(extractScalar(n, given));
  Type i64 = n.b.getI64Type();
  return generate(n, sizes, i64, [&](ScalarBuilder &s, ValueRange at) {
    return s.make<arith::IndexCastOp>(i64, s.add(first, at[1]));
  });
}

static LogicalResult importMicrosoftRotaryEmbedding(Node &n) {
  bool interleaved = n.intAttr("interleaved", 0) != 0;
  int64_t heads = n.intAttr("num_heads", 0);
  int64_t rotated = n.intAttr("rotary_embedding_dim", 0);
  // Says only that sequences may be longer than the tables.
  n.intAttr("is_packed_batching", 0);
  if (double scale = n.floatAttr("scale", 1); scale != 1)
    return n.error() << "expected scale to be 1, got " << scale;
  FailureOr<HeadTensor> input = splitByTables(n, heads, rotated);
  if (failed(input))
    return failure();
  FailureOr<Operand> positions = tokenPositions(n, *input);
  if (failed(positions))
    return failure();
  const Operand &cos = n.input(2);
  if (rotated != 0 && cos.rank() == 2 &&
      failed(requireEqual(n, cos.shape[1], n.math.constant(rotated / 2),
                          "expected '" + cos.name +
                              "' to have half of rotary_embedding_dim in "
                              "dimension 1")))
    return failure();
  FailureOr<HeadTensor> result =
      rotateByTables(n, *input, {cos, n.input(3), *positions}, interleaved);
  if (failed(result))
    return failure();
  return n.setOutput(0, reshape(n, result->operand, n.input(0).shape));
}

ArrayRef<OpEntry> mlir::attn::onnx::microsoftEncodingOps() {
  static const OpEntry table[] = {
      {"RotaryEmbedding", importMicrosoftRotaryEmbedding, 4, 4},
  };
  return table;
}

//===----------------------------------------------------------------------===//
// TensorScatter
//===----------------------------------------------------------------------===//

static LogicalResult importTensorScatter(Node &n) {
  const Operand &cache = n.input(0), &update = n.input(1);
  std::string mode = n.stringAttr("mode", "linear");
  if (mode != "linear" && mode != "circular")
    return n.error() << "expected mode linear or circular, got '"
                     << Importer::printable(mode) << "'";
  FailureOr<int64_t> axis = n.axis(n.intAttr("axis", -2), cache.rank());
  if (failed(axis))
    return failure();
  if (*axis == 0)
    return n.error() << "expected an axis other than the batch, got 0";
  if (update.rank() != cache.rank() ||
      update.elementType() != cache.elementType())
    return n.error() << "expected an update like the cache, got "
                     << update.type() << " for " << cache.type();
  for (int64_t d = 0; d < cache.rank(); ++d)
    if (d != *axis && failed(requireEqualDims(n, update, d, cache, d)))
      return failure();
  OpFoldResult room = cache.shape[*axis], length = update.shape[*axis];
  if (constantOf(room) && constantOf(length) &&
      *constantOf(length) > *constantOf(room))
    return n.error() << "expected an update no longer than the cache, got "
                     << *constantOf(length) << " and " << *constantOf(room);
  Value positions;
  if (n.hasInput(2)) {
    if (n.input(2).rank() != 1 || failed(checkIndexType(n, 2)) ||
        failed(requireEqualDims(n, n.input(2), 0, cache, 0)))
      return n.error() << "expected write_indices with an entry for each batch";
    positions = n.input(2).value;
  }
  auto op = CacheUpdateOp::create(
      n.b, n.loc, cache.type(), cache.value, update.value, positions,
      n.b.getI64IntegerAttr(*axis),
      mode == "circular" ? n.b.getUnitAttr() : UnitAttr());
  return n.setOutput(
      0, makeOperand(n, op.getOutput(), cache.shape, cache.isUnsigned));
}

ArrayRef<OpEntry> mlir::attn::onnx::encodingOps() {
  static const OpEntry table[] = {
      {"RotaryEmbedding", importRotaryEmbedding, 3, 4, 23},
      {"TensorScatter", importTensorScatter, 2, 3, 24},
  };
  return table;
}
