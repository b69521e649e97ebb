//===- LinearAttention.h - Attention as a recurrence ------------*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// Per kv head, with state S (dk x dv), tokens in order (Spec.md D15):
//
//   S  = exp(g) * S              if gated
//   v' = beta * (v - S^T k)      if delta, else v
//   S  = S + k v'^T
//   o  = scale * S^T q           for each query head of the kv head
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_REFERENCE_LINEARATTENTION_H
#define ATTN_REFERENCE_LINEARATTENTION_H

#include "attn/Reference/Layout.h"

#include <optional>

namespace attn::reference {

enum class LinearRule { linear, gated, delta, gatedDelta };
inline bool isGated(LinearRule rule) {
  return rule == LinearRule::gated || rule == LinearRule::gatedDelta;
}
inline bool isDelta(LinearRule rule) {
  return rule == LinearRule::delta || rule == LinearRule::gatedDelta;
}

struct LinearAttentionOptions {
  LinearRule rule = LinearRule::linear;
  /// [B, Hkv, S], or [B, Hkv, S, dk] for one decay per row of the state. Given
  /// exactly when the rule is gated.
  const Tensor *decay = nullptr;
  /// [B, Hkv, S], or [B, 1, S] for one beta for all heads. Given exactly when
  /// the rule has a delta.
  const Tensor *beta = nullptr;
  /// [B, Hkv, dk, dv]; zero when absent.
  const Tensor *pastState = nullptr;
  std::optional<double> scale; // 1/sqrt(dk) when absent
  Layout queryLayout, keyLayout, valueLayout, outputLayout;
  std::optional<DType> outputType; // query's when absent
};

struct LinearAttentionResults {
  Tensor output;       // [B, Hq, S, dv] in outputLayout
  Tensor presentState; // [B, Hkv, dk, dv]; the past state's type, else query's
};

/// query [B, Hq, S, dk], key [B, Hkv, S, dk], value [B, Hkv, S, dv].
Result<LinearAttentionResults>
linearAttention(const Tensor &query, const Tensor &key, const Tensor &value,
                const LinearAttentionOptions &options = {});

} // namespace attn::reference

#endif // ATTN_REFERENCE_LINEARATTENTION_H
