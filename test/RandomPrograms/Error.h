//===- Error.h - What rounding may do to a program's results ----*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// The table of tolerances is for logits of some hundreds and values near 1. The
// programs go further, so their tolerances grow with the norms of what was
// drawn, by the textbook bounds: a dot product of length D in precision u is
// wrong by about u (sqrt(D) + 2) ||q|| ||k||; a logit that is wrong by e makes
// its weight wrong by a factor exp(e); weights that sum to 1 and are each wrong
// by a factor 1 + e make the output wrong by 2 e max|V|.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_RANDOMPROGRAMS_ERROR_H
#define ATTN_TEST_RANDOMPROGRAMS_ERROR_H

#include "attn/Reference/Tolerances.h"
#include "attn/Support/Tensor.h"

#include <initializer_list>

namespace attn::random_programs {

/// Half a unit in the last place of 1.
double unitRoundoff(DType type);

/// The largest finite |x|.
double maxAbs(const Tensor &tensor);
/// The largest Euclidean norm of a row along the last dimension.
double maxRowNorm(const Tensor &tensor);

/// The table's entry of the least precise of `types`, with its absolute part
/// times `size` (where that is above 1) plus `error`.
Tolerance tolerance(std::initializer_list<DType> types, double size,
                    double error);

/// The scores of one attention, as they are drawn.
struct ScoreError {
  DType type = DType::f32; // of scores and statistics
  int64_t terms = 1;       // of the dot product
  /// A bound on |score| on the way to the last step, without entries that are
  /// -inf or so far down that they cannot count.
  double norm = 0;

  /// The absolute error of a score.
  double ofScore() const;
};

} // namespace attn::random_programs

#endif // ATTN_TEST_RANDOMPROGRAMS_ERROR_H
