//===- Weights.h - Attention weights as a picture or an array ---*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_RUN_WEIGHTS_H
#define ATTN_TOOLS_ATTN_RUN_WEIGHTS_H

#include "attn/Run/Artifact.h"

namespace mlir::attn::run {

/// Writes weights [B, H, Sq, Sk], of the attentions called `names`, to `path`:
/// `.png` draws a panel for each matrix, `.npy` has one tensor, or all of them
/// in a new first dimension. Errors are printed.
LogicalResult writeWeights(const std::string &path,
                           const std::vector<std::string> &names,
                           const std::vector<Tensor> &weights);

} // namespace mlir::attn::run

#endif // ATTN_TOOLS_ATTN_RUN_WEIGHTS_H
