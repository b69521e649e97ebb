//===- AttentionEmit.cpp - Making an attn.attention -----------------------===//

#include "Ops/AttentionEmit.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::onnx;

DenseI64ArrayAttr HeadTensor::layout(OpBuilder &b) const {
  return packed ? b.getDenseI64ArrayAttr({0, 2, 1, 3}) : DenseI64ArrayAttr();
}

FailureOr<HeadTensor>
mlir::attn::onnx::splitHeads(Node &n, const Operand &operand, int64_t heads) {
  if (!operand.isFloat())
    return n.error() << "expected '" << operand.name << "' to hold floats, got "
                     << operand.type();
  if (operand.rank() == 4)
    return HeadTensor{operand, false};
  if (operand.rank() != 3)
    return n.error() << "expected '" << operand.name
                     << "' to have rank 3 or 4, got " << operand.type();
  OpFoldResult count = n.math.constant(heads);
  OpFoldResult feature = n.math.div(operand.shape[2], count);
  std::string message = ("expected dimension 2 of '" + operand.name +
                         "' to be a multiple of " + Twine(heads) + " heads")
                            .str();
  std::optional<int64_t> size = constantOf(operand.shape[2]);
  if (size && *size % heads != 0)
    return n.error() << message << ", got " << *size;
  if (failed(requireEqual(n, n.math.mul(feature, count), operand.shape[2],
                          message)))
    return failure();
  FailureOr<Operand> split =
      reshape(n, operand, {operand.shape[0], operand.shape[1], count, feature});
  if (failed(split))
    return failure();
  split->name = operand.name;
  return HeadTensor{*split, true};
}

HeadTensor mlir::attn::onnx::unpackHeads(Node &n, const HeadTensor &tensor) {
  if (!tensor.packed)
    return tensor;
  HeadTensor result{transpose(n, tensor.operand, {0, 2, 1, 3}), false};
  result.operand.name = tensor.operand.name;
  return result;
}

FailureOr<Operand> mlir::attn::onnx::joinHeads(Node &n,
                                               const HeadTensor &tensor) {
  if (!tensor.packed)
    return tensor.operand;
  const Sizes &sizes = tensor.operand.shape;
  return reshape(n, tensor.operand,
                 {sizes[0], sizes[1], n.math.mul(sizes[2], sizes[3])});
}

FailureOr<HeadTensor> mlir::attn::onnx::appendToPast(Node &n,
                                                     const HeadTensor &fresh,
                                                     const Operand &past) {
  HeadTensor all = unpackHeads(n, fresh);
  if (!past)
    return all;
  if (past.rank() != 4)
    return n.error() << "expected '" << past.name << "' to have rank 4, got "
                     << past.type();
  std::string name = all.operand.name;
  FailureOr<Operand> joined = concat(n, {past, all.operand}, 2);
  if (failed(joined))
    return failure();
  all.operand = *joined;
  all.operand.name = name;
  return all;
}

FailureOr<HeadTensor> mlir::attn::onnx::bindPresent(Node &n,
                                                    const HeadTensor &fresh,
                                                    size_t past,
                                                    size_t present) {
  bool hasPast = n.hasInput(past);
  if (!hasPast && !n.hasOutput(present))
    return fresh;
  FailureOr<HeadTensor> all =
      appendToPast(n, fresh, hasPast ? n.input(past) : Operand());
  if (failed(all) || failed(n.setOutput(present, all->operand)))
    return failure();
  return all;
}

HeadTensor mlir::attn::onnx::rotate(Node &n, const HeadTensor &input,
                                    const RotaryTables &tables, int64_t rotated,
                                    bool interleaved) {
  const Operand &data = input.operand;
  auto op = RotaryEmbeddingOp::create(
      n.b, n.loc, data.type(), data.value, tables.cos.value, tables.sin.value,
      tables.positions.value, n.b.getI64IntegerAttr(rotated),
      interleaved ? n.b.getUnitAttr() : UnitAttr(), n.b.getF64FloatAttr(10000),
      input.layout(n.b));
  HeadTensor result{makeOperand(n, op.getOutput(), data.shape), input.packed};
  result.operand.name = data.name;
  return result;
}

FailureOr<HeadTensor>
mlir::attn::onnx::rotateByTables(Node &n, const HeadTensor &input,
                                 const RotaryTables &tables, bool interleaved) {
  for (const Operand *table : {&tables.cos, &tables.sin})
    if (!table->isFloat() || table->rank() != 2)
      return n.error() << "expected '" << table->name
                       << "' to hold floats with rank 2, got " << table->type();
  for (int64_t d : {0, 1})
    if (failed(requireEqualDims(n, tables.sin, d, tables.cos, d)))
      return failure();
  OpFoldResult width = n.math.mul(tables.cos.shape[1], n.math.constant(2));
  std::optional<int64_t> known = constantOf(width),
                         feature = constantOf(input.feature());
  if (known && feature && *known > *feature)
    return n.error() << "expected '" << tables.cos.name
                     << "' to have at most half the head size of " << *feature
                     << " in dimension 1, got " << *known / 2;
  bool whole = !known || !feature || *known == *feature;
  if (whole && failed(requireEqual(n, width, input.feature(),
                                   "expected '" + tables.cos.name +
                                       "' to have half the head size in "
                                       "dimension 1")))
    return failure();
  return rotate(n, input, tables, whole ? 0 : *known, interleaved);
}

