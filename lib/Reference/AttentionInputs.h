//===- AttentionInputs.h - Checked operands of attention --------*- C++ -*-===//

#ifndef ATTN_LIB_REFERENCE_ATTENTIONINPUTS_H
#define ATTN_LIB_REFERENCE_ATTENTIONINPUTS_H

#include "attn/Reference/Attention.h"

namespace attn::reference {

/// 1/sqrt(head size), and 1 without features: every product is 0 then, whatever
/// multiplies it (D1).
double defaultScale(int64_t headSize);

/// Query, key and value in canonical order as f64, whose sizes agree.
struct AttentionInputs {
  Tensor query, key, value;
  int64_t batch, queryHeads, kvHeads, queries, keys, headSize, valueSize;
  double scale;
  /// f64 if an operand is, else f32 (D5).
  DType statistics;

  static Result<AttentionInputs> create(const Tensor &query, const Tensor &key,
                                        const Tensor &value,
                                        const AttentionOptions &options);

  /// Consecutive query heads share a kv head: repeat, never tile.
  int64_t kvHeadOf(int64_t h) const { return h / (queryHeads / kvHeads); }

  /// s0 (D1).
  double scaledScore(const Position &at) const;
  /// V[b, g, j, :].
  const double *valueRow(const Position &at) const;
};

/// All that happens to the scores of one query row before the maximum.
struct ScoreRow {
  std::vector<double> scaled, intermediate, modified;
  std::vector<bool> attends; // M
  double max;                // over the attending; -inf when there is none
};

/// Fails when an intermediate score is wanted and not yielded.
Result<ScoreRow> scoreRow(const AttentionInputs &inputs,
                          const AttentionOptions &options, Position row);

} // namespace attn::reference

#endif // ATTN_LIB_REFERENCE_ATTENTIONINPUTS_H
