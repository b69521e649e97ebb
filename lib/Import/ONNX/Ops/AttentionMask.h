//===- AttentionMask.h - Which pairs attend, and what is added --*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// What the operators for attention have in common: softcap, bias, causality,
// windows and padding, as code on positions. A mask is never made a tensor; its
// tensor is read where a pair is looked at.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_IMPORT_ONNX_OPS_ATTENTIONMASK_H
#define ATTN_LIB_IMPORT_ONNX_OPS_ATTENTIONMASK_H

#include "Core/Broadcast.h"
#include "Ops/AttentionEmit.h"

namespace mlir::attn::onnx {

/// A mask or bias for pairs, read element by element.
struct MaskInput {
  Operand operand;
  /// Sizes of the four dimensions that it broadcasts to.
  Sizes full;
  /// Reads it at the four positions.
  std::optional<BroadcastReader> reader;
  /// It ends before the last key: beyond that nothing attends.
  bool isShort = false;

  explicit operator bool() const { return static_cast<bool>(operand); }
  bool isBias() const { return operand.isFloat(); }
};

/// Input `i`, booleans or floats that broadcast to the pairs but for the keys,
/// of which there may be fewer; nothing where it is left out. `what` is for
/// messages.
FailureOr<MaskInput> readMask(Node &n, size_t i, StringRef what,
                              const AttentionSpec &spec);

/// Where query 0 stands among the keys.
struct Offset {
  /// The same for every batch...
  OpFoldResult fixed;
  /// ...or this list's entry less the number of queries.
  Value lengths;
  OpFoldResult queries;
  /// The keys from that entry on are padding.
  bool pads = true;
};

/// What changes scores, and what empties them.
struct PairModifiers {
  bool causal = false;
  /// Attends from `left` before a query to `right` after it; -1 is no bound.
  int64_t left = -1, right = -1;
  double softcap = 0;
  MaskInput mask;
  Offset offset;
  /// What else is added, and required; may be empty.
  std::function<Value(ScalarBuilder &, Type, const Positions &)> bias;
  std::function<Value(ScalarBuilder &, const Positions &)> condition;
};

/// Makes the score and mask regions of `spec`: softcap, then the biases; a
/// second score that these have not touched for the intermediate stage.
void addModifiers(Node &n, AttentionSpec &spec, const PairModifiers &modifiers);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_OPS_ATTENTIONMASK_H