Type mlir::attn::onnx::scoreType(OpBuilder &b, const AttentionSpec &spec) {
  for (const HeadTensor *tensor : {&spec.query, &spec.key, &spec.value})
    if (tensor->operand.elementType().isF64())
      return b.getF64Type();
  return b.getF32Type();
}

static LogicalResult checkOperands(Node &n, const AttentionSpec &spec) {
  const HeadTensor &q = spec.query, &k = spec.key, &v = spec.value;
  if (q.operand.elementType() != k.operand.elementType())
    return n.error() << "expected query and key of one element type, got "
                     << q.operand.type() << " and " << k.operand.type();
  struct Pair {
    OpFoldResult lhs, rhs;
    const char *message;
  };
  for (const Pair &pair :
       {Pair{q.batch(), k.batch(), "expected query and key of one batch size"},
        Pair{k.batch(), v.batch(), "expected key and value of one batch size"},
        Pair{q.feature(), k.feature(),
             "expected query and key of one head size"},
        Pair{k.sequence(), v.sequence(),
             "expected key and value of one length"},
        Pair{k.heads(), v.heads(), "expected key and value of as many heads"}})
    if (failed(requireEqual(n, pair.lhs, pair.rhs, pair.message)))
      return failure();
  if (constantOf(k.heads()) == 0)
    return n.error() << "expected at least one key head";
  OpFoldResult group = n.math.div(q.heads(), k.heads());
  return requireEqual(n, n.math.mul(group, k.heads()), q.heads(),
                      "expected the query heads to be a multiple of the key "
                      "heads");
}

/// A block of `region` whose arguments are `leading`, then the four positions.
static Positions startRegion(Node &n, Region &region, TypeRange leading) {
  Block &block = region.emplaceBlock();
  for (Type type : leading)
    block.addArgument(type, n.loc);
  SmallVector<Value> at;
  for (int i = 0; i < 4; ++i)
    at.push_back(block.addArgument(n.b.getIndexType(), n.loc));
  n.b.setInsertionPointToEnd(&block);
  return {at[0], at[1], at[2], at[3]};
}

static void fillRegions(Node &n, AttentionOp op, const AttentionSpec &spec) {
  OpBuilder::InsertionGuard guard(n.b);
  Type type = op.getScoreType();
  ScalarBuilder s(n.b, n.loc);
  if (spec.score) {
    Positions at = startRegion(n, op.getScore(), type);
    Value score = op.getScore().getArgument(0);
    YieldOp::create(n.b, n.loc, spec.score(s, score, at));
  }
  if (spec.mask) {
    Positions at = startRegion(n, op.getMask(), {});
    YieldOp::create(n.b, n.loc, spec.mask(s, at));
  }
  if (spec.prob) {
    Positions at = startRegion(n, op.getProb(), type);
    Value prob = op.getProb().getArgument(0);
    YieldOp::create(n.b, n.loc, spec.prob(s, prob, at));
  }
}

static RankedTensorType typeOf(const Sizes &sizes, Type element) {
  SmallVector<int64_t> shape;
  for (OpFoldResult size : sizes)
    shape.push_back(constantOf(size).value_or(ShapedType::kDynamic));
  return RankedTensorType::get(shape, element);
}

FailureOr<AttentionResult>
mlir::attn::onnx::emitAttention(Node &n, const AttentionSpec &spec) {
  if (failed(checkOperands(n, spec)))
    return failure();
  const HeadTensor &q = spec.query, &k = spec.key, &v = spec.value;
  Type element = q.operand.elementType();
  Sizes sizes = q.operand.shape;
  sizes[3] = v.feature();
  Sizes scoresSizes{q.batch(), q.heads(), q.sequence(), k.sequence()};
  if (failed(checkSizes(n, sizes)) || failed(checkSizes(n, scoresSizes)))
    return failure();
  FloatAttr scale = spec.scale ? n.b.getF64FloatAttr(*spec.scale) : FloatAttr();
  auto stage = spec.stage ? ScoresStageAttr::get(n.b.getContext(), *spec.stage)
                          : ScoresStageAttr();
  auto op = AttentionOp::create(
      n.b, n.loc, typeOf(sizes, element), Type(),
      spec.stage ? typeOf(scoresSizes, element) : Type(), q.operand.value,
      k.operand.value, v.operand.value, spec.sink, scale, q.layout(n.b),
      k.layout(n.b), v.layout(n.b), q.layout(n.b), DenseI64ArrayAttr(),
      DenseI64ArrayAttr(), stage);
  fillRegions(n, op, spec);
  AttentionResult result;
  result.op = op;
  result.output = {makeOperand(n, op.getOutput(), sizes), q.packed};
  if (spec.stage)
    result.scores = makeOperand(n, op.getScores(), scoresSizes);
  return result;
}
