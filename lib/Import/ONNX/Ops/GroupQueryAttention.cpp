//===- GroupQueryAttention.cpp - GroupQueryAttention of com.microsoft -----===//
//
// Keys and values are written into buffers, where each batch has its own
// length: T = seqlens_k + 1 with the new, of which Q are new, so P = T - Q came
// before. Without query_seqlens, Q is the lesser of T and the number of rows.
// Query row s stands at position P + s.
//
//===----------------------------------------------------------------------===//

#include "Ops/AttentionCache.h"
#include "Ops/AttentionMask.h"
#include "Ops/Indexing.h"
#include "Ops/Normalization.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::onnx;

namespace {
enum Input {
  kQuery,
  kKey,
  kValue,
  kPastKey,
  kPastValue,
  kLengths,
  kTotal,
  kCos,
  kSin,
  kPositions,
  kBias,
  kSink,
  kKeyScale,
  kValueScale,
  kQueryNorm,
  kKeyNorm,
  kQueryLengths
};
enum Output { kY, kPresentKey, kPresentValue };

struct GroupQuery {
  int64_t heads = 0, keyHeads = 0, window = -1;
  bool causal = true, rotary = false, interleaved = false, smooth = false;
  double softcap = 0, queryEpsilon = 0, keyEpsilon = 0;
  std::optional<double> scale;
  AttentionSpec spec;
  /// P and T, lists of one entry a batch.
  Operand past, total;
};
} // namespace

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

/// Caches that hold other things than the numbers themselves, and the product.
static LogicalResult refuseUnsupported(Node &n) {
  for (StringRef name : {"k_quant_type", "v_quant_type"})
    if (n.stringAttr(name, "NONE") != "NONE")
      return n.error() << "expected " << name
                       << " NONE: quantized caches are not supported";
  n.intAttr("kv_cache_bit_width", 0);
  if (n.hasInput(kKeyScale) || n.hasInput(kValueScale))
    return n.error() << "expected no k_scale and v_scale: quantized caches are "
                        "not supported";
  for (StringRef name : {"sliding_window_cache", "qk_output"})
    if (int64_t value = n.intAttr(name, 0))
      return n.error() << "expected " << name << " to be 0, got " << value;
  return success();
}

static LogicalResult readNumbers(Node &n, GroupQuery &g) {
  g.heads = n.intAttr("num_heads", 0);
  g.keyHeads = n.intAttr("kv_num_heads", 0);
  g.window = n.intAttr("local_window_size", -1);
  g.causal = n.intAttr("causal", 1) != 0;
  g.rotary = n.intAttr("do_rotary", 0) != 0;
  g.interleaved = n.intAttr("rotary_interleaved", 0) != 0;
  g.smooth = n.intAttr("smooth_softmax", 0) == 1;
  g.softcap = n.floatAttr("softcap", 0);
  double epsilon = n.floatAttr("qk_norm_epsilon", 1e-6f);
  g.queryEpsilon = n.floatAttr("q_norm_epsilon", epsilon);
  g.keyEpsilon = n.floatAttr("k_norm_epsilon", epsilon);
  if (double scale = n.floatAttr("scale", 0))
    g.scale = scale;
  if (g.heads <= 0 || g.keyHeads <= 0 || g.heads > INT32_MAX ||
      g.keyHeads > INT32_MAX)
    return n.error() << "expected num_heads and kv_num_heads to be positive, "
                        "got "
                     << g.heads << " and " << g.keyHeads;
  if (g.window != -1 && (g.window < 1 || !g.causal))
    return n.error() << "expected local_window_size to be -1, or positive and "
                        "causal, got "
                     << g.window;
  if (!(g.softcap >= 0) || std::isinf(g.softcap) ||
      (g.scale && !std::isfinite(*g.scale)))
    return n.error() << "expected a finite scale and softcap, got "
                     << g.scale.value_or(0) << " and " << g.softcap;
  return success();
}

//===----------------------------------------------------------------------===//
// Queries, keys and values
//===----------------------------------------------------------------------===//

