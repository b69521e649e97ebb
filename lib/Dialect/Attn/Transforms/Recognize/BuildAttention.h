//===- BuildAttention.h - From parts to an attn.attention -------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_BUILDATTENTION_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_BUILDATTENTION_H

#include "MatchAttention.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn::recognize {

/// Which rewrites are done beside the attention itself.
struct RecognizedKinds {
  /// Masks become predicates on positions, not scores of -inf.
  bool mask = true;
  /// Repeated key and value heads become grouped heads.
  bool grouping = true;
};

/// Writes an attention in place of the product of its weights and values.
class AttentionBuilder {
public:
  AttentionBuilder(TensorReader &reader, const AttentionParts &parts,
                   const RecognizedKinds &kinds)
      : r(reader), c(reader.c), parts(parts), kinds(kinds), builder(parts.output.op),
        loc(parts.output.op->getLoc()) {}

  /// The op, whose output has replaced the product; or null with an obstacle.
  AttentionOp build();

  std::string obstacle;

private:
  bool chooseOperands();
  Operand materialize(Expr element, const Dims &dims);
  AttentionOp create(const MaskedScore &score, double scale, Expr rest);
  AttentionOp createMasked(bool lowestMasks);
  void fillRegion(Region &region, bool hasScore, Expr result);
  Value reshapeOutput(AttentionOp op);
  Value reshape(Value from, RankedTensorType to, ArrayRef<OpFoldResult> sizes);
  bool checkGuards(const MaskedScore &score);
  bool isScaledByData(Expr rest);
  OpFoldResult sizeOf(Expr size);

  TensorReader &r;
  ExprContext &c;
  const AttentionParts &parts;
  const RecognizedKinds &kinds;
  OpBuilder builder;
  Location loc;
  Operand query, key, value;
  double factor = 1;
};

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_BUILDATTENTION_H
