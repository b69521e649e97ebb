//===- ReturnedScores.h - Scores that the function returns ------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_RETURNEDSCORES_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_RETURNEDSCORES_H

#include "MatchAttention.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn::recognize {

/// Follows what is made of the product to the output: finds the places on the
/// way, and what the function returns or reduces of it, null where that is
/// nothing. Fails where anything else reads scores or weights, which is then
/// the obstacle, or where more than one of them is returned.
LogicalResult followScores(TensorReader &reader, AttentionParts &parts,
                           Operation *&obstacle);

/// The stage of the scores that an attention also has as a result.
struct ScoresResult {
  ScoresStage stage;
  /// What the score region yields in the second place.
  Expr intermediate = nullptr;
};

/// What `parts.returned` is, `scaled` being how the score region reads the
/// product. Nothing where it does not have a score for each pair.
std::optional<ScoresResult> readReturnedScores(TensorReader &reader,
                                               const AttentionParts &parts,
                                               const ScaledScore &scaled,
                                               bool lowestMasks);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_RETURNEDSCORES_H
