//===- ScoreModifiers.cpp - What happens to a score -----------------------===//

#include "attn/Reference/ScoreModifiers.h"

#include "Checks.h"

#include <algorithm>
#include <cmath>

namespace attn::reference {

double softcap(double s, double cap) { return cap * std::tanh(s / cap); }

double alibiBias(double slope, int64_t i, int64_t j, int64_t offset,
                 bool absolute) {
  const double distance = static_cast<double>(j - (i + offset));
  return absolute ? -slope * std::fabs(distance) : slope * distance;
}

Result<double> alibi(double s, const Tensor &slopes, const Position &at,
                     int64_t offset, bool absolute) {
  ATTN_TRY(checkFloats("slopes", slopes));
  ATTN_TRY(checkRank("slopes", 1, slopes));
  ATTN_TRY(checkIndex("slopes", "head", slopes.dim(0), at.h));
  return s + alibiBias(slopes.get(at.h), at.i, at.j, offset, absolute);
}

/// floor(log(r/e) / log(max/e) * (n - e)) for r >= e. Where the exact value is
/// an integer (r = 16, e = 8, max = 128, n = 16), rounding may put the computed
/// one just below; no distance comes as near to a threshold without meeting it.
static int64_t logarithmicStep(int64_t r, int64_t e, int64_t max, int64_t n) {
  const long double step = std::log(static_cast<long double>(r) / e) /
                           std::log(static_cast<long double>(max) / e) *
                           (n - e);
  return static_cast<int64_t>(std::floor(step + 1e-12L));
}

Result<int64_t> relativePositionBucket(int64_t i, int64_t j, int64_t buckets,
                                       const RelativePositionOptions &options) {
  int64_t r = j - (i + options.offset);
  int64_t n = buckets, base = 0;
  if (options.bidirectional) {
    n = buckets / 2;
    base = r > 0 ? n : 0;
    r = std::abs(r);
  } else {
    r = std::max<int64_t>(-r, 0);
  }
  const int64_t e = n / 2;
  if (e < 1)
    return fail("relative position bias: expected at least ",
                options.bidirectional ? 4 : 2, " buckets, got ", buckets);
  if (options.maxDistance <= e)
    return fail("relative position bias: expected max_distance above ", e,
                ", got ", options.maxDistance);
  if (r < e)
    return base + r;
  return base +
         std::min(n - 1, e + logarithmicStep(r, e, options.maxDistance, n));
}

Result<double> relativePositionBias(double s, const Tensor &table,
                                    const Position &at,
                                    const RelativePositionOptions &options) {
  ATTN_TRY(checkFloats("bias table", table));
  ATTN_TRY(checkRank("bias table", 2, table));
  ATTN_TRY(checkIndex("bias table", "head", table.dim(1), at.h));
  Result<int64_t> bucket =
      relativePositionBucket(at.i, at.j, table.dim(0), options);
  ATTN_TRY(bucket);
  return s + table.get(*bucket * table.dim(1) + at.h);
}

} // namespace attn::reference
