//===- PositionOps.cpp - What ops on positions share ----------------------===//
#include "PositionOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

#include "attn/Dialect/Attn/IR/PositionOpInterface.cpp.inc"

Value attn::readUnchecked(OpBuilder &builder, Location loc, StringRef,
                          Value tensor, ArrayRef<ReadIndex> indices) {
  SmallVector<Value> at;
  for (const ReadIndex &index : indices)
    at.push_back(index.block == 1
                     ? index.position
                     : Value(arith::FloorDivSIOp::create(
                           builder, loc, index.position,
                           constantIndex(builder, loc, index.block))));
  return tensor::ExtractOp::create(builder, loc, tensor, at);
}

void attn::expandPositionOps(
    Operation *root,
    function_ref<void(Value result, Value expanded)> replaced) {
  SmallVector<PositionOpInterface> ops;
  root->walk([&](PositionOpInterface op) { ops.push_back(op); });
  for (PositionOpInterface op : ops) {
    OpBuilder builder(op);
    Value expanded = op.expand(builder, readUnchecked);
    if (replaced)
      replaced(op->getResult(0), expanded);
    op->getResult(0).replaceAllUsesWith(expanded);
    op->erase();
  }
}

Value attn::addOffset(OpBuilder &builder, Location loc, Value query,
                      Value offset) {
  return offset ? arith::AddIOp::create(builder, loc, query, offset) : query;
}

Value attn::getDistance(OpBuilder &builder, Location loc, Value query,
                        Value key, Value offset) {
  Value position = addOffset(builder, loc, query, offset);
  return arith::SubIOp::create(builder, loc, key, position);
}

Value attn::compare(OpBuilder &builder, Location loc,
                    arith::CmpIPredicate predicate, Value lhs, Value rhs) {
  return arith::CmpIOp::create(builder, loc, predicate, lhs, rhs);
}

Value attn::negate(OpBuilder &builder, Location loc, Value value) {
  return arith::SubIOp::create(builder, loc, constantIndex(builder, loc, 0),
                               value);
}

Value attn::absolute(OpBuilder &builder, Location loc, Value value) {
  return arith::MaxSIOp::create(builder, loc, value,
                                negate(builder, loc, value));
}

std::optional<int64_t> attn::getFoldedIndex(Attribute attr, bool present) {
  if (!present)
    return 0;
  if (auto integer = dyn_cast_or_null<IntegerAttr>(attr))
    return integer.getInt();
  return std::nullopt;
}
