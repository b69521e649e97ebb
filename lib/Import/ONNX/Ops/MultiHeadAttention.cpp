//===- MultiHeadAttention.cpp - MultiHeadAttention, Attention -------------===//
//
// Of com.microsoft.
//
//===----------------------------------------------------------------------===//

#include "Core/Elementwise.h"
#include "Ops/AttentionCache.h"
#include "Ops/AttentionPadding.h"
#include "Ops/Indexing.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::onnx;

namespace {
struct Attributes {
  int64_t heads = 0;
  bool causal = false;
  double filter = -10000;
  std::optional<double> scale;
};
} // namespace

static FailureOr<Attributes> readAttributes(Node &n) {
  Attributes a;
  a.heads = n.intAttr("num_heads", 0);
  a.causal = n.intAttr("unidirectional", 0) != 0;
  a.filter = n.floatAttr("mask_filter_value", -10000);
  if (double scale = n.floatAttr("scale", 0))
    a.scale = scale;
  if (a.heads <= 0 || a.heads > INT32_MAX)
    return n.error() << "expected num_heads to be positive, got " << a.heads;
  if (a.scale && !std::isfinite(*a.scale))
    return n.error() << "expected a finite scale, got " << *a.scale;
  return a;
}

//===----------------------------------------------------------------------===//
// Queries, keys and values
//===----------------------------------------------------------------------===//

/// Part `i` of (batch, sequence, head, part, feature).
static FailureOr<HeadTensor> partOf(Node &n, const Operand &packed, int64_t i,
                                    int64_t parts, int64_t heads) {
  if (failed(requireEqual(n, packed.shape[2], n.math.constant(heads),
                          "expected dimension 2 of '" + packed.name +
                              "' to be num_heads")) ||
      failed(requireEqual(n, packed.shape[3], n.math.constant(parts),
                          "expected dimension 3 of '" + packed.name +
                              "' to be " + Twine(parts))))
    return failure();
  Sizes offsets(5, n.math.constant(0)), sizes = packed.shape;
  offsets[3] = n.math.constant(i);
  sizes[3] = n.math.constant(1);
  Operand part = slice(n, packed, offsets, sizes, {1, 1, 1, 1, 1});
  FailureOr<Operand> result =
      reshape(n, part, {sizes[0], sizes[1], sizes[2], sizes[4]});
  if (failed(result))
    return failure();
  result->name = packed.name;
  return HeadTensor{*result, true};
}

static LogicalResult setHeads(ArrayRef<FailureOr<HeadTensor>> tensors,
                              AttentionSpec &spec) {
  if (llvm::any_of(tensors, [](const auto &t) { return failed(t); }))
    return failure();
  spec.query = *tensors[0];
  spec.key = *tensors[1];
  spec.value = *tensors[2];
  return success();
}

/// Keys and values apart, or in one tensor, or all three in one.
static LogicalResult readHeads(Node &n, int64_t heads, AttentionSpec &spec) {
  const Operand &query = n.input(0);
  bool hasKey = n.hasInput(1), hasValue = n.hasInput(2);
  if (query.rank() == 5 && !hasKey && !hasValue)
    return setHeads({partOf(n, query, 0, 3, heads),
                     partOf(n, query, 1, 3, heads),
                     partOf(n, query, 2, 3, heads)},
                    spec);
  if (query.rank() != 3 || !hasKey)
    return n.error() << "expected a query of rank 3 with a key, or of rank 5 "
                        "without, got "
                     << query.type();
  const Operand &key = n.input(1);
  FailureOr<HeadTensor> rows = splitHeads(n, query, heads);
  if (key.rank() == 5 && !hasValue)
    return setHeads(
        {rows, partOf(n, key, 0, 2, heads), partOf(n, key, 1, 2, heads)}, spec);
  if (!hasValue || key.rank() != n.input(2).rank())
    return n.error() << "expected a key of rank 5, or a value of its rank, got "
                     << key.type();
  return setHeads(
      {rows, splitHeads(n, key, heads), splitHeads(n, n.input(2), heads)},
      spec);
}

