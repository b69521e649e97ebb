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
  TileLogic emit(OpBuilder &builder, Value firstKey, Value lastKey);
  int64_t getCount() const { return count; }

private:
  struct Stage {
    DenseMap<Value, EmittedInterval> numbers;
    DenseMap<Value, TileLogic> logic;
    DenseMap<Operation *, EmittedInterval> reads;
  };

  EmittedInterval getNumber(Value value);
  TileLogic getLogic(Value value);
  EmittedInterval computeNumber(Value value);
  TileLogic computeLogic(Value value);
  /// Of an op that is not understood, where it does not vary in the tile.
  std::optional<EmittedInterval> getUniformNumber(Value value);
  EmittedInterval numberOp(Operation *op);
  EmittedInterval divide(Operation *op);
  EmittedInterval castUp(Operation *op, bool isSigned);
  TileLogic logicOp(Operation *op);
  TileLogic compare(arith::CmpIOp op);
  EmittedInterval position(unsigned argument);
  /// An element of a captured tensor: in its type for i1, else as a number.
  EmittedInterval readElement(tensor::ExtractOp op, arith::CmpFOp test = {});
  EmittedInterval readTable(tensor::ExtractOp op, arith::CmpFOp test);
  /// An element against a constant: a table of what the comparison says.
  TileLogic compareElement(arith::CmpFOp op);
  TileLogic asLogic(const EmittedInterval &read);
  EmittedInterval toNumber(EmittedInterval elements, Type type);
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
