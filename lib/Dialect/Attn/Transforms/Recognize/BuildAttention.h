//===- BuildAttention.h - From parts to an attn.attention -------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_BUILDATTENTION_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_BUILDATTENTION_H

#include "Captures.h"
#include "Guards.h"
#include "Kinds.h"
#include "ReturnedScores.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn::recognize {

/// Writes an attention in place of the product of its weights and values.
class AttentionBuilder {
public:
  AttentionBuilder(TensorReader &reader, const AttentionParts &parts,
                   const RecognizedKinds &kinds, Tables &tables)
      : r(reader), c(reader.c), parts(parts), kinds(kinds), tables(tables),
        builder(parts.output.op), loc(parts.output.op->getLoc()) {}

  /// The op, whose output has replaced the product; or null with an obstacle.
  AttentionOp build();

  std::string obstacle;
  /// The op that makes a tensor of all pairs that a region reads; null where
  /// there is none.
  Value readOfPairs;

private:
  void findReadOfPairs(Expr expr);
  void chooseOperands();
  Operand chooseQuery(const FurtherProduct &product, double &scale);
  SmallVector<Operand> chooseKeys(ArrayRef<FurtherProduct> products,
                                  MutableArrayRef<double> scales);
  Operand join(ArrayRef<Operand> pieces, ArrayRef<int64_t> features);
  Operand multiply(const Operand &operand, double by);
  bool isWorthReordering();
  Value interleaveHeads(Value tensor, int64_t dim, int64_t outer);
  Value getHead(Value position);
  Operand materialize(Expr element, const Dims &dims);
  Type getScoresType(ArrayRef<int64_t> outputShape);
  AttentionOp create(Expr attends, double scale, Expr rest,
                     std::optional<ScoresResult> scores);
  AttentionOp createMasked(bool lowestMasks);
  AttentionOp createInRowsWithKeys();
  bool leavesKeysOut(Expr attends);
  void fillRegion(Region &region, bool hasScore, ArrayRef<Expr> results);
  Value castTo(RankedTensorType type, Value value);
  Value reshapeOutput(AttentionOp op);
  void replaceReturned(AttentionOp op);
  Value reshape(Value from, RankedTensorType to, ArrayRef<OpFoldResult> sizes);
  bool checkGuards(const MaskedScore &score, bool &emptyRowsAreZero);
  bool isScaledByData(Expr rest);
  bool isSinkFinite();

  TensorReader &r;
  ExprContext &c;
  const AttentionParts &parts;
  const RecognizedKinds &kinds;
  Tables &tables;
  OpBuilder builder;
  Location loc;
  Operand query, key, value;
  /// Where the op's heads are in another order than the graph's, in which they
  /// stand again and again: how often, else 1.
  int64_t tiles = 1;
  double factor = 1;
  /// The output's guard holds only in rows that the op's mask leaves empty.
  bool outputGuardIsMask = false;
};

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_BUILDATTENTION_H
