//===- AttentionEmit.h - Making an attn.attention ---------------*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_OPS_ATTENTIONEMIT_H
#define ATTN_LIB_IMPORT_ONNX_OPS_ATTENTIONEMIT_H

#include "Core/Emit.h"

#include "attn/Dialect/Attn/IR/AttnOps.h"

#include <functional>

namespace mlir::attn::onnx {

/// A 4-D operand of attention: (batch, head, sequence, feature), or with the
/// middle dimensions the other way round where heads were packed.
struct HeadTensor {
  Operand operand;
  bool packed = false;

  OpFoldResult batch() const { return operand.shape[0]; }
  OpFoldResult heads() const { return operand.shape[packed ? 2 : 1]; }
  OpFoldResult sequence() const { return operand.shape[packed ? 1 : 2]; }
  OpFoldResult feature() const { return operand.shape[3]; }
  DenseI64ArrayAttr layout(OpBuilder &b) const;
};

/// Makes (batch, sequence, heads * feature) of rank 3 a HeadTensor; rank 4
/// stays as it is.
FailureOr<HeadTensor> splitHeads(Node &n, const Operand &operand,
                                 int64_t heads);
/// The same in the order (batch, head, sequence, feature).
HeadTensor unpackHeads(Node &n, const HeadTensor &tensor);

/// (batch, sequence, heads * feature) of what was packed; else as it is.
FailureOr<Operand> joinHeads(Node &n, const HeadTensor &tensor);
/// The past, if there is one, and then the new, in canonical order.
FailureOr<HeadTensor> appendToPast(Node &n, const HeadTensor &fresh,
                                   const Operand &past);
/// The same with input `past`, bound to output `present`, where there are such.
FailureOr<HeadTensor> bindPresent(Node &n, const HeadTensor &fresh, size_t past,
                                  size_t present);

/// Angles by position, or where `positions` is left out by batch and position.
struct RotaryTables {
  Operand cos, sin, positions;
};
/// Rotates the first `rotated` features of each head, or all for 0.
HeadTensor rotate(Node &n, const HeadTensor &input, const RotaryTables &tables,
                  int64_t rotated, bool interleaved);
/// The same by tables of rank 2, whose width says how much is rotated. Checks
/// them; the positions are (batch, sequence).
FailureOr<HeadTensor> rotateByTables(Node &n, const HeadTensor &input,
                                     const RotaryTables &tables,
                                     bool interleaved);

/// The indices that a region of attention is given.
struct Positions {
  Value batch, head, query, key;
  SmallVector<Value> all() const { return {batch, head, query, key}; }
};

/// What to make; empty functions make no region.
struct AttentionSpec {
  HeadTensor query, key, value;
  std::optional<double> scale;
  /// A logit for each head that joins the denominator only; may be null.
  Value sink;
  /// The score, and where the intermediate stage is asked for a second value.
  std::function<SmallVector<Value>(ScalarBuilder &, Value, const Positions &)>
      score;
  std::function<Value(ScalarBuilder &, const Positions &)> mask;
  std::function<Value(ScalarBuilder &, Value, const Positions &)> prob;
  std::optional<ScoresStage> stage;
};

struct AttentionResult {
  AttentionOp op;
  /// In the query's order of dimensions.
  HeadTensor output;
  /// (batch, head, query, key) in the query's element type, if asked for.
  Operand scores;
};

/// The type of scores: f64 if an input is f64, else f32.
Type scoreType(OpBuilder &b, const AttentionSpec &spec);

/// Checks that the operands fit each other, and makes the op.
FailureOr<AttentionResult> emitAttention(Node &n, const AttentionSpec &spec);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_OPS_ATTENTIONEMIT_H
