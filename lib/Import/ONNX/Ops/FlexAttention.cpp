//===- FlexAttention.cpp - ONNX FlexAttention, preview opset 1 ------------===//

#include "Core/Registry.h"
#include "Core/ScalarView.h"
#include "Ops/AttentionEmit.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::onnx;

namespace {
/// score_mod or prob_mod, imported as a graph on a whole tensor.
struct Modifier {
  const char *name;
  /// Stands for the scores; nothing computes it, and nothing of it is left.
  Value placeholder;
  Value result;

  explicit operator bool() const { return static_cast<bool>(result); }
};
} // namespace

//===----------------------------------------------------------------------===//
// Importing a modifier
//===----------------------------------------------------------------------===//

static LogicalResult checkModifierResult(Node &n, const char *name,
                                         const Operand &input,
                                         ArrayRef<Operand> results) {
  if (results.size() != 1)
    return n.error() << "expected " << name << " to have one output, got "
                     << results.size();
  const Operand &result = results.front();
  if (result.rank() != 4 || result.elementType() != input.elementType())
    return n.error() << "expected " << name << " to give " << input.type()
                     << ", got " << result.type();
  for (int64_t d = 0; d < 4; ++d)
    if (failed(requireEqual(n, result.shape[d], input.shape[d],
                            "expected " + Twine(name) + " to keep dimension " +
                                Twine(d))))
      return failure();
  return success();
}

static FailureOr<Modifier> importModifier(Node &n, const char *name,
                                          const Sizes &sizes, Type element) {
  Modifier modifier{name, nullptr, nullptr};
  const pb::GraphProto *graph = n.graphAttr(name);
  if (!graph)
    return modifier;
  Operand input = makeOperand(n, emptyTensor(n, sizes, element), sizes);
  input.name = name;
  modifier.placeholder = input.value;
  SmallVector<Operand> results;
  // What is computed from a score has its place: other tensors repeat to it.
  n.math.setWholes(sizes);
  llvm::scope_exit leave([&] { n.math.setWholes({}); });
  if (failed(
          n.importer.importSubgraph(*graph, n.scope, input, n.loc, results)) ||
      failed(checkModifierResult(n, name, input, results)))
    return failure();
  modifier.result = results.front().value;
  return modifier;
}

/// The modifier's element for one pair, in the type of `value`; null where the
/// modifier looks at other pairs too.
static Value applyModifier(ScalarBuilder &s, const Modifier &modifier,
                           Value value, const Positions &at) {
  Type element =
      cast<RankedTensorType>(modifier.placeholder.getType()).getElementType();
  Value input = s.convert(value, element, false, false);
  SmallVector<Value> position = at.all();
  ScalarView view(s.b, s.loc, modifier.placeholder, position, input);
  Value result = view.at(modifier.result, position);
  return result ? s.convert(result, value.getType(), false, false) : Value();
}

//===----------------------------------------------------------------------===//
// What prob_mod makes of a pair that does not attend
//===----------------------------------------------------------------------===//

/// Folds what computes `value`, recursively; null where it is not constant.
static Attribute evaluate(Value value, Value argument, Attribute given,
                          llvm::DenseMap<Value, Attribute> &known,
                          unsigned depth = 0) {
  constexpr unsigned maxDepth = 1000; // The stack ends somewhere.
  if (value == argument)
    return given;
  auto [it, inserted] = known.try_emplace(value, nullptr);
  if (!inserted || depth > maxDepth)
    return it->second;
  Operation *op = value.getDefiningOp();
  if (!op || op->getNumResults() != 1)
    return nullptr;
  SmallVector<Attribute> operands;
  for (Value operand : op->getOperands())
    operands.push_back(evaluate(operand, argument, given, known, depth + 1));
  SmallVector<OpFoldResult> results;
  Attribute constant;
  if (matchPattern(value, m_Constant(&constant)))
    return known[value] = constant;
  if (failed(op->fold(operands, results)) || results.size() != 1)
    return nullptr;
  if (auto attribute = dyn_cast<Attribute>(results.front()))
    return known[value] = attribute;
  return known[value] =
             evaluate(cast<Value>(results.front()), argument, given, known);
}

