//===- Attention.cpp - ONNX Attention, opsets 23 to 25 --------------------===//
//===----------------------------------------------------------------------===//
//
// The current text of the operator counts for every opset: scaled product, then
// softcap, then bias and mask, then softmax (see the project's semantics). The
// mask is never made a tensor; its tensor is read where a pair is looked at.
//
//===----------------------------------------------------------------------===//

#include "AttentionEmit.h"
#include "Broadcast.h"
#include "Registry.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

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

/// The attn_mask input, read element by element.
struct MaskInput {
  Operand operand;
  /// Sizes of the four dimensions that it broadcasts to.
  Sizes full;
  /// Reads it at the four positions.
  std::optional<BroadcastReader> reader;
  /// It ends before the last key: beyond that nothing attends.
  bool isShort = false;

  explicit operator bool() const { return static_cast<bool>(operand); }
  bool isBias() const { return operand.isFloat(); }
};

/// Where query 0 stands among the keys.
struct Offset {
  /// The same for every batch...
  OpFoldResult fixed;
  /// ...or this input's entry less the number of queries.
  Value lengths;
  OpFoldResult queries;
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

/// The past, if there is one, and then the new; bound to its output.
static FailureOr<HeadTensor> appendToPast(Node &n, const HeadTensor &fresh,
                                          size_t past, size_t present) {
  bool hasPast = n.hasInput(past);
  if (!hasPast && !n.hasOutput(present))
    return fresh;
  HeadTensor all = unpackHeads(n, fresh);
  if (hasPast) {
    const Operand &before = n.input(past);
    if (before.rank() != 4)
      return n.error() << "expected '" << before.name
                       << "' to have rank 4, got " << before.type();
    std::string name = all.operand.name;
    FailureOr<Operand> joined = concat(n, {before, all.operand}, 2);
    if (failed(joined))
      return failure();
    all.operand = *joined;
    all.operand.name = name;
  }
  if (failed(n.setOutput(present, all.operand)))
    return failure();
  return all;
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

static Value lengthOf(ScalarBuilder &s, Value lengths, const Positions &at) {
  return s.toIndex(
      tensor::ExtractOp::create(s.b, s.loc, lengths, ValueRange{at.batch}));
}

static Value offsetOf(Node &n, ScalarBuilder &s, const Offset &offset,
                      const Positions &at) {
  if (offset.lengths)
    return s.sub(lengthOf(s, offset.lengths, at),
                 n.math.materialise(offset.queries));
  // Without an offset the text is shorter.
  return constantOf(offset.fixed) == 0 ? Value()
                                       : n.math.materialise(offset.fixed);
}

//===----------------------------------------------------------------------===//
// attn_mask
//===----------------------------------------------------------------------===//

/// The mask's last dimension against the keys: equal, or shorter.
static LogicalResult checkMaskLength(Node &n, MaskInput &mask) {
  OpFoldResult own = mask.operand.shape.back(), keys = mask.full.back();
  mask.isShort = !n.math.equal(own, keys);
  if (!mask.isShort)
    return success();
  std::optional<int64_t> ownSize = constantOf(own), keySize = constantOf(keys);
  std::string message = "expected attn_mask to be no longer than the keys";
  if (ownSize && keySize) {
    if (*ownSize > *keySize)
      return n.error() << message << ", got " << *ownSize << " and "
                       << *keySize;
    return success();
  }
  ScalarBuilder s(n.b, n.loc);
  Value length = n.math.materialise(own);
  emitAssert(n, s.less(length, n.math.materialise(keys), true), message);
  emitAssert(n, s.less(s.index(0), length, false),
             "expected attn_mask not to be empty");
  return success();
}

static FailureOr<MaskInput> readMask(Node &n, const AttentionSpec &spec) {
  MaskInput mask;
  if (!n.hasInput(kMask))
    return mask;
  mask.operand = n.input(kMask);
  int64_t rank = mask.operand.rank();
  if (rank < 1 || rank > 4 || mask.operand.isInt())
    return n.error() << "expected attn_mask to hold booleans or floats with "
                        "rank 1 to 4, got "
                     << mask.operand.type();
  mask.full = {spec.query.batch(), spec.query.heads(), spec.query.sequence(),
               spec.key.sequence()};
  // The last dimension has a rule of its own.
  Operand leading, scores;
  leading.name = mask.operand.name;
  leading.shape.append(mask.operand.shape.begin(),
                       mask.operand.shape.end() - 1);
  scores.name = "the scores";
  scores.shape.append(mask.full.begin(), mask.full.end() - 1);
  if (failed(requireBroadcastTo(n, leading, scores)))
    return failure();
  if (failed(checkMaskLength(n, mask)))
    return failure();
  Sizes read = mask.full;
  read.back() = mask.operand.shape.back();
  mask.reader.emplace(n, mask.operand, read);
  return mask;
}

/// The mask's element for a pair; beyond its end, the last element.
static Value readMaskAt(Node &n, ScalarBuilder &s, const MaskInput &mask,
                        const Positions &at) {
  SmallVector<Value> all = at.all();
  if (mask.isShort) {
    Value last =
        s.sub(n.math.materialise(mask.operand.shape.back()), s.index(1));
    all.back() = s.make<arith::MinSIOp>(all.back(), last);
  }
  return mask.reader->read(s, all);
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

/// Softcap, then the bias; with a second value that the bias has not touched.
static void addScore(Node &n, AttentionSpec &spec, const Attributes &a,
                     const MaskInput &mask) {
  bool intermediate = spec.stage == ScoresStage::intermediate;
  bool hasBias = mask && mask.isBias();
  if (a.softcap == 0 && !hasBias && !intermediate)
    return;
  double cap = a.softcap;
  spec.score = [&n, mask, cap, hasBias, intermediate](
                   ScalarBuilder &s, Value score, const Positions &at) {
    if (cap != 0)
      score = SoftcapOp::create(s.b, s.loc, score, llvm::APFloat(cap));
    Value capped = score;
    if (hasBias)
      score = s.add(score, s.convert(readMaskAt(n, s, mask, at),
                                     score.getType(), false, false));
    SmallVector<Value> results{score};
    if (intermediate)
      results.push_back(capped);
    return results;
  };
}

/// What attn_mask says about a pair: its boolean, or that its bias is not -inf.
static Value maskCondition(Node &n, ScalarBuilder &s, const MaskInput &mask,
                           const Positions &at) {
  Value condition = readMaskAt(n, s, mask, at);
  if (mask.isBias()) {
    Value infinity = s.floating(condition.getType(),
                                -std::numeric_limits<double>::infinity());
    condition =
        s.make<arith::CmpFOp>(arith::CmpFPredicate::UGT, condition, infinity);
  }
  if (!mask.isShort)
    return condition;
  Value length = n.math.materialise(mask.operand.shape.back());
  Value inside = PrefixOp::create(s.b, s.loc, at.key, length);
  return s.make<arith::AndIOp>(condition, inside);
}

static void addMask(Node &n, AttentionSpec &spec, const Attributes &a,
                    const MaskInput &mask, const Offset &offset) {
  bool window = a.left >= 0 || a.right >= 0;
  // An empty attn_mask says that nothing attends.
  bool empty = mask && constantOf(mask.operand.shape.back()) == 0;
  if (!a.causal && !window && !offset.lengths && !mask)
    return;
  spec.mask = [&n, a, mask, offset, window, empty](ScalarBuilder &s,
                                                   const Positions &at) {
    Value result;
    auto require = [&](Value condition) {
      result = result ? s.make<arith::AndIOp>(result, condition) : condition;
    };
    Value shift = a.causal || window ? offsetOf(n, s, offset, at) : Value();
    if (a.causal)
      require(CausalOp::create(s.b, s.loc, at.query, at.key, shift));
    if (window)
      require(WindowOp::create(s.b, s.loc, at.query, at.key, shift,
                               s.b.getI64IntegerAttr(a.left),
                               s.b.getI64IntegerAttr(a.right)));
    if (offset.lengths)
      require(PrefixOp::create(s.b, s.loc, at.key,
                               lengthOf(s, offset.lengths, at)));
    if (mask)
      require(empty ? s.boolean(false) : maskCondition(n, s, mask, at));
    return result;
  };
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
  key = appendToPast(n, *key, kPastKey, kPresentKey);
  value = appendToPast(n, *value, kPastValue, kPresentValue);
  if (failed(key) || failed(value))
    return failure();
  spec.query = *query;
  spec.key = *key;
  spec.value = *value;
  spec.scale = a.scale;
  return spec;
}

static LogicalResult setAttentionOutputs(Node &n, const AttentionResult &made) {
  Operand output = made.output.operand;
  if (made.output.packed) {
    const Sizes &sizes = output.shape;
    FailureOr<Operand> joined = reshape(
        n, output, {sizes[0], sizes[1], n.math.mul(sizes[2], sizes[3])});
    if (failed(joined))
      return failure();
    output = *joined;
  }
  if (failed(n.setOutput(kY, output)))
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
  FailureOr<MaskInput> mask = readMask(n, *spec);
  if (failed(offset) || failed(mask))
    return failure();
  constexpr ScoresStage stages[] = {
      ScoresStage::scaled, ScoresStage::intermediate, ScoresStage::modified,
      ScoresStage::weights};
  if (n.hasOutput(kScores))
    spec->stage = stages[attributes->mode];
  addScore(n, *spec, *attributes, *mask);
  addMask(n, *spec, *attributes, *mask, *offset);
  FailureOr<AttentionResult> made = emitAttention(n, *spec);
  return failed(made) ? failure() : setAttentionOutputs(n, *made);
}

ArrayRef<OpEntry> mlir::attn::onnx::attentionOps() {
  static const OpEntry table[] = {
      {"Attention", importAttention, 3, 7, 23},
  };
  return table;
}
