//===- RegionEmitter.h - A mask region on emitted intervals -----*- C++ -*-===//
#ifndef ATTN_LIB_ANALYSIS_EMISSION_REGIONEMITTER_H
#define ATTN_LIB_ANALYSIS_EMISSION_REGIONEMITTER_H

#include "BlockBounds.h"
#include "UniformValues.h"
#include "attn/Analysis/ExpandedMask.h"

namespace mlir::attn {

/// Evaluates the ops of a mask region on intervals: first what does not depend
/// on keys, once for a query tile, then the rest for each key tile.
class RegionEmitter {
public:
  RegionEmitter(AttentionOp op, TileSizes tile);

  void setCollecting(bool on) { tables.setCollecting(on); }
  void prepare(OpBuilder &builder) { tables.build(builder, op.getLoc()); }
  /// Returns the number of ops written.
  int64_t beginQueryTile(OpBuilder &builder, Value batch, Value head,
                         Value firstQuery, Value lastQuery);
  TileTruth emit(OpBuilder &builder, Value firstKey, Value lastKey);
  int64_t getCount() const { return count; }

private:
  struct Stage {
    DenseMap<Value, EmittedNumber> numbers;
    DenseMap<Value, TileTruth> truths;
    DenseMap<Operation *, EmittedNumber> reads;
  };

  EmittedNumber getNumber(Value value);
  TileTruth getTruth(Value value);
  EmittedNumber computeNumber(Value value);
  TileTruth computeTruth(Value value);
  /// Of an op that is not understood, where it does not vary in the tile.
  std::optional<EmittedNumber> getUniformNumber(Value value);
  EmittedNumber numberOp(Operation *op);
  EmittedNumber divide(Operation *op);
  EmittedNumber castUp(Operation *op, bool isSigned);
  TileTruth truthOp(Operation *op);
  TileTruth compare(arith::CmpIOp op);
  EmittedNumber position(unsigned argument);
  /// An element of a captured tensor: in its type for i1, else as a number.
  EmittedNumber readElement(tensor::ExtractOp op, arith::CmpFOp test = {});
  EmittedNumber readTable(tensor::ExtractOp op, arith::CmpFOp test);
  /// An element against a constant: a table of what the comparison says.
  TileTruth compareElement(arith::CmpFOp op);
  TileTruth asTruth(const EmittedNumber &read);
  EmittedNumber toNumber(EmittedNumber elements, Type type);
  void emitQueryPart(Operation &op);

  bool dependsOnKey(Value value) {
    return dependsOn(value, MaskKey, keyDependence);
  }
  bool dependsOn(Value value, unsigned position, DenseMap<Value, bool> &memo);
  bool isInside(Value value);
  /// Where results belong: to the query tile while that is written.
  Stage &stage() { return inQueryPart ? queryStage : keyStage; }

  ExpandedMask mask;
  AttentionOp op; // the expanded one
  TileSizes tile;
  BlockTables tables;
  Interval positionRange[4];
  Value first[4], last[4];
  OpBuilder *builder = nullptr;
  std::optional<EmittedArith> arith;
  std::optional<UniformValues> uniform;
  int64_t count = 0;
  unsigned depth = 0;
  bool inQueryPart = false;
  Stage queryStage, keyStage;
  DenseMap<Value, bool> keyDependence, headDependence;
};

} // namespace mlir::attn

#endif // ATTN_LIB_ANALYSIS_EMISSION_REGIONEMITTER_H
