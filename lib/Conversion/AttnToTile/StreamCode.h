//===- StreamCode.h - What code of a stream is made of ----------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOTILE_STREAMCODE_H
#define ATTN_LIB_CONVERSION_ATTNTOTILE_STREAMCODE_H

#include "attn/Dialect/Tile/IR/Tile.h"

namespace mlir::attn {

/// The sizes of a stream, and the steps that its lowering repeats.
class StreamCode {
protected:
  using Body = function_ref<Value(ValueRange)>;

  static constexpr double kLog2E = 1.44269504088896340736;

  explicit StreamCode(tile::StreamOp op);

  static int64_t getDim(int64_t dim, DenseI64ArrayAttr layout);
  /// In whole steps of a product.
  int64_t getFeatures(Value operand);
  Type getElement();
  tile::RingType getRingType();
  /// Of the tile of queries: how many each head has, and the last row.
  void measure();
  Value index(int64_t value);
  Value f32(double value);
  Value infinity();
  /// By an instruction.
  Value exp2(Value x);
  /// Of maxima and sinks.
  Value exp2OfDifference(Value x, Value y);
  Value isEmpty(Value maximum);
  /// What scores are taken from: anything where no pair attends.
  Value getReference(Value maximum);
  Value map(Value of, ValueRange statistics, Body body);
  SmallVector<Value> mapRows(ValueRange statistics, unsigned results,
                             function_ref<SmallVector<Value>(ValueRange)> body);
  Value choose(Value condition, function_ref<Value()> either,
               function_ref<Value()> other);
  void fill(Region &region, ArrayRef<Type> types,
            function_ref<SmallVector<Value>(ValueRange)> body);
  /// A copy of a region of the stream, with `args`.
  Value inlined(Region &region, ValueRange args);
  /// The head and the query of a row, of the last one for rows behind it.
  std::pair<Value, Value> getPosition(Value row);
  Value constantBool(bool value);
  Value getClass(tile::TileClass value);
  /// Whether all warps go over all tiles once more, NaN-safe: where some
  /// output is not finite, weights of 0 may have met values that are not (D3).
  Value decideOnce(Value isSuspect, Value nanSafe);

  tile::StreamOp op;
  OpBuilder b;
  Location loc;
  int64_t rows;
  /// Where the scale is folded, a maximum is a power of 2, the largest score
  /// times `toPowers`: an exponent is one step from a score then, and all
  /// weights of a row are off by the same factor.
  bool foldsScale;
  double toPowers;
  tile::RowsType statistics;
  Value queries, lastRow;
  bool hasOneHead = false;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOTILE_STREAMCODE_H