/// Adds the part of a list of (heads * feature) from `offset` on, and moves
/// `offset` behind it.
static LogicalResult addListPart(Node &n, const Operand &list,
                                 OpFoldResult &offset, HeadTensor &tensor) {
  OpFoldResult size = n.math.mul(tensor.heads(), tensor.feature());
  Operand part = slice(n, list, {offset}, {size}, {1});
  offset = n.math.add(offset, size);
  FailureOr<Operand> each =
      reshape(n, part, {tensor.heads(), tensor.feature()});
  if (failed(each))
    return failure();
  Operand sum = elementwiseOver(
      n, {tensor.operand, *each}, tensor.operand.shape,
      tensor.operand.elementType(),
      [](ScalarBuilder &s, ValueRange x) { return s.add(x[0], x[1]); });
  sum.name = tensor.operand.name;
  tensor.operand = sum;
  return success();
}

/// The biases of the three projections, one behind the other. Keys and values
/// of rank 4 come out of a cache and have had theirs.
static LogicalResult addBiases(Node &n, size_t i, AttentionSpec &spec) {
  if (!n.hasInput(i))
    return success();
  const Operand &list = n.input(i);
  if (list.rank() != 1 ||
      list.elementType() != spec.query.operand.elementType())
    return n.error() << "expected a bias of rank 1 of the query's type, got "
                     << list.type();
  OpFoldResult width = n.math.constant(0);
  SmallVector<HeadTensor *> tensors{&spec.query, &spec.key, &spec.value};
  for (HeadTensor *tensor : tensors)
    width = n.math.add(width, n.math.mul(tensor->heads(), tensor->feature()));
  if (failed(requireEqual(n, list.shape[0], width,
                          "expected '" + list.name +
                              "' to be as wide as query, key and value")))
    return failure();
  OpFoldResult offset = n.math.constant(0);
  for (HeadTensor *tensor : tensors)
    if (tensor->packed && failed(addListPart(n, list, offset, *tensor)))
      return failure();
  return success();
}

static LogicalResult emitWithModifiers(Node &n, const Attributes &a,
                                       AttentionSpec &spec, size_t padding,
                                       size_t bias, PairModifiers modifiers) {
  modifiers.causal = a.causal;
  spec.scale = a.scale;
  FailureOr<MaskInput> added = readMask(n, bias, "attention_bias", spec);
  if (failed(added) ||
      failed(addPadding(n, padding, a.filter, spec, modifiers)))
    return failure();
  modifiers.mask = *added;
  addModifiers(n, spec, modifiers);
  FailureOr<AttentionResult> made = emitAttention(n, spec);
  if (failed(made))
    return failure();
  return n.setOutput(0, joinHeads(n, made->output));
}

//===----------------------------------------------------------------------===//
// MultiHeadAttention
//===----------------------------------------------------------------------===//

namespace {
enum MultiHeadInput {
  kBias = 3,
  kPadding,
  kPairBias,
  kPastKey,
  kPastValue,
  kPastLength,
  kIndirection
};
} // namespace

