//===- Selection.cpp - ArgMax, ArgMin, TopK -------------------------------===//

#include "Core/Elementwise.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <utility>

using namespace mlir;
using namespace mlir::attn::onnx;

static Value isNaN(ScalarBuilder &s, Value x) {
  return s.make<arith::CmpFOp>(arith::CmpFPredicate::UNO, x, x);
}

//===----------------------------------------------------------------------===//
// ArgMax, ArgMin
//===----------------------------------------------------------------------===//

Operand mlir::attn::onnx::argument(Node &n, const Operand &data, int64_t axis,
                                   bool isMax, bool last) {
  Sizes sizes = data.shape;
  sizes.erase(sizes.begin() + axis);
  ScalarBuilder s(n.b, n.loc, data.isUnsigned);
  Type element = data.elementType(), position = n.b.getI64Type();
  Value best = filledTensor(n, sizes, s.number(element, 0));
  Value at = filledTensor(n, sizes, s.integer(position, 0));
  SmallVector<AffineExpr> kept;
  SmallVector<utils::IteratorType> iterators;
  for (int64_t d = 0; d < data.rank(); ++d) {
    iterators.push_back(d == axis ? utils::IteratorType::reduction
                                  : utils::IteratorType::parallel);
    if (d != axis)
      kept.push_back(n.b.getAffineDimExpr(d));
  }
  AffineMap map = AffineMap::get(data.rank(), 0, kept, n.b.getContext());
  auto body = [&](OpBuilder &nested, Location loc, ValueRange x) {
    ScalarBuilder s(nested, loc, data.isUnsigned);
    Value index = linalg::IndexOp::create(nested, loc, axis);
    Value here = s.make<arith::IndexCastOp>(position, index);
    Value better = isMax ? s.less(x[1], x[0], last) : s.less(x[0], x[1], last);
    // The first position wins over what the tensor was filled with.
    Value first = s.equal(index, s.index(0));
    better = s.make<arith::OrIOp>(better, first);
    if (isa<FloatType>(element)) {
      Value hereNaN = isNaN(s, x[0]), wasNaN = isNaN(s, x[1]);
      Value firstNaN =
          last ? hereNaN : s.make<arith::AndIOp>(hereNaN, s.logicalNot(wasNaN));
      better = s.make<arith::OrIOp>(
          firstNaN, s.make<arith::AndIOp>(better, s.logicalNot(wasNaN)));
      better = s.make<arith::OrIOp>(better, first);
    }
    linalg::YieldOp::create(
        nested, loc,
        ValueRange{s.select(better, x[0], x[1]), s.select(better, here, x[2])});
  };
  auto generic = linalg::GenericOp::create(
      n.b, n.loc, TypeRange{best.getType(), at.getType()}, data.value,
      ValueRange{best, at},
      ArrayRef<AffineMap>{n.b.getMultiDimIdentityMap(data.rank()), map, map},
      iterators, body);
  return makeOperand(n, generic.getResult(1), sizes);
}

template <bool isMax> static LogicalResult importArgument(Node &n) {
  const Operand &data = n.input(0);
  if (failed(checkUniform(n, Kinds::Numbers)))
    return failure();
  FailureOr<int64_t> axis = n.axis(n.intAttr("axis", 0), data.rank());
  bool keep = n.intAttr("keepdims", 1) != 0;
  bool last = n.intAttr("select_last_index", 0) != 0;
  if (failed(axis))
    return failure();
  Operand result = argument(n, data, *axis, isMax, last);
  return keep ? n.setOutput(0, unsqueeze(n, result, {*axis}))
              : n.setOutput(0, result);
}

//===----------------------------------------------------------------------===//
// TopK
//===----------------------------------------------------------------------===//

/// Whether `x` comes before `y`, wherever they lie; NaN is the largest.
static Value comesBefore(ScalarBuilder &s, Value x, Value y, bool largest) {
  if (!largest)
    std::swap(x, y);
  Value greater = s.less(y, x, false);
  if (!isa<FloatType>(x.getType()))
    return greater;
  Value onlyNaN = s.make<arith::AndIOp>(isNaN(s, x), s.logicalNot(isNaN(s, y)));
  return s.make<arith::OrIOp>(greater, onlyNaN);
}

/// Loops over the dimensions of `data` and, innermost, over `axis` again: a map
/// for what is read at the inner position, in place of the outer one.
static AffineMap getInnerMap(Node &n, int64_t rank, int64_t axis) {
  SmallVector<AffineExpr> exprs;
  for (int64_t d = 0; d < rank; ++d)
    exprs.push_back(n.b.getAffineDimExpr(d == axis ? rank : d));
  return AffineMap::get(rank + 1, 0, exprs, n.b.getContext());
}

static AffineMap getOuterMap(Node &n, int64_t rank) {
  return n.b.getMultiDimIdentityMap(rank + 1).getMajorSubMap(rank);
}

static SmallVector<utils::IteratorType> getIterators(int64_t rank) {
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators.push_back(utils::IteratorType::reduction);
  return iterators;
}

