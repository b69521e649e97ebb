//===- ScoreModifiers.h - What happens to a score ---------------*- C++ -*-===//

#ifndef ATTN_REFERENCE_SCOREMODIFIERS_H
#define ATTN_REFERENCE_SCOREMODIFIERS_H

#include "attn/Reference/Attention.h"

namespace attn::reference {

/// D7: cap * tanh(s / cap), for a positive finite cap.
double softcap(double s, double cap);

/// D10: slope * (j - (i + offset)), or -slope * |i + offset - j|: what is added
/// to the score.
double alibiBias(double slope, int64_t i, int64_t j, int64_t offset = 0,
                 bool absolute = false);
/// The score with slopes[h] of a tensor [Hq].
Result<double> alibi(double s, const Tensor &slopes, const Position &at,
                     int64_t offset = 0, bool absolute = false);

struct RelativePositionOptions {
  int64_t offset = 0;
  int64_t maxDistance = 128;
  bool bidirectional = false;
};

/// D18: T5's bucket of the distance j - (i + offset), in [0, buckets). Needs at
/// least 2 buckets (4 when bidirectional: n/2 of them are exact) and a
/// maxDistance above the exact ones. A distance that stands exactly on a
/// logarithmic threshold belongs to the upper bucket, whatever floating-point
/// log makes of it.
Result<int64_t> relativePositionBucket(int64_t i, int64_t j, int64_t buckets,
                                       const RelativePositionOptions &options);
/// s + table[bucket, h] of a table [buckets, Hq].
Result<double> relativePositionBias(double s, const Tensor &table,
                                    const Position &at,
                                    const RelativePositionOptions &options);

} // namespace attn::reference

#endif // ATTN_REFERENCE_SCOREMODIFIERS_H
