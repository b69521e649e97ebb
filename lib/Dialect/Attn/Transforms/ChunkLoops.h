//===- ChunkLoops.h - The loops over chunks of tokens -----------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_CHUNKLOOPS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_CHUNKLOOPS_H

#include "attn/Analysis/TilingPolicy.h"
#include "attn/Dialect/Attn/IR/AttnTiles.h"
#include "attn/Dialect/Attn/Utils/LinearSizes.h"

namespace mlir::attn {

/// Writes one linear attention as a parallel loop over batches, kv heads and,
/// where these may be fewer than threads, parts of the value features, around a
/// loop over chunks of tokens.
class ChunkLoops {
public:
  ChunkLoops(LinearAttentionOp op, OpBuilder &builder,
             const TilingPolicy &policy, int64_t chunk);

  /// What replaces the results of the op.
  SmallVector<Value> build();

private:
  using Values = SmallVector<Value>;
  using FoldResults = SmallVector<OpFoldResult>;
  /// Where a slice lies, by canonical dimension, and its features.
  struct Place {
    OpFoldResult batch, head, heads, first, tokens, firstFeature, features;
  };

  Value createTensor(RankedTensorType like, ArrayRef<int64_t> layout,
                     const FoldResults &canonical);
  FoldResults getStatesShape();
  Value createStates();
  Value finishStates(Value states);

  std::optional<int64_t> getMultiplyAdds();
  void divideHeads(std::optional<int64_t> multiplyAdds);
  void locateHead(ValueRange position);
  void buildHead(ValueRange position, ValueRange shared);
  Values buildChunk(Value first, ValueRange carried);

  /// The part of an operand at `place`.
  Slice locate(ArrayRef<int64_t> layout, const Place &place);
  Value extract(Value tensor, DenseI64ArrayAttr layout, const Place &place);
  Value extractGate(Value gate, const Place &place);
  OpFoldResult remaining(Value first);
  Value toValue(OpFoldResult size) {
    return getValueOrCreateConstantIndexOp(b, loc, size);
  }

  LinearAttentionOp op;
  OpBuilder &b;
  Location loc;
  const TilingPolicy &policy;
  int64_t chunk;
  FloatType type; // of the state
  LinearSizes sizes;
  OpFoldResult zero, one;
  OpFoldResult parts, columns; // of a head: how many, value features of each
  // Of the part whose loop is built, all tokens.
  Place queries, keys, values, outputs, state;
};

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_CHUNKLOOPS_H
