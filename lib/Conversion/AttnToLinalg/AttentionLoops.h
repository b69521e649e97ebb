//===- AttentionLoops.h - The loops that attention decomposes into --------===//
// Attention runs over (batch, kv head, head in group, query, key) and the
// features. Here tensors name the loop of each of their dimensions, so that a
// step of attention is one call, whatever the layouts.
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOLINALG_ATTENTIONLOOPS_H
#define ATTN_LIB_CONVERSION_ATTNTOLINALG_ATTENTIONLOOPS_H

#include "attn/Dialect/Attn/Utils/AttentionSizes.h"

namespace mlir::attn {

using Loops = SmallVector<Loop, 6>;

/// The loops of each canonical dimension of a tensor, e.g. of the query:
/// {Batch}, {KvHead, Group}, {Query}, {Feature}.
using DimLoops = SmallVector<Loops, 4>;

DimLoops getQueryLoops();
DimLoops getKeyLoops();
DimLoops getValueLoops();
DimLoops getOutputLoops();
/// Of lse, max and sum.
DimLoops getRowLoops();
DimLoops getScoresLoops();
/// Of the sink.
DimLoops getHeadLoops();

/// A tensor and the loop that each of its dimensions runs with.
struct LoopTensor {
  Value value;
  Loops loops;
};

/// Builds linalg ops over these loops.
class AttentionLoops {
public:
  AttentionLoops(OpBuilder &builder, Location loc, const LoopSizes &sizes);

  /// The tensor with its head dimension expanded to (kv head, group) where
  /// `dims` has two loops for it. A view.
  LoopTensor view(const ShapedOperand &operand, const DimLoops &dims);
  /// A result of `type` from a tensor over getLoops(layout, dims): a view back.
  Value unview(const LoopTensor &tensor, ArrayRef<int64_t> layout,
               const DimLoops &dims, Type type);

  /// `from` without what runs once: the loop over a group of one head. A
  /// dimension of its own would keep a result from being computed where the
  /// function returns it.
  Loops selectLoops(ArrayRef<Loop> from) const;

  LoopTensor empty(ArrayRef<Loop> from, Type element);
  LoopTensor filled(ArrayRef<Loop> loops, Type element, double value);

  /// linalg.generic over `domain`, in this order; a loop that `outs` lack is a
  /// reduction. Block arguments: ins, outs.
  using Body =
      function_ref<SmallVector<Value>(OpBuilder &, Location, ValueRange)>;
  SmallVector<LoopTensor> generic(ArrayRef<Loop> domain,
                                  ArrayRef<LoopTensor> ins,
                                  ArrayRef<LoopTensor> outs, Body body);

  /// The tensor with elements of type `element`.
  LoopTensor convert(const LoopTensor &tensor, Type element);

  /// Size of a loop as a value.
  Value getSize(Loop loop);

  OpBuilder &builder;
  Location loc;
  LoopSizes sizes;
};

/// The loops of a tensor in `layout` whose canonical dimensions are `dims`.
Loops getLoops(ArrayRef<int64_t> layout, const DimLoops &dims);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOLINALG_ATTENTIONLOOPS_H
