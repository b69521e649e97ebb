//===- LinearAttention.cpp - ONNX LinearAttention, opset 27 ---------------===//

#include "Core/Registry.h"
#include "Ops/AttentionEmit.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::onnx;

namespace {
enum Input { kQuery, kKey, kValue, kPastState, kDecay, kBeta };
} // namespace

static FailureOr<LinearRule> readRule(Node &n) {
  std::string name = n.stringAttr("update_rule", "gated_delta");
  std::optional<LinearRule> rule = symbolizeLinearRule(name);
  if (!rule)
    return n.error() << "expected update_rule linear, gated, delta or "
                        "gated_delta, got '"
                     << Importer::printable(name) << "'";
  bool gated = *rule == LinearRule::gated || *rule == LinearRule::gated_delta;
  bool delta = *rule == LinearRule::delta || *rule == LinearRule::gated_delta;
  for (auto [i, wanted, what] :
       {std::tuple(kDecay, gated, "decay"), std::tuple(kBeta, delta, "beta")})
    if (wanted && !n.hasInput(i))
      return n.error() << "expected input '" << what << "' for rule " << name;
  return *rule;
}

static LogicalResult checkPackedRank(Node &n, const Operand &operand) {
  if (operand.rank() == 3 && operand.isFloat())
    return success();
  return n.error() << "expected '" << operand.name
                   << "' to hold floats with rank 3, got " << operand.type();
}

static LogicalResult checkTokens(Node &n, const Operand &operand) {
  const Operand &query = n.input(kQuery);
  return success(succeeded(requireEqualDims(n, operand, 0, query, 0)) &&
                 succeeded(requireEqualDims(n, operand, 1, query, 1)));
}

/// (B, S, Hkv) or (B, S, Hkv * dk), as (B, Hkv, S) or (B, Hkv, S, dk).
static FailureOr<Value> readDecay(Node &n, const HeadTensor &key) {
  const Operand &decay = n.input(kDecay);
  if (failed(checkPackedRank(n, decay)) || failed(checkTokens(n, decay)))
    return failure();
  if (n.math.equal(decay.shape[2], key.heads()))
    return transpose(n, decay, {0, 2, 1}).value;
  FailureOr<HeadTensor> split = splitHeads(n, decay, *constantOf(key.heads()));
  if (failed(split) ||
      failed(requireEqual(n, split->feature(), key.feature(),
                          "expected a decay for each head, or for each of its "
                          "features")))
    return failure();
  return unpackHeads(n, *split).operand.value;
}

/// (B, S, Hkv) or (B, S, 1), as (B, Hkv, S).
static FailureOr<Value> readBeta(Node &n, const HeadTensor &key) {
  const Operand &beta = n.input(kBeta);
  if (failed(checkPackedRank(n, beta)) || failed(checkTokens(n, beta)))
    return failure();
  FailureOr<Operand> expanded =
      expandTo(n, beta, {key.batch(), key.sequence(), key.heads()},
               "the key's batch, tokens and heads");
  if (failed(expanded))
    return failure();
  return transpose(n, *expanded, {0, 2, 1}).value;
}

static LogicalResult checkState(Node &n, const Sizes &sizes) {
  const Operand &state = n.input(kPastState);
  if (state.rank() != 4 || !state.isFloat())
    return n.error() << "expected past_state to hold floats with rank 4, got "
                     << state.type();
  for (int64_t d = 0; d < 4; ++d)
    if (failed(requireEqual(n, state.shape[d], sizes[d],
                            "expected dimension " + Twine(d) +
                                " of past_state to fit the key and value")))
      return failure();
  return success();
}

/// Aligns the sizes of `tensor` with what was checked to be equal.
static HeadTensor withSizes(Node &n, const HeadTensor &tensor,
                            OpFoldResult batch, OpFoldResult sequence) {
  HeadTensor result = tensor;
  Sizes sizes = tensor.operand.shape;
  sizes[0] = batch;
  sizes[tensor.packed ? 1 : 2] = sequence;
  result.operand = makeOperand(n, tensor.operand.value, sizes);
  return result;
}