/// What came before is as long as the past is, or as an input says that a part
/// of it is filled.
static LogicalResult appendCaches(Node &n, AttentionSpec &spec,
                                  PairModifiers &modifiers) {
  if (n.hasInput(kPastKey) != n.hasInput(kPastValue))
    return n.error() << "expected past_key and past_value together";
  HeadTensor *tensors[] = {&spec.key, &spec.value};
  modifiers.offset.fixed = n.math.constant(0);
  if (n.hasInput(kPastKey) && n.input(kPastKey).rank() == 4)
    modifiers.offset.fixed = n.input(kPastKey).shape[2];
  bool shared = n.hasInput(kPastKey) && n.hasInput(kPastLength);
  Operand filled;
  if (shared) {
    if (failed(checkIndexType(n, kPastLength)) ||
        staticCount(n.input(kPastLength).shape) != 1)
      return n.error() << "expected past_sequence_length to be one integer, "
                          "got "
                       << n.input(kPastLength).type();
    ScalarBuilder s(n.b, n.loc);
    Value length = s.toIndex(extractScalar(n, n.input(kPastLength)));
    Value rows = n.math.materialize(spec.key.sequence());
    filled = generatePerBatch(n, spec.query.batch(),
                              [&](ScalarBuilder &, Value) { return length; });
    Operand total =
        generatePerBatch(n, spec.query.batch(), [&](ScalarBuilder &s, Value) {
          return s.add(length, rows);
        });
    modifiers.offset.lengths = total.value;
    modifiers.offset.queries = spec.key.sequence();
  }
  for (size_t i : {0, 1}) {
    if (shared && n.input(kPastKey + i).rank() != 4)
      return n.error() << "expected a past of rank 4, got "
                       << n.input(kPastKey + i).type();
    FailureOr<HeadTensor> all =
        shared ? writeToBuffer(n, *tensors[i], n.input(kPastKey + i),
                               n.input(kPastKey + i).shape[2], filled, 1 + i)
               : bindPresent(n, *tensors[i], kPastKey + i, 1 + i);
    if (failed(all))
      return failure();
    *tensors[i] = *all;
  }
  return success();
}