/// True where the probability 0 provably stays 0, so that a score of -inf is a
/// mask; tried in a block that is thrown away.
static bool keepsZero(Node &n, const Modifier &prob, Type type) {
  OpBuilder::InsertionGuard guard(n.b);
  Block block;
  n.b.setInsertionPointToEnd(&block);
  ScalarBuilder s(n.b, n.loc);
  Value argument = block.addArgument(type, n.loc);
  SmallVector<Value> at;
  for (int i = 0; i < 4; ++i)
    at.push_back(block.addArgument(n.b.getIndexType(), n.loc));
  Value result = applyModifier(s, prob, argument, {at[0], at[1], at[2], at[3]});
  bool isZero = false;
  if (result) {
    llvm::DenseMap<Value, Attribute> known;
    auto folded = dyn_cast_or_null<FloatAttr>(
        evaluate(result, argument, n.b.getFloatAttr(type, 0), known));
    isZero = folded && folded.getValue().isZero();
  }
  block.dropAllDefinedValueUses();
  return isZero;
}

//===----------------------------------------------------------------------===//
// -inf as a mask
//===----------------------------------------------------------------------===//

static bool isNegativeInfinity(Value value) {
  FloatAttr attribute;
  return matchPattern(value, m_Constant(&attribute)) &&
         attribute.getValue().isInfinity() && attribute.getValue().isNegative();
}

/// What a region computes `value` from, in order; false where that takes more
/// than positions.
static bool collectSlice(Value value, Block &block,
                         llvm::SetVector<Operation *> &slice) {
  llvm::SetVector<Value> pending;
  pending.insert(value);
  for (size_t i = 0; i < pending.size(); ++i) {
    if (pending[i] == block.getArgument(0))
      return false;
    Operation *op = pending[i].getDefiningOp();
    if (!op || op->getBlock() != &block)
      continue;
    slice.insert(op);
    pending.insert(op->operand_begin(), op->operand_end());
  }
  return true;
}

/// A score of Where(condition, score, -inf), which only positions decide, is a
/// mask: the condition moves into the mask region, where it can be analyzed.
static void moveMaskOutOfScore(Node &n, AttentionOp op) {
  if (op.getScore().empty() || !op.getMask().empty())
    return;
  Block &score = op.getScore().front();
  auto yield = cast<YieldOp>(score.getTerminator());
  auto select = yield.getOperand(0).getDefiningOp<arith::SelectOp>();
  if (!select)
    return;
  bool inverted = isNegativeInfinity(select.getTrueValue());
  if (!inverted && !isNegativeInfinity(select.getFalseValue()))
    return;
  llvm::SetVector<Operation *> slice;
  if (!collectSlice(select.getCondition(), score, slice))
    return;
  OpBuilder::InsertionGuard guard(n.b);
  Block &mask = op.getMask().emplaceBlock();
  n.b.setInsertionPointToEnd(&mask);
  IRMapping mapping;
  for (BlockArgument position : score.getArguments().drop_front())
    mapping.map(position, mask.addArgument(position.getType(), n.loc));
  for (Operation &inner : score)
    if (slice.contains(&inner))
      n.b.clone(inner, mapping);
  ScalarBuilder s(n.b, n.loc);
  Value condition = mapping.lookupOrDefault(select.getCondition());
  YieldOp::create(n.b, n.loc, inverted ? s.logicalNot(condition) : condition);
  yield.setOperand(0,
                   inverted ? select.getFalseValue() : select.getTrueValue());
  // Nothing but the mask may be left of the region.
  if (yield.getOperand(0) == score.getArgument(0))
    op.getScore().getBlocks().clear();
}

