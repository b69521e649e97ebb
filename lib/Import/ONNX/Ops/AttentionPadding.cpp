//===- AttentionPadding.cpp - Keys that are padding -----------------------===//
//
// Padding given by its length is code on positions. Padding given pair by pair
// adds mask_filter_value, which is finite: a row without any key that attends
// is then not empty, but sees them all alike.
//
//===----------------------------------------------------------------------===//

#include "Ops/AttentionPadding.h"

#include "Core/Broadcast.h"
#include "Ops/AttentionCache.h"
#include "Ops/Indexing.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::onnx;

/// Keys from each batch's length on are padding. Where nothing else is, all
/// have the same filter value, as if there were none.
static Operand endsOf(Node &n, const Operand &lengths, OpFoldResult batch,
                      OpFoldResult keys) {
  Value all = n.math.materialize(keys);
  return generatePerBatch(n, batch, [&](ScalarBuilder &s, Value b) {
    Value end = s.toIndex(
        tensor::ExtractOp::create(s.b, s.loc, lengths.value, ValueRange{b}));
    return s.select(s.less(s.index(0), end, false), end, all);
  });
}

using Condition = std::function<Value(ScalarBuilder &, const Positions &)>;

/// `filter` is added where the condition does not hold.
static void filterBy(PairModifiers &modifiers, double filter,
                     Condition attends) {
  modifiers.bias = [filter, attends](ScalarBuilder &s, Type type,
                                     const Positions &at) {
    return s.select(attends(s, at), s.floating(type, 0),
                    s.floating(type, filter));
  };
}

/// The ends of the keys, or those and then their starts; which of both may show
/// only when it runs.
static LogicalResult addLengths(Node &n, const Operand &mask, double filter,
                                const AttentionSpec &spec,
                                PairModifiers &modifiers) {
  OpFoldResult batch = spec.query.batch();
  if (n.math.equal(mask.shape[0], batch)) {
    Operand ends = endsOf(n, mask, batch, spec.key.sequence());
    modifiers.condition = [ends](ScalarBuilder &s, const Positions &at) {
      Value end = s.toIndex(tensor::ExtractOp::create(s.b, s.loc, ends.value,
                                                      ValueRange{at.batch}));
      return PrefixOp::create(s.b, s.loc, at.key, end);
    };
    return success();
  }
  Value size = n.math.materialize(mask.shape[0]);
  Value count = n.math.materialize(batch);
  ScalarBuilder s(n.b, n.loc);
  Value isEnds = s.equal(size, count);
  Value isBoth = s.equal(size, s.add(count, count));
  emitAssert(n, s.make<arith::OrIOp>(isEnds, isBoth),
             "expected '" + mask.name +
                 "' of rank 1 with one or two entries for each batch");
  Value back = s.select(isBoth, count, s.index(0));
  filterBy(
      modifiers, filter,
      [list = mask.value, back, isBoth](ScalarBuilder &s, const Positions &at) {
        auto entry = [&](Value i) {
          return s.toIndex(
              tensor::ExtractOp::create(s.b, s.loc, list, ValueRange{i}));
        };
        Value start =
            s.select(isBoth, entry(s.add(at.batch, back)), s.index(0));
        return s.make<arith::AndIOp>(s.less(start, at.key, true),
                                     s.less(at.key, entry(at.batch), false));
      });
  return success();
}

/// (batch, keys) or (batch, queries, keys), of which 0 is masked.
static LogicalResult addPairs(Node &n, const Operand &mask, double filter,
                              const AttentionSpec &spec,
                              PairModifiers &modifiers) {
  Operand scores;
  scores.name = "the scores";
  scores.shape = {spec.query.batch(), spec.query.heads(), spec.query.sequence(),
                  spec.key.sequence()};
  FailureOr<Operand> lifted = unsqueeze(
      n, mask,
      mask.rank() == 2 ? ArrayRef<int64_t>{1, 2} : ArrayRef<int64_t>{1});
  if (failed(lifted))
    return failure();
  lifted->name = mask.name;
  if (failed(requireBroadcastTo(n, *lifted, scores)))
    return failure();
  BroadcastReader reader(n, *lifted, scores.shape);
  filterBy(modifiers, filter, [reader](ScalarBuilder &s, const Positions &at) {
    Value element = reader.read(s, at.all());
    return s.less(s.integer(element.getType(), 0), element, false);
  });
  return success();
}

LogicalResult mlir::attn::onnx::addPadding(Node &n, size_t i, double filter,
                                           const AttentionSpec &spec,
                                           PairModifiers &modifiers) {
  if (!n.hasInput(i))
    return success();
  const Operand &mask = n.input(i);
  if (failed(checkIndexType(n, i)))
    return failure();
  switch (mask.rank()) {
  case 1:
    return addLengths(n, mask, filter, spec, modifiers);
  case 2:
  case 3:
    return addPairs(n, mask, filter, spec, modifiers);
  default:
    return n.error() << "expected '" << mask.name
                     << "' to have rank 1, 2 or 3, got " << mask.type();
  }
}