/// The three parts of the last dimension of (batch, sequence, features).
static LogicalResult splitPacked(Node &n, const GroupQuery &g,
                                 MutableArrayRef<Operand> parts) {
  const Operand &packed = n.input(kQuery);
  if (packed.rank() != 3)
    return n.error() << "expected packed queries, keys and values of rank 3, "
                        "got "
                     << packed.type();
  OpFoldResult count = n.math.constant(g.heads + 2 * g.keyHeads);
  OpFoldResult size = n.math.div(packed.shape[2], count);
  if (failed(requireEqual(n, n.math.mul(size, count), packed.shape[2],
                          "expected dimension 2 of '" + packed.name +
                              "' to be a multiple of num_heads + 2 * "
                              "kv_num_heads")))
    return failure();
  Sizes offsets(3, n.math.constant(0)), sizes = packed.shape;
  const int64_t counts[] = {g.heads, g.keyHeads, g.keyHeads};
  for (auto [part, heads] : llvm::zip_equal(parts, counts)) {
    sizes[2] = n.math.mul(n.math.constant(heads), size);
    part = slice(n, packed, offsets, sizes, {1, 1, 1});
    part.name = packed.name;
    offsets[2] = n.math.add(offsets[2], sizes[2]);
  }
  return success();
}

static LogicalResult readHeads(Node &n, GroupQuery &g) {
  for (auto [i, name] : {std::pair(kLengths, "seqlens_k"),
                         std::pair(kTotal, "total_sequence_length")})
    if (!n.hasInput(i))
      return n.error() << "expected " << name << ", got none";
  if (n.hasInput(kKey) != n.hasInput(kValue))
    return n.error() << "expected key and value together";
  Operand parts[3];
  if (n.hasInput(kKey))
    llvm::copy(n.allInputs().take_front(3), parts);
  else if (failed(splitPacked(n, g, parts)))
    return failure();
  for (const Operand &part : parts)
    if (part.rank() != 3)
      return n.error() << "expected '" << part.name << "' to have rank 3, got "
                       << part.type();
  FailureOr<HeadTensor> query = splitHeads(n, parts[0], g.heads);
  FailureOr<HeadTensor> key = splitHeads(n, parts[1], g.keyHeads);
  FailureOr<HeadTensor> value = splitHeads(n, parts[2], g.keyHeads);
  if (failed(query) || failed(key) || failed(value))
    return failure();
  g.spec.query = *query;
  g.spec.key = *key;
  g.spec.value = *value;
  return requireEqual(n, key->sequence(), query->sequence(),
                      "expected as many new keys as queries");
}

/// q_norm_weight and k_norm_weight: the features of each head, normalized.
static LogicalResult normalizeHeads(Node &n, GroupQuery &g) {
  if (n.hasInput(kQueryNorm) != n.hasInput(kKeyNorm))
    return n.error() << "expected q_norm_weight and k_norm_weight together";
  if (!n.hasInput(kQueryNorm))
    return success();
  auto normalize = [&](HeadTensor &tensor, size_t weight, double epsilon) {
    FailureOr<Operand> result =
        rmsNormalize(n, tensor.operand, {3}, epsilon, n.input(weight));
    if (failed(result))
      return failure();
    result->name = tensor.operand.name;
    tensor.operand = *result;
    return success();
  };
  return success(
      succeeded(normalize(g.spec.query, kQueryNorm, g.queryEpsilon)) &&
      succeeded(normalize(g.spec.key, kKeyNorm, g.keyEpsilon)));
}

//===----------------------------------------------------------------------===//
// Lengths
//===----------------------------------------------------------------------===//

/// Input `i` as a list of one integer a batch.
static FailureOr<Operand> readLengths(Node &n, size_t i, StringRef what,
                                      OpFoldResult batch) {
  if (failed(checkIndexType(n, i)))
    return failure();
  const Operand &given = n.input(i);
  if (given.rank() < 1 || given.rank() > 2)
    return n.error() << "expected " << what << " with an entry for each batch, "
                     << "got " << given.type();
  if (failed(
          requireEqual(n, n.math.product(given.shape), batch,
                       "expected " + what + " with an entry for each batch")))
    return failure();
  return reshape(n, given, {batch});
}

static Value entry(ScalarBuilder &s, const Operand &list, Value batch) {
  return s.toIndex(
      tensor::ExtractOp::create(s.b, s.loc, list.value, ValueRange{batch}));
}