/// For each element, how many along the axis come before it; of equals, the
/// first does.
static Value emitPlaces(Node &n, int64_t axis, bool largest) {
  const Operand &data = n.input(0);
  const int64_t rank = data.rank();
  Type i64 = n.b.getI64Type();
  ScalarBuilder s(n.b, n.loc);
  Value init = filledTensor(n, data.shape, s.integer(i64, 0));
  AffineMap outer = getOuterMap(n, rank);
  auto body = [&](OpBuilder &nested, Location loc, ValueRange v) {
    ScalarBuilder s(nested, loc, data.isUnsigned);
    Value here = linalg::IndexOp::create(nested, loc, axis);
    Value other = linalg::IndexOp::create(nested, loc, rank);
    Value tie = s.make<arith::AndIOp>(
        s.logicalNot(comesBefore(s, v[0], v[1], largest)),
        s.make<arith::CmpIOp>(arith::CmpIPredicate::ult, other, here));
    Value before =
        s.make<arith::OrIOp>(comesBefore(s, v[1], v[0], largest), tie);
    linalg::YieldOp::create(nested, loc,
                            s.add(v[2], s.make<arith::ExtUIOp>(i64, before)));
  };
  return linalg::GenericOp::create(
             n.b, n.loc, init.getType(), {data.value, data.value}, init,
             ArrayRef<AffineMap>{outer, getInnerMap(n, rank, axis), outer},
             getIterators(rank), body)
      .getResult(0);
}

/// The elements whose places are below the result's size along the axis, in
/// order, and where they were.
static std::pair<Value, Value> emitInOrder(Node &n, int64_t axis, Value places,
                                           const Sizes &sizes) {
  const Operand &data = n.input(0);
  const int64_t rank = data.rank();
  Type i64 = n.b.getI64Type();
  ScalarBuilder s(n.b, n.loc);
  Value values = filledTensor(n, sizes, s.number(data.elementType(), 0));
  Value indices = filledTensor(n, sizes, s.integer(i64, 0));
  AffineMap inner = getInnerMap(n, rank, axis), outer = getOuterMap(n, rank);
  auto body = [&](OpBuilder &nested, Location loc, ValueRange v) {
    ScalarBuilder s(nested, loc);
    auto toI64 = [&](int64_t loop) {
      Value index = linalg::IndexOp::create(nested, loc, loop);
      return s.make<arith::IndexCastOp>(i64, index);
    };
    Value isHere = s.equal(v[1], toI64(axis));
    linalg::YieldOp::create(nested, loc,
                            ValueRange{s.select(isHere, v[0], v[2]),
                                       s.select(isHere, toI64(rank), v[3])});
  };
  auto generic = linalg::GenericOp::create(
      n.b, n.loc, TypeRange{values.getType(), indices.getType()},
      ValueRange{data.value, places}, ValueRange{values, indices},
      ArrayRef<AffineMap>{inner, inner, outer, outer}, getIterators(rank),
      body);
  return {generic.getResult(0), generic.getResult(1)};
}

/// An attribute before opset 10.
static FailureOr<Sizes> readCount(Node &n) {
  if (n.opset < 10 && n.hasAttr("k"))
    return Sizes{n.math.constant(n.intAttr("k", 0))};
  if (!n.hasInput(1))
    return n.error() << "expected k, got none";
  return n.indexElements(1, "k");
}

static LogicalResult importTopK(Node &n) {
  const Operand &data = n.input(0);
  FailureOr<int64_t> axis = n.axis(n.intAttr("axis", -1), data.rank());
  FailureOr<Sizes> k = readCount(n);
  bool largest = n.intAttr("largest", 1) != 0;
  n.intAttr("sorted", 1); // they always are
  if (failed(axis) || failed(k))
    return failure();
  if (data.isBool() || k->size() != 1)
    return n.error() << "expected numbers and one k, got " << data.type()
                     << " and " << k->size();
  Sizes sizes = data.shape;
  sizes[*axis] = k->front();
  std::optional<int64_t> count = constantOf(k->front()),
                         size = constantOf(data.shape[*axis]);
  if (count && (*count < 0 || (size && *count > *size)))
    return n.error() << "expected k of at least 0 and at most the size of "
                        "dimension "
                     << *axis << " of '" << data.name << "', got " << *count;
  if (failed(checkSizes(n, sizes)))
    return failure();
  if (!(count && size)) {
    ScalarBuilder s(n.b, n.loc);
    emitAssert(n,
               s.make<arith::CmpIOp>(arith::CmpIPredicate::ule,
                                     n.math.materialize(k->front()),
                                     n.math.materialize(data.shape[*axis])),
               "expected k of at most the size of dimension " + Twine(*axis) +
                   " of '" + data.name + "'");
  }
  auto [values, indices] =
      emitInOrder(n, *axis, emitPlaces(n, *axis, largest), sizes);
  return success(succeeded(n.setOutput(
                     0, makeOperand(n, values, sizes, data.isUnsigned))) &&
                 succeeded(n.setOutput(1, makeOperand(n, indices, sizes))));
}

ArrayRef<OpEntry> mlir::attn::onnx::selectionOps() {
  static const OpEntry table[] = {
      {"ArgMax", importArgument<true>, 1, 1},
      {"ArgMin", importArgument<false>, 1, 1},
      {"TopK", importTopK, 1, 2},
  };
  return table;
}
