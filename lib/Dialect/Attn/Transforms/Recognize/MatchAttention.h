//===- MatchAttention.h - A product that is an attention's output -*- C++
//-*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_MATCHATTENTION_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_MATCHATTENTION_H

#include "Operands.h"
#include "OutputGuard.h"

namespace mlir::attn::recognize {

/// One loop of the product of weights and values, as a part of a canonical
/// position: `part` counts those of one role from the slowest.
struct OutputDim {
  /// -1: the loop runs once.
  int64_t role;
  int64_t part;
};

/// What a region of an op that is read again checks, for each pair.
struct RegionCheck {
  Expr holds;
  std::string message;
  bool isScore;
};

/// A product that is added to that of queries and keys: `factor` times a sum
/// over features of its own.
struct FurtherProduct {
  Expr query, key;
  Dims queryDims, keyDims;
  double factor;
};

/// An attention, with everything as a function of canonical positions.
struct AttentionParts {
  /// What the attention replaces.
  Contraction output = {};
  /// What the dimensions of the output's tensor are.
  SmallVector<OutputDim> outputDims;
  Dims queryDims, keyDims, valueDims;
  Expr query = nullptr, key = nullptr, value = nullptr;
  /// Beside what is in query, key and score.
  double scale = 1;
  /// Without casts; reads `product`.
  Expr score = nullptr, product = nullptr;
  /// What `product` stands for beside query times key.
  SmallVector<FurtherProduct> further;
  SmallVector<Guard> guards;
  /// Of the output, where its scores are nobody else's.
  std::optional<OutputGuard> outputGuard;
  /// A logit for each head; null where there is none.
  Expr sink = nullptr;
  SmallVector<RegionCheck> checks;
  /// The ops it is made of, as places: from the product of the scores to the
  /// output.
  SmallVector<Location> places;
  /// What of scores and weights the function returns, and the weights as they
  /// meet the values.
  Value returned;
  Expr weights = nullptr;
};

/// Matches the product of weights and values.
class AttentionMatcher {
public:
  explicit AttentionMatcher(TensorReader &reader) : r(reader), c(reader.c) {}

  std::optional<AttentionParts> match(const Contraction &output);

  /// What stopped a near miss, and the op that did; empty where nothing looks
  /// like attention.
  std::string obstacle;
  Operation *obstacleOp = nullptr;

private:
  std::optional<AttentionParts> match(const Contraction &output,
                                      OpOperand &weights, OpOperand &values);
  bool takeProduct(Expr read, AttentionParts &parts);
  bool matchProduct(AttentionParts &parts);
  bool assignRoles(AttentionParts &parts);
  bool checkSink(const AttentionParts &parts);
  void findOutputGuard(AttentionParts &parts);
  void bindMerged(int64_t role, ArrayRef<unsigned> loops, Expr position);
  std::optional<int64_t> findHeads(const AttentionParts &parts, Expr position);
  Expr toRoles(Expr expr);
  bool fail(const Twine &message, Operation *op = nullptr);

  TensorReader &r;
  ExprContext &c;
  SmallVector<Expr> loops;
  /// Of the dimensions of the output's tensor, in order.
  SmallVector<unsigned> loopOfDim;
  Expr keyPosition = nullptr, feature = nullptr;
  DenseMap<Expr, Expr> roleOf;
  DenseMap<unsigned, OutputDim> dimOf;
};

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_MATCHATTENTION_H
