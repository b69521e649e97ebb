//===- Attention.cpp - ONNX Attention, opsets 23 to 25 --------------------===//
//===----------------------------------------------------------------------===//
//
// The current text of the operator counts for every opset: scaled product, then
// softcap, then bias and mask, then softmax (see the project's semantics).
//
//===----------------------------------------------------------------------===//

#include "Core/Registry.h"
#include "Ops/AttentionMask.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::onnx;

namespace {
enum Input { kQuery, kKey, kValue, kMask, kPastKey, kPastValue, kNonPad };
enum Output { kY, kPresentKey, kPresentValue, kScores };

struct Attributes {
  bool causal = false;
  int64_t queryHeads = 0, keyHeads = 0;
  int64_t left = -1, right = -1;
  int64_t mode = 0;
  double softcap = 0;
  std::optional<double> scale;
};
} // namespace

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

static FailureOr<Attributes> readAttributes(Node &n) {
  Attributes a;
  a.causal = n.intAttr("is_causal", 0) != 0;
  a.queryHeads = n.intAttr("q_num_heads", 0);
  a.keyHeads = n.intAttr("kv_num_heads", 0);
  a.mode = n.intAttr("qk_matmul_output_mode", 0);
  a.softcap = n.floatAttr("softcap", 0);
  if (n.hasAttr("scale"))
    a.scale = n.floatAttr("scale", 0);
  if (n.opset >= 25) {
    a.left = n.intAttr("left_window_size", -1);
    a.right = n.intAttr("right_window_size", -1);
  }
  if (a.left < -1 || a.right < -1)
    return n.error() << "expected window sizes of -1 or more, got " << a.left
                     << " and " << a.right;
  // A window that is wider than any tensor is none, and sums with it fit.
  for (int64_t *side : {&a.left, &a.right})
    if (*side >= maxElements)
      *side = -1;
  if (a.mode < 0 || a.mode > 3)
    return n.error() << "expected qk_matmul_output_mode in [0, 3], got "
                     << a.mode;
  if (!(a.softcap >= 0) || std::isinf(a.softcap))
    return n.error() << "expected softcap to be finite and not negative, got "
                     << a.softcap;
  if (a.scale && !std::isfinite(*a.scale))
    return n.error() << "expected a finite scale, got " << *a.scale;
  // The statistics are f32, or f64 for f64, whatever is asked for.
  int64_t precision = n.intAttr("softmax_precision", 1);
  if (precision != 1 && precision != 10 && precision != 11 && precision != 16)
    return n.error() << "expected softmax_precision to be a float type, got "
                     << precision;
  return a;
}

static LogicalResult checkHeads(Node &n, const Attributes &a) {
  int64_t rank = n.input(kQuery).rank();
  for (size_t i : {kKey, kValue})
    if (n.input(i).rank() != rank)
      return n.error() << "expected query, key and value of one rank, got "
                       << n.input(kQuery).type() << " and "
                       << n.input(i).type();
  if (rank == 3 && (a.queryHeads <= 0 || a.keyHeads <= 0 ||
                    a.queryHeads > INT32_MAX || a.keyHeads > INT32_MAX))
    return n.error() << "expected q_num_heads and kv_num_heads for inputs of "
                        "rank 3";
  if (rank == 4 && n.opset >= 25 &&
      (n.hasAttr("q_num_heads") || n.hasAttr("kv_num_heads")))
    return n.error() << "expected no q_num_heads and kv_num_heads for inputs "
                        "of rank 4";
  return success();
}

//===----------------------------------------------------------------------===//
// Keys and values, with what came before
//===----------------------------------------------------------------------===//

static LogicalResult checkCacheInputs(Node &n) {
  if (n.hasInput(kPastKey) != n.hasInput(kPastValue))
    return n.error() << "expected past_key and past_value together";
  if (n.hasInput(kPastKey) && n.hasInput(kNonPad))
    return n.error() << "expected past_key or nonpad_kv_seqlen, got both";
  return success();
}

static FailureOr<Offset> readOffset(Node &n, const AttentionSpec &spec) {
  Offset offset;
  offset.fixed = n.math.constant(0);
  if (n.hasInput(kPastKey))
    offset.fixed = n.input(kPastKey).shape[2];
  if (!n.hasInput(kNonPad))
    return offset;
  const Operand &lengths = n.input(kNonPad);
  if (lengths.rank() != 1 || !lengths.isInt())
    return n.error() << "expected nonpad_kv_seqlen to be a list of integers, "
                        "got "
                     << lengths.type();
  if (failed(requireEqual(n, lengths.shape[0], spec.query.batch(),
                          "expected nonpad_kv_seqlen to have an entry for each "
                          "batch")))
    return failure();
  offset.lengths = lengths.value;
  offset.queries = spec.query.sequence();
  return offset;
}

//===----------------------------------------------------------------------===//
// The operator
//===----------------------------------------------------------------------===//

static FailureOr<AttentionSpec> readOperands(Node &n, const Attributes &a) {
  AttentionSpec spec;
  FailureOr<HeadTensor> query = splitHeads(n, n.input(kQuery), a.queryHeads);
  FailureOr<HeadTensor> key = splitHeads(n, n.input(kKey), a.keyHeads);
  FailureOr<HeadTensor> value = splitHeads(n, n.input(kValue), a.keyHeads);
  if (failed(query) || failed(key) || failed(value))
    return failure();
  key = bindPresent(n, *key, kPastKey, kPresentKey);
  value = bindPresent(n, *value, kPastValue, kPresentValue);
  if (failed(key) || failed(value))
    return failure();
  spec.query = *query;
  spec.key = *key;
  spec.value = *value;
  spec.scale = a.scale;
  return spec;
}

static LogicalResult setAttentionOutputs(Node &n, const AttentionResult &made) {
  if (failed(n.setOutput(kY, joinHeads(n, made.output))))
    return failure();
  return made.scores ? n.setOutput(kScores, made.scores) : success();
}

static LogicalResult importAttention(Node &n) {
  FailureOr<Attributes> attributes = readAttributes(n);
  if (failed(attributes) || failed(checkHeads(n, *attributes)) ||
      failed(checkCacheInputs(n)))
    return failure();
  if (n.opset < 24 && n.hasInput(kNonPad))
    return n.error() << "expected opset 24 or newer for nonpad_kv_seqlen";
  FailureOr<AttentionSpec> spec = readOperands(n, *attributes);
  if (failed(spec))
    return failure();
  FailureOr<Offset> offset = readOffset(n, *spec);
  FailureOr<MaskInput> mask = readMask(n, kMask, "attn_mask", *spec);
  if (failed(offset) || failed(mask))
    return failure();
  constexpr ScoresStage stages[] = {
      ScoresStage::scaled, ScoresStage::intermediate, ScoresStage::modified,
      ScoresStage::weights};
  if (n.hasOutput(kScores))
    spec->stage = stages[attributes->mode];
  PairModifiers modifiers;
  modifiers.causal = attributes->causal;
  modifiers.left = attributes->left;
  modifiers.right = attributes->right;
  modifiers.softcap = attributes->softcap;
  modifiers.mask = *mask;
  modifiers.offset = *offset;
  addModifiers(n, *spec, modifiers);
  FailureOr<AttentionResult> made = emitAttention(n, *spec);
  return failed(made) ? failure() : setAttentionOutputs(n, *made);
}

ArrayRef<OpEntry> mlir::attn::onnx::attentionOps() {
  static const OpEntry table[] = {
      {"Attention", importAttention, 3, 7, 23},
  };
  return table;
}