static LogicalResult importMultiHeadAttention(Node &n) {
  FailureOr<Attributes> attributes = readAttributes(n);
  if (failed(attributes))
    return failure();
  if (n.hasInput(kIndirection))
    return n.error() << "expected no cache_indirection, which is not supported";
  if (n.hasOutput(3))
    return n.error() << "expected output 3 (qk) not to be asked for: it is not "
                        "supported";
  AttentionSpec spec;
  PairModifiers modifiers;
  if (failed(readHeads(n, attributes->heads, spec)) ||
      failed(addBiases(n, kBias, spec)) ||
      failed(appendCaches(n, spec, modifiers)))
    return failure();
  return emitWithModifiers(n, *attributes, spec, kPadding, kPairBias,
                           modifiers);
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

namespace {
enum PackedInput {
  kInput,
  kWeights,
  kWeightBias,
  kMaskIndex,
  kPast,
  kAttentionBias,
  kFilled
};
} // namespace

/// The widths of Q, K and V in the weights' last dimension.
static FailureOr<Sizes> readWidths(Node &n) {
  const Operand &weights = n.input(kWeights);
  OpFoldResult all = weights.shape[1], sum = n.math.constant(0);
  OpFoldResult third = n.math.div(all, n.math.constant(3));
  Sizes widths(3, third);
  if (auto given = n.intsAttr("qkv_hidden_sizes")) {
    if (given->size() != 3 ||
        llvm::any_of(*given, [](int64_t w) { return w < 1 || w > INT32_MAX; }))
      return n.error() << "expected three positive qkv_hidden_sizes, got "
                       << given->size();
    widths = getAsIndexOpFoldResult(n.b.getContext(), *given);
  }
  for (OpFoldResult width : widths)
    sum = n.math.add(sum, width);
  if (failed(requireEqual(n, sum, all,
                          "expected dimension 1 of '" + weights.name +
                              "' to be as wide as Q, K and V")))
    return failure();
  return widths;
}

/// The input times the weights, plus a bias, in three.
static LogicalResult project(Node &n, int64_t heads, AttentionSpec &spec) {
  const Operand &input = n.input(kInput), &weights = n.input(kWeights);
  for (size_t i : {kInput, kWeights, kWeightBias})
    if (n.hasInput(i) && (!n.input(i).isFloat() ||
                          n.input(i).elementType() != input.elementType()))
      return n.error() << "expected input, weights and bias of one float type, "
                          "got "
                       << input.type() << " and " << n.input(i).type();
  if (input.rank() != 3 || weights.rank() != 2)
    return n.error()
           << "expected an input of rank 3 and weights of rank 2, got "
           << input.type() << " and " << weights.type();
  FailureOr<Sizes> widths = readWidths(n);
  FailureOr<Operand> all = matMul(n, input, weights);
  if (failed(widths) || failed(all))
    return failure();
  if (n.hasInput(kWeightBias)) {
    all->name = weights.name;
    if (failed(requireBroadcastTo(n, n.input(kWeightBias), *all)))
      return failure();
    all = elementwiseOver(
        n, {*all, n.input(kWeightBias)}, all->shape, all->elementType(),
        [](ScalarBuilder &s, ValueRange x) { return s.add(x[0], x[1]); });
  }
  SmallVector<FailureOr<HeadTensor>> parts;
  Sizes offsets(3, n.math.constant(0)), sizes = all->shape;
  for (OpFoldResult width : *widths) {
    sizes[2] = width;
    Operand part = slice(n, *all, offsets, sizes, {1, 1, 1});
    part.name = weights.name;
    parts.push_back(splitHeads(n, part, heads));
    offsets[2] = n.math.add(offsets[2], width);
  }
  return setHeads(parts, spec);
}

/// Keys, or for 1 values, of a past of (2, batch, head, sequence, feature).
static FailureOr<Operand> halfOf(Node &n, const Operand &past, int64_t i) {
  if (past.rank() != 5)
    return n.error() << "expected a past of rank 5, got " << past.type();
  if (failed(
          requireEqual(n, past.shape[0], n.math.constant(2),
                       "expected dimension 0 of '" + past.name + "' to be 2")))
    return failure();
  Sizes offsets(5, n.math.constant(0)), sizes = past.shape;
  offsets[0] = n.math.constant(i);
  sizes[0] = n.math.constant(1);
  Operand half = slice(n, past, offsets, sizes, {1, 1, 1, 1, 1});
  FailureOr<Operand> result =
      reshape(n, half, Sizes(sizes.begin() + 1, sizes.end()));
  if (succeeded(result))
    result->name = past.name;
  return result;
}

static LogicalResult appendStacked(Node &n, AttentionSpec &spec,
                                   PairModifiers &modifiers) {
  modifiers.offset.fixed = n.math.constant(0);
  HeadTensor *tensors[] = {&spec.key, &spec.value};
  SmallVector<Operand> present;
  for (int64_t i : {0, 1}) {
    FailureOr<Operand> past = Operand();
    if (n.hasInput(kPast)) {
      past = halfOf(n, n.input(kPast), i);
      modifiers.offset.fixed = n.input(kPast).shape[3];
    }
    if (failed(past))
      return failure();
    FailureOr<HeadTensor> all = appendToPast(n, *tensors[i], *past);
    if (failed(all))
      return failure();
    *tensors[i] = *all;
    FailureOr<Operand> half = unsqueeze(n, all->operand, {0});
    if (failed(half))
      return failure();
    present.push_back(*half);
  }
  if (!n.hasOutput(1))
    return success();
  return n.setOutput(1, concat(n, present, 0));
}

static LogicalResult importPackedAttention(Node &n) {
  FailureOr<Attributes> attributes = readAttributes(n);
  if (failed(attributes))
    return failure();
  for (StringRef name : {"do_rotary", "past_present_share_buffer"})
    if (int64_t value = n.intAttr(name, 0))
      return n.error() << "expected " << name << " to be 0, got " << value;
  n.intAttr("rotary_embedding_dim", 0);
  if (n.hasInput(kFilled))
    return n.error() << "expected no past_sequence_length, which is not "
                        "supported";
  AttentionSpec spec;
  PairModifiers modifiers;
  if (failed(project(n, attributes->heads, spec)) ||
      failed(appendStacked(n, spec, modifiers)))
    return failure();
  return emitWithModifiers(n, *attributes, spec, kMaskIndex, kAttentionBias,
                           modifiers);
}

ArrayRef<OpEntry> mlir::attn::onnx::multiHeadAttentionOps() {
  static const OpEntry table[] = {
      {"MultiHeadAttention", importMultiHeadAttention, 1, 10},
      {"Attention", importPackedAttention, 2, 7},
  };
  return table;
}
