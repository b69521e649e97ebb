//===- AttentionWeights.h - Attention weights as results --------*- C++ -*-===//

#ifndef ATTN_RUN_ATTENTIONWEIGHTS_H
#define ATTN_RUN_ATTENTIONWEIGHTS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <optional>

namespace mlir::attn {

/// Makes `function` also return the weights (the `weights` stage of the scores,
/// [B, Hq, Sq, Sk], after the prob region) of each `attn.attention` in its
/// body, or of the one numbered `which` (from 0, in program order). Returns how
/// many results that adds; they are called `attention K`. Without such an op
/// this is an error, emitted at the function: attention that arrived decomposed
/// is not recognized yet.
FailureOr<unsigned> addAttentionWeights(func::FuncOp function,
                                        std::optional<unsigned> which);

} // namespace mlir::attn

#endif // ATTN_RUN_ATTENTIONWEIGHTS_H