static LogicalResult readPastAndTotal(Node &n, GroupQuery &g) {
  OpFoldResult batch = g.spec.query.batch();
  FailureOr<Operand> last = readLengths(n, kLengths, "seqlens_k", batch);
  FailureOr<Operand> valid = Operand();
  if (n.hasInput(kQueryLengths))
    valid = readLengths(n, kQueryLengths, "query_seqlens", batch);
  if (failed(last) || failed(valid))
    return failure();
  Value rows = n.math.materialize(g.spec.query.sequence());
  auto total = [&](ScalarBuilder &s, Value b) {
    return s.add(entry(s, *last, b), s.index(1));
  };
  g.total = generatePerBatch(n, batch, total);
  g.past = generatePerBatch(n, batch, [&](ScalarBuilder &s, Value b) {
    Value t = total(s, b);
    Value fresh =
        *valid ? entry(s, *valid, b) : s.make<arith::MinSIOp>(rows, t);
    return s.sub(t, fresh);
  });
  return success();
}

/// How long the present is: the total or the buffer, whichever is longer. A
/// total that is data sizes no tensor; there the model has to say that the
/// present is as long as the past, or it is the past and the new.
static OpFoldResult presentLength(Node &n, const GroupQuery &g) {
  OpFoldResult past = n.input(kPastKey).shape[2];
  const Operand &total = n.input(kTotal);
  if (total.elements && total.elements->size() == 1)
    return n.math.max(total.elements->front(), past);
  std::optional<OpFoldResult> declared;
  if (n.hasOutput(kPresentKey))
    declared = n.importer.declaredSize(n.proto.output(kPresentKey), 2);
  return declared && n.math.equal(*declared, past)
             ? past
             : n.math.add(past, g.spec.key.sequence());
}

static LogicalResult updateCaches(Node &n, GroupQuery &g) {
  bool hasPast = n.hasInput(kPastKey);
  if (hasPast != n.hasInput(kPastValue))
    return n.error() << "expected past_key and past_value together";
  if (hasPast && n.input(kPastKey).rank() != 4)
    return n.error() << "expected '" << n.input(kPastKey).name
                     << "' to have rank 4, got " << n.input(kPastKey).type();
  OpFoldResult length = hasPast ? presentLength(n, g) : OpFoldResult();
  HeadTensor *fresh[] = {&g.spec.key, &g.spec.value};
  for (size_t i : {0, 1}) {
    FailureOr<HeadTensor> all =
        hasPast ? writeToBuffer(n, *fresh[i], n.input(kPastKey + i), length,
                                g.past, kPresentKey + i)
                : bindPresent(n, *fresh[i], kPastKey + i, kPresentKey + i);
    if (failed(all))
      return failure();
    *fresh[i] = *all;
  }
  return success();
}

/// Every T lies in [1, the length of the present].
static void checkLengths(Node &n, const GroupQuery &g) {
  Value length = n.math.materialize(g.spec.key.sequence());
  ScalarBuilder s(n.b, n.loc);
  auto inside = [&](ScalarBuilder &s, Value total, Value accumulator) {
    Value t = s.toIndex(total);
    Value fits = s.make<arith::AndIOp>(s.less(s.index(0), t, false),
                                       s.less(t, length, true));
    return s.make<arith::AndIOp>(accumulator, fits);
  };
  Operand all = reduce(n, g.total, {0}, s.boolean(true), inside);
  emitAssert(n, extractScalar(n, all),
             "expected seqlens_k to lie within the present");
}

//===----------------------------------------------------------------------===//
// Rotation
//===----------------------------------------------------------------------===//

/// Position P + s of each row. Rows beyond the valid ones may stand past the
/// end of the tables; nobody asks what they are.
static Operand rowPositions(Node &n, const GroupQuery &g,
                            const Operand &table) {
  Value rows = n.math.materialize(table.shape[0]);
  Type i64 = n.b.getI64Type();
  Sizes sizes{g.spec.query.batch(), g.spec.query.sequence()};
  return generate(n, sizes, i64, [&](ScalarBuilder &s, ValueRange at) {
    Value position = s.add(entry(s, g.past, at[0]), at[1]);
    Value valid = s.less(position, entry(s, g.total, at[0]), false);
    Value last = s.sub(rows, s.index(1));
    Value held = s.make<arith::MinSIOp>(position, last);
    return s.make<arith::IndexCastOp>(i64, s.select(valid, position, held));
  });
}

