//===- AttentionState.h - The algebra of attention states -------*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// The state of an attention that has seen some of its keys (Spec.md D12):
//
//   max = max of the scores seen       sum = sum of exp(s - max)
//   acc = sum of exp(s - max) * V
//
// The state that has seen no key is (acc, max, sum) = (0, -inf, 0).
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_REFERENCE_ATTENTIONSTATE_H
#define ATTN_REFERENCE_ATTENTIONSTATE_H

#include "attn/Reference/Attention.h"

namespace attn::reference {

/// Three tensors of one type (f32 or f64), in canonical order:
/// acc [B, H, Sq, Dv], max [B, H, Sq], sum [B, H, Sq].
struct AttentionState {
  Tensor acc, max, sum;
};

/// The empty state.
Result<AttentionState> initState(int64_t batch, int64_t heads, int64_t queries,
                                 int64_t valueSize, DType type = DType::f64);

/// Folds a tile of keys and values into the state. Takes scale, score, mask
/// and the operand layouts of `options`; positions are positions in this tile.
/// A sink, a prob function or a wanted result is an error: sinks join in
/// finalizeState, prob needs the whole row.
Result<AttentionState> attend(const Tensor &query, const Tensor &key,
                              const Tensor &value, const AttentionState &state,
                              const AttentionOptions &options = {});

/// max = max(max1, max2), sum = sum1 exp(max1 - max) + sum2 exp(max2 - max),
/// acc likewise; an empty row is the identity.
Result<AttentionState> mergeStates(const AttentionState &left,
                                   const AttentionState &right);

struct FinalizeOptions {
  const Tensor *sink = nullptr; // [H], joins the denominator once (D11)
  Layout outputLayout, lseLayout;
  std::optional<DType> outputType; // the state's type when absent
  bool wantLse = false;            // of the state's type
};

/// O = acc / sum, LSE = max + log(sum); 0 and -inf where empty (D2).
Result<AttentionResults> finalizeState(const AttentionState &state,
                                       const FinalizeOptions &options = {});

} // namespace attn::reference

#endif // ATTN_REFERENCE_ATTENTIONSTATE_H
