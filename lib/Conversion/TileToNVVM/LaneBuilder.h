//===- LaneBuilder.h - What a lane computes with ----------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_TILETONVVM_LANEBUILDER_H
#define ATTN_LIB_CONVERSION_TILETONVVM_LANEBUILDER_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"

namespace mlir::attn::tile {

/// Where an acc has the `n`th element of one of the lane's two rows.
inline int64_t getRegister(int64_t half, int64_t n) {
  return n / 2 * 4 + 2 * half + n % 2;
}

/// Words for i32, addresses in shared memory, and where a lane is.
class LaneBuilder {
public:
  LaneBuilder(OpBuilder &builder, Location loc) : b(builder), loc(loc) {}

  Value i32(int64_t value);
  Value index(int64_t value);
  Value add(Value x, Value y);
  Value add(Value x, int64_t y);
  Value mul(Value x, int64_t y);
  /// Of numbers that are not negative.
  Value div(Value x, int64_t y);
  Value rem(Value x, int64_t y);
  Value isBelow(Value x, Value y);
  Value toIndex(Value x);
  Value toI32(Value x);

  /// Of the block, and of the warp.
  Value getThread();
  Value getLane() { return rem(getThread(), 32); }
  Value getWarp() { return div(getThread(), 32); }

  /// As an index: the first or the second of a lane's two rows of an acc.
  Value getRow(int64_t half);
  /// As an index: element `n` of those that a lane holds of a row of an acc, of
  /// which each 8 columns have two.
  Value getColumn(int64_t n);
  Value getColumn(Value n);

  Type getSharedPointer();
  /// `bytes` behind `base` in shared memory.
  Value advance(Value base, Value bytes);
  Value advance(Value base, int64_t bytes) { return advance(base, i32(bytes)); }

  /// A line of PTX, with a result or without.
  Value assemble(Type result, StringRef text, StringRef constraints,
                 ValueRange operands);

  OpBuilder &b;
  Location loc;
};

} // namespace mlir::attn::tile

#endif // ATTN_LIB_CONVERSION_TILETONVVM_LANEBUILDER_H
