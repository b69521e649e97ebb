//===- AttentionMask.cpp - Which pairs attend, and what is added ----------===//

#include "Ops/AttentionMask.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::onnx;

static Value lengthOf(ScalarBuilder &s, Value lengths, const Positions &at) {
  return s.toIndex(
      tensor::ExtractOp::create(s.b, s.loc, lengths, ValueRange{at.batch}));
}

static Value offsetOf(Node &n, ScalarBuilder &s, const Offset &offset,
                      const Positions &at) {
  if (offset.lengths)
    return s.sub(lengthOf(s, offset.lengths, at),
                 n.math.materialize(offset.queries));
  // Without an offset the text is shorter.
  return constantOf(offset.fixed) == 0 ? Value()
                                       : n.math.materialize(offset.fixed);
}

//===----------------------------------------------------------------------===//
// A mask as a tensor
//===----------------------------------------------------------------------===//

/// The mask's last dimension against the keys: equal, or shorter.
static LogicalResult checkMaskLength(Node &n, MaskInput &mask, StringRef what) {
  OpFoldResult own = mask.operand.shape.back(), keys = mask.full.back();
  mask.isShort = !n.math.equal(own, keys);
  if (!mask.isShort)
    return success();
  std::optional<int64_t> ownSize = constantOf(own), keySize = constantOf(keys);
  std::string message =
      ("expected " + what + " to be no longer than the keys").str();
  if (ownSize && keySize) {
    if (*ownSize > *keySize)
      return n.error() << message << ", got " << *ownSize << " and "
                       << *keySize;
    return success();
  }
  ScalarBuilder s(n.b, n.loc);
  Value length = n.math.materialize(own);
  emitAssert(n, s.less(length, n.math.materialize(keys), true), message);
  emitAssert(n, s.less(s.index(0), length, false),
             "expected " + what + " not to be empty");
  return success();
}

FailureOr<MaskInput> mlir::attn::onnx::readMask(Node &n, size_t i,
                                                StringRef what,
                                                const AttentionSpec &spec) {
  MaskInput mask;
  if (!n.hasInput(i))
    return mask;
  mask.operand = n.input(i);
  int64_t rank = mask.operand.rank();
  if (rank < 1 || rank > 4 || mask.operand.isInt())
    return n.error() << "expected " << what
                     << " to hold booleans or floats with rank 1 to 4, got "
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
  if (failed(checkMaskLength(n, mask, what)))
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
        s.sub(n.math.materialize(mask.operand.shape.back()), s.index(1));
    all.back() = s.make<arith::MinSIOp>(all.back(), last);
  }
  return mask.reader->read(s, all);
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

static void addScore(Node &n, AttentionSpec &spec, const PairModifiers &m) {
  bool intermediate = spec.stage == ScoresStage::intermediate;
  bool hasBias = m.mask && m.mask.isBias();
  if (m.softcap == 0 && !hasBias && !m.bias && !intermediate)
    return;
  spec.score = [&n, mask = m.mask, more = m.bias, cap = m.softcap, hasBias,
                intermediate](ScalarBuilder &s, Value score,
                              const Positions &at) {
    Type type = score.getType();
    if (cap != 0)
      score = SoftcapOp::create(s.b, s.loc, score, llvm::APFloat(cap));
    Value capped = score;
    if (hasBias)
      score = s.add(score,
                    s.convert(readMaskAt(n, s, mask, at), type, false, false));
    if (more)
      score = s.add(score, more(s, type, at));
    SmallVector<Value> results{score};
    if (intermediate)
      results.push_back(capped);
    return results;
  };
}

/// What a mask says about a pair: its boolean, or that its bias is not -inf.
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
  Value length = n.math.materialize(mask.operand.shape.back());
  Value inside = PrefixOp::create(s.b, s.loc, at.key, length);
  return s.make<arith::AndIOp>(condition, inside);
}

static void addMask(Node &n, AttentionSpec &spec, const PairModifiers &m) {
  bool window = m.left >= 0 || m.right >= 0;
  // An empty mask says that nothing attends.
  bool empty = m.mask && constantOf(m.mask.operand.shape.back()) == 0;
  bool padded = m.offset.lengths && m.offset.pads;
  if (!m.causal && !window && !padded && !m.mask && !m.condition)
    return;
  spec.mask = [&n, m, window, padded, empty](ScalarBuilder &s,
                                             const Positions &at) {
    Value result;
    auto require = [&](Value condition) {
      result = result ? s.make<arith::AndIOp>(result, condition) : condition;
    };
    Value shift = m.causal || window ? offsetOf(n, s, m.offset, at) : Value();
    if (m.causal)
      require(CausalOp::create(s.b, s.loc, at.query, at.key, shift));
    if (window)
      require(WindowOp::create(s.b, s.loc, at.query, at.key, shift,
                               s.b.getI64IntegerAttr(m.left),
                               s.b.getI64IntegerAttr(m.right)));
    if (padded)
      require(PrefixOp::create(s.b, s.loc, at.key,
                               lengthOf(s, m.offset.lengths, at)));
    if (m.condition)
      require(m.condition(s, at));
    if (m.mask)
      require(empty ? s.boolean(false) : maskCondition(n, s, m.mask, at));
    return result;
  };
}

void mlir::attn::onnx::addModifiers(Node &n, AttentionSpec &spec,
                                    const PairModifiers &modifiers) {
  addScore(n, spec, modifiers);
  addMask(n, spec, modifiers);
}
