//===- Attention.h - What softmax attention means ---------------*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// For batch b, query head h, query i, key j and g = floor(h / (Hq / Hkv)):
//
//   s0[i,j] = scale * sum_d Q[b,h,i,d] * K[b,g,j,d]
//   s[i,j]  = score(s0, b, h, i, j)
//   M[i,j]  = mask(b, h, i, j) and s[i,j] != -inf
//   m[i]    = max of s over j with M, and of sink[h]
//   l[i]    = sum of exp(s - m) over j with M, + exp(sink[h] - m)
//   P[i,j]  = prob(exp(s - m) / l, b, h, i, j) where M, else exactly 0
//   O[i,:]  = sum_j P[i,j] * V[b,g,j,:]
//   LSE[i]  = m + log(l)
//
// (Spec.md D1 to D11 and D20.) All in f64; each result is rounded once to its
// type. Canonical shapes: Q [B, Hq, Sq, D], K [B, Hkv, Sk, D],
// V [B, Hkv, Sk, Dv], O [B, Hq, Sq, Dv], LSE [B, Hq, Sq],
// scores [B, Hq, Sq, Sk], sink [Hq].
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_REFERENCE_ATTENTION_H
#define ATTN_REFERENCE_ATTENTION_H

#include "attn/Reference/Layout.h"

#include <functional>
#include <optional>

namespace attn::reference {

/// Where a score stands in the whole attention.
struct Position {
  int64_t b, h, i, j;
};

/// What a score region yields: the score, and perhaps one between two of its
/// steps. A plain number converts.
struct Score {
  Score(double value) : value(value) {}
  Score(double value, double intermediate)
      : value(value), intermediate(intermediate) {}
  double value;
  std::optional<double> intermediate;
};

/// The regions. They may capture anything; one that can fail keeps the failure
/// itself, and its caller looks for it afterwards.
using ScoreFunction = std::function<Score(double s0, const Position &)>;
using MaskFunction = std::function<bool(const Position &)>;
using ProbFunction = std::function<double(double p, const Position &)>;

enum class ScoresStage {
  scaled,       // s0, of masked pairs too
  intermediate, // the score region's second value, of masked pairs too
  modified,     // s, -inf where the pair does not attend
  weights       // P, after the prob region
};

struct AttentionOptions {
  std::optional<double> scale; // when absent 1/sqrt(D), or 1 (D1)
  ScoreFunction score;         // identity when absent
  MaskFunction mask;           // true (the pair attends) when absent
  ProbFunction prob;           // identity when absent
  const Tensor *sink = nullptr;

  Layout queryLayout, keyLayout, valueLayout;
  Layout outputLayout, lseLayout, scoresLayout;

  /// Query's type when absent. LSE is f64 if an operand is f64, else f32.
  std::optional<DType> outputType, scoresType;
  bool wantLse = false;
  std::optional<ScoresStage> wantScores;
};

struct AttentionResults {
  Tensor output;
  std::optional<Tensor> lse;
  std::optional<Tensor> scores;
};

Result<AttentionResults> attention(const Tensor &query, const Tensor &key,
                                   const Tensor &value,
                                   const AttentionOptions &options = {});

} // namespace attn::reference

#endif // ATTN_REFERENCE_ATTENTION_H