static LogicalResult importLinearAttention(Node &n) {
  FailureOr<LinearRule> rule = readRule(n);
  int64_t queryHeads = n.intAttr("q_num_heads", 0);
  int64_t keyHeads = n.intAttr("kv_num_heads", 0);
  double scale = n.floatAttr("scale", 0);
  n.intAttr("chunk_size", 64); // A hint.
  if (failed(rule))
    return failure();
  if (queryHeads <= 0 || keyHeads <= 0 || queryHeads > INT32_MAX ||
      keyHeads > INT32_MAX || queryHeads % keyHeads != 0)
    return n.error() << "expected q_num_heads to be a multiple of "
                        "kv_num_heads, got "
                     << queryHeads << " and " << keyHeads;
  if (!std::isfinite(scale))
    return n.error() << "expected a finite scale, got " << scale;
  for (size_t i : {kQuery, kKey, kValue})
    if (failed(checkPackedRank(n, n.input(i))) ||
        failed(checkTokens(n, n.input(i))))
      return failure();
  FailureOr<HeadTensor> query = splitHeads(n, n.input(kQuery), queryHeads);
  FailureOr<HeadTensor> key = splitHeads(n, n.input(kKey), keyHeads);
  FailureOr<HeadTensor> value = splitHeads(n, n.input(kValue), keyHeads);
  if (failed(query) || failed(key) || failed(value) ||
      failed(requireEqual(n, query->feature(), key->feature(),
                          "expected query and key of one head size")))
    return failure();
  HeadTensor k = withSizes(n, *key, query->batch(), query->sequence());
  HeadTensor v = withSizes(n, *value, query->batch(), query->sequence());

  bool gated = *rule == LinearRule::gated || *rule == LinearRule::gated_delta;
  bool delta = *rule == LinearRule::delta || *rule == LinearRule::gated_delta;
  FailureOr<Value> decay = gated ? readDecay(n, k) : FailureOr<Value>(Value());
  FailureOr<Value> beta = delta ? readBeta(n, k) : FailureOr<Value>(Value());
  Sizes stateSizes{query->batch(), k.heads(), k.feature(), v.feature()};
  if (failed(decay) || failed(beta) || failed(checkSizes(n, stateSizes)))
    return failure();
  Value past;
  Type stateElement = query->operand.elementType();
  if (n.hasInput(kPastState)) {
    if (failed(checkState(n, stateSizes)))
      return failure();
    past = n.input(kPastState).value;
    stateElement = n.input(kPastState).elementType();
  }
  Sizes outputSizes = query->operand.shape;
  outputSizes[3] = v.feature();
  auto typeOf = [](const Sizes &sizes, Type element) {
    SmallVector<int64_t> shape;
    for (OpFoldResult size : sizes)
      shape.push_back(constantOf(size).value_or(ShapedType::kDynamic));
    return RankedTensorType::get(shape, element);
  };
  DenseI64ArrayAttr layout = query->layout(n.b);
  auto op = LinearAttentionOp::create(
      n.b, n.loc, typeOf(outputSizes, query->operand.elementType()),
      typeOf(stateSizes, stateElement),
      LinearRuleAttr::get(n.b.getContext(), *rule), query->operand.value,
      k.operand.value, v.operand.value, *decay, *beta, past,
      scale == 0 ? FloatAttr() : n.b.getF64FloatAttr(scale), layout, layout,
      layout, layout);
  FailureOr<Operand> output =
      reshape(n, makeOperand(n, op.getOutput(), outputSizes),
              {outputSizes[0], outputSizes[1],
               n.math.mul(outputSizes[2], outputSizes[3])});
  if (failed(output) || failed(n.setOutput(0, *output)))
    return failure();
  return n.setOutput(1, makeOperand(n, op.getNewState(), stateSizes));
}

ArrayRef<OpEntry> mlir::attn::onnx::linearAttentionOps() {
  static const OpEntry table[] = {
      {"LinearAttention", importLinearAttention, 3, 6, 27},
  };
  return table;
}
