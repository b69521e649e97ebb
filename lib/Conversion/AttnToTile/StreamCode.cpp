//===- StreamCode.cpp - What code of a stream is made of ------------------===//
#include "StreamCode.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include <cfloat>
#include <limits>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::tile;

StreamCode::StreamCode(StreamOp op)
    : op(op), b(op), loc(op.getLoc()), rows(op.getSchedule().getRows()),
      statistics(RowsType::get(b.getContext(), rows)) {
  // At most 1: a finite score stays finite.
  const double folded = op.getScale().convertToDouble() * kLog2E;
  foldsScale = op.getScore().empty() && folded >= FLT_MIN && folded <= 1;
  toPowers = folded;
}

int64_t StreamCode::getDim(int64_t dim, DenseI64ArrayAttr layout) {
  const SmallVector<int64_t> order = getLayout(layout, 4);
  return llvm::find(order, dim) - order.begin();
}

int64_t StreamCode::getFeatures(Value operand) {
  DenseI64ArrayAttr layout = operand == op.getQuery() ? op.getQueryLayoutAttr()
                                                      : op.getValueLayoutAttr();
  auto type = cast<MemRefType>(operand.getType());
  return llvm::alignTo(type.getDimSize(getDim(Feature, layout)), 16);
}

Type StreamCode::getElement() {
  return getElementTypeOrSelf(op.getQuery().getType());
}

RingType StreamCode::getRingType() {
  auto tile = [&](Value operand) {
    return TileType::get(b.getContext(), op.getSchedule().getKeys(),
                         getFeatures(operand), getElement());
  };
  return RingType::get(b.getContext(), tile(op.getQuery()), tile(op.getValue()),
                       op.getSchedule().getStages());
}

void StreamCode::measure() {
  auto size = [&](int64_t dim) {
    return b.createOrFold<memref::DimOp>(loc, op.getQuery(),
                                         getDim(dim, op.getQueryLayoutAttr()));
  };
  queries = size(Sequence);
  Value heads = size(Head);
  hasOneHead = getConstantIntValue(heads) == int64_t(1);
  Value all = b.createOrFold<arith::MulIOp>(loc, heads, queries);
  lastRow = b.createOrFold<arith::SubIOp>(loc, all, index(1));
}

Value StreamCode::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

Value StreamCode::f32(double value) {
  return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
}

Value StreamCode::infinity() {
  return f32(-std::numeric_limits<double>::infinity());
}

Value StreamCode::exp2(Value x) {
  return math::Exp2Op::create(b, loc, x, arith::FastMathFlags::afn);
}

Value StreamCode::exp2OfDifference(Value x, Value y) {
  Value difference = arith::SubFOp::create(b, loc, x, y);
  if (!foldsScale)
    difference = arith::MulFOp::create(b, loc, difference, f32(kLog2E));
  return exp2(difference);
}

Value StreamCode::isEmpty(Value maximum) {
  return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, maximum,
                               infinity());
}

Value StreamCode::getReference(Value maximum) {
  return arith::SelectOp::create(b, loc, isEmpty(maximum), f32(0), maximum);
}

Value StreamCode::map(Value of, ValueRange statistics, Body body) {
  auto map = MapOp::create(b, loc, of.getType(), of, statistics);
  OpBuilder::InsertionGuard guard(b);
  SmallVector<Type> types(1 + statistics.size(), b.getF32Type());
  types.append(2, b.getIndexType());
  fill(map.getBody(), types,
       [&](ValueRange args) -> SmallVector<Value> { return {body(args)}; });
  return map;
}

SmallVector<Value>
StreamCode::mapRows(ValueRange statistics, unsigned results,
                    function_ref<SmallVector<Value>(ValueRange)> body) {
  SmallVector<Type> resultTypes(results, this->statistics);
  auto map = MapRowsOp::create(b, loc, resultTypes, statistics);
  OpBuilder::InsertionGuard guard(b);
  SmallVector<Type> types(statistics.size(), b.getF32Type());
  types.push_back(b.getIndexType());
  fill(map.getBody(), types, body);
  return map.getResults();
}

Value StreamCode::choose(Value condition, function_ref<Value()> either,
                         function_ref<Value()> other) {
  auto build = [](function_ref<Value()> value) {
    return [value](OpBuilder &builder, Location loc) {
      scf::YieldOp::create(builder, loc, value());
    };
  };
  return scf::IfOp::create(b, loc, condition, build(either), build(other))
      .getResult(0);
}

void StreamCode::fill(Region &region, ArrayRef<Type> types,
                      function_ref<SmallVector<Value>(ValueRange)> body) {
  SmallVector<Location> locations(types.size(), loc);
  Block *block = b.createBlock(&region, {}, types, locations);
  YieldOp::create(b, loc, body(block->getArguments()));
}

Value StreamCode::inlined(Region &region, ValueRange args) {
  IRMapping mapping;
  Block &block = region.front();
  mapping.map(block.getArguments(), args);
  for (Operation &inner : block.without_terminator())
    b.clone(inner, mapping);
  return mapping.lookupOrDefault(block.getTerminator()->getOperand(0));
}

std::pair<Value, Value> StreamCode::getPosition(Value row) {
  Value inside = arith::MinUIOp::create(b, loc, row, lastRow);
  if (hasOneHead)
    return {index(0), inside};
  return {arith::DivUIOp::create(b, loc, inside, queries),
          arith::RemUIOp::create(b, loc, inside, queries)};
}

Value StreamCode::constantBool(bool value) {
  return arith::ConstantIntOp::create(b, loc, value, 1);
}

Value StreamCode::getClass(TileClass value) {
  return arith::ConstantIntOp::create(b, loc, int32_t(value), 32);
}

Value StreamCode::decideOnce(Value isSuspect, Value nanSafe) {
  Value any = VoteAnyOp::create(b, loc, b.getI1Type(), isSuspect);
  Value first = arith::XOrIOp::create(b, loc, nanSafe, constantBool(true));
  return arith::AndIOp::create(b, loc, any, first);
}