//===----------------------------------------------------------------------===//
// The operator
//===----------------------------------------------------------------------===//

/// The type of scores in the modifiers: f32, or f64 for f64, or as asked for.
static FailureOr<Type> modifierType(Node &n) {
  bool isDouble = n.input(0).elementType().isF64();
  switch (int64_t precision =
              n.intAttr("softmax_precision", isDouble ? 11 : 1)) {
  case 1:
    return Type(n.b.getF32Type());
  case 10:
    return Type(n.b.getF16Type());
  case 11:
    return Type(n.b.getF64Type());
  case 16:
    return Type(n.b.getBF16Type());
  default:
    return n.error() << "expected softmax_precision to be a float type, got "
                     << precision;
  }
}

/// Keeps -inf from being a mask: a finite score has probability 0 all the same.
static Value boundFromBelow(ScalarBuilder &s, Value score) {
  auto type = cast<FloatType>(score.getType());
  APFloat lowest = APFloat::getLargest(type.getFloatSemantics(), true);
  Value bound =
      arith::ConstantOp::create(s.b, s.loc, s.b.getFloatAttr(type, lowest));
  return s.make<arith::MaximumFOp>(score, bound);
}

static LogicalResult importFlexAttention(Node &n) {
  AttentionSpec spec;
  for (size_t i = 0; i < 3; ++i)
    if (n.input(i).rank() != 4)
      return n.error() << "expected inputs of rank 4, got "
                       << n.input(i).type();
  FailureOr<HeadTensor> query = splitHeads(n, n.input(0), 1);
  FailureOr<HeadTensor> key = splitHeads(n, n.input(1), 1);
  FailureOr<HeadTensor> value = splitHeads(n, n.input(2), 1);
  FailureOr<Type> element = modifierType(n);
  if (failed(query) || failed(key) || failed(value) || failed(element))
    return failure();
  spec.query = *query;
  spec.key = *key;
  spec.value = *value;
  if (n.hasAttr("scale"))
    spec.scale = n.floatAttr("scale", 0);
  if (spec.scale && !std::isfinite(*spec.scale))
    return n.error() << "expected a finite scale, got " << *spec.scale;
  Sizes sizes{query->batch(), query->heads(), query->sequence(),
              key->sequence()};
  FailureOr<Modifier> score = importModifier(n, "score_mod", sizes, *element);
  FailureOr<Modifier> prob = importModifier(n, "prob_mod", sizes, *element);
  if (failed(score) || failed(prob))
    return failure();

  const char *tooWide = nullptr;
  auto apply = [&](ScalarBuilder &s, const Modifier &modifier, Value x,
                   const Positions &at) {
    Value result = applyModifier(s, modifier, x, at);
    if (!result)
      tooWide = modifier.name;
    return result ? result : x;
  };
  bool bounded = *prob && !keepsZero(n, *prob, scoreType(n.b, spec));
  if (*score || bounded)
    spec.score = [&](ScalarBuilder &s, Value x, const Positions &at) {
      Value result = *score ? apply(s, *score, x, at) : x;
      return SmallVector<Value>{bounded ? boundFromBelow(s, result) : result};
    };
  if (*prob)
    spec.prob = [&](ScalarBuilder &s, Value x, const Positions &at) {
      return apply(s, *prob, x, at);
    };
  FailureOr<AttentionResult> made = emitAttention(n, spec);
  if (failed(made))
    return failure();
  if (tooWide)
    return n.error() << "expected " << tooWide
                     << " to compute each element from the element at its "
                        "place, got a graph that mixes places";
  moveMaskOutOfScore(n, made->op);
  return n.setOutput(0, made->output.operand);
}

ArrayRef<OpEntry> mlir::attn::onnx::flexAttentionOps() {
  static const OpEntry table[] = {
      {"FlexAttention", importFlexAttention, 3, 3},
  };
  return table;
}