static LogicalResult rotateHeads(Node &n, GroupQuery &g) {
  if (!g.rotary)
    return success();
  if (!n.hasInput(kCos) || !n.hasInput(kSin))
    return n.error() << "expected cos_cache and sin_cache with do_rotary";
  const Operand &cos = n.input(kCos), &sin = n.input(kSin);
  if (cos.rank() == 0)
    return n.error() << "expected cos_cache of rank 2, got " << cos.type();
  FailureOr<Operand> positions = Operand();
  if (n.hasInput(kPositions)) {
    if (failed(checkIndexType(n, kPositions)))
      return failure();
    positions =
        expandTo(n, n.input(kPositions),
                 {g.spec.query.batch(), g.spec.query.sequence()}, "query");
  } else {
    positions = rowPositions(n, g, cos);
  }
  if (failed(positions))
    return failure();
  for (HeadTensor *tensor : {&g.spec.query, &g.spec.key}) {
    FailureOr<HeadTensor> rotated =
        rotateByTables(n, *tensor, {cos, sin, *positions}, g.interleaved);
    if (failed(rotated))
      return failure();
    *tensor = *rotated;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// The operator
//===----------------------------------------------------------------------===//

static LogicalResult setSink(Node &n, GroupQuery &g) {
  OpFoldResult heads = n.math.constant(g.heads);
  if (n.hasInput(kSink)) {
    const Operand &sink = n.input(kSink);
    if (sink.rank() != 1 || !sink.isFloat())
      return n.error() << "expected head_sink to be a list of floats, got "
                       << sink.type();
    g.spec.sink = sink.value;
    return requireEqual(n, sink.shape[0], heads,
                        "expected head_sink with an entry for each head");
  }
  ScalarBuilder s(n.b, n.loc);
  if (g.smooth)
    g.spec.sink = filledTensor(
        n, {heads}, s.floating(g.spec.query.operand.elementType(), 0));
  return success();
}

static FailureOr<PairModifiers> readModifiers(Node &n, const GroupQuery &g) {
  PairModifiers modifiers;
  modifiers.causal = g.causal;
  modifiers.left = g.window < 0 || g.window > maxElements ? -1 : g.window - 1;
  modifiers.softcap = g.softcap;
  FailureOr<MaskInput> bias = readMask(n, kBias, "attention_bias", g.spec);
  if (failed(bias))
    return failure();
  modifiers.mask = *bias;
  // Causal rows end at their own position, so before what is padding.
  Value rows = n.math.materialize(g.spec.query.sequence());
  Operand lengths = g.total;
  if (g.causal)
    lengths = generatePerBatch(n, g.spec.query.batch(),
                               [&](ScalarBuilder &s, Value b) {
                                 return s.add(entry(s, g.past, b), rows);
                               });
  modifiers.offset = {n.math.constant(0), lengths.value,
                      g.spec.query.sequence(), /*pads=*/!g.causal};
  return modifiers;
}

static LogicalResult importGroupQueryAttention(Node &n) {
  GroupQuery g;
  if (failed(readNumbers(n, g)) || failed(refuseUnsupported(n)) ||
      failed(readHeads(n, g)) || failed(readPastAndTotal(n, g)) ||
      failed(normalizeHeads(n, g)) || failed(rotateHeads(n, g)) ||
      failed(updateCaches(n, g)) || failed(setSink(n, g)))
    return failure();
  checkLengths(n, g);
  g.spec.scale = g.scale;
  FailureOr<PairModifiers> modifiers = readModifiers(n, g);
  if (failed(modifiers))
    return failure();
  addModifiers(n, g.spec, *modifiers);
  FailureOr<AttentionResult> made = emitAttention(n, g.spec);
  if (failed(made))
    return failure();
  return n.setOutput(kY, joinHeads(n, made->output));
}

ArrayRef<OpEntry> mlir::attn::onnx::groupQueryAttentionOps() {
  static const OpEntry table[] = {
      {"GroupQueryAttention", importGroupQueryAttention, 1, 17},
  };
  return table;
}
