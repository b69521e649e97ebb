//===- MaskReader.h - Reads the ops of a mask region ------------*- C++ -*-===//
#ifndef ATTN_LIB_ANALYSIS_MASKREADER_H
#define ATTN_LIB_ANALYSIS_MASKREADER_H

#include "MaskValue.h"
#include "attn/Analysis/ExpandedMask.h"
#include "attn/Analysis/Interval.h"

namespace mlir::attn {

/// Reads the expanded form; what it returns names values of the program.
class MaskReader {
public:
  explicit MaskReader(AttentionOp op);
  MaskReading read();

private:
  void setLength(AffineExpr &length, Value tensor, int64_t symbol);
  MaskValue position(unsigned dim);
  /// A value of integer type. 64-bit arithmetic counts as that of the integers;
  /// narrower arithmetic is read where it says or provably does not wrap.
  MaskValue readIndex(Value value);
  MaskPredicate readPredicate(Value value);

  std::optional<MaskValue> readArgument(Value value);
  std::optional<MaskValue> readLength(Operation *op);
  MaskValue readIndexOp(Operation *op);
  MaskValue readUnsigned(const MaskValue &value);
  bool isNeverNegative(const MaskValue &value);
  Interval getRange(AffineExpr expr);
  bool mayWrap(Operation *definition, const MaskValue &result);
  MaskValue readDivision(Operation *op);
  MaskValue readMinMax(Operation *op);
  MaskPredicate readPredicateOp(Operation *op);
  MaskPredicate readCompare(Operation *op);

  /// Whether a value may differ between two pairs of one batch and head.
  bool variesInTile(Value value);
  AffineExpr getSymbol(Value value, std::optional<int64_t> lower = {},
                       std::optional<int64_t> upper = {});
  void noteNotUnderstood(Value value);

  ExpandedMask mask;
  AttentionOp op; // the expanded one
  MaskReading reading;
  unsigned depth = 0;
  DenseMap<Value, MaskValue> indices;
  DenseMap<Value, MaskPredicate> predicates;
  DenseMap<Value, bool> varying;
  DenseMap<Value, AffineExpr> symbolOf;
};

} // namespace mlir::attn

#endif // ATTN_LIB_ANALYSIS_MASKREADER_H
