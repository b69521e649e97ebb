//===- Report.h - A tensor in a few words -----------------------*- C++ -*-===//

#ifndef ATTN_RUN_REPORT_H
#define ATTN_RUN_REPORT_H

#include "attn/Run/Artifact.h"

namespace mlir::attn {

/// Tensors of up to so many elements are shown in full.
inline constexpr int64_t kShownElements = 64;

/// One line: `y f32 [2, 3]: mean 0.5, min 0, max 1`, over the finite elements,
/// with how many are not; then the elements when there are few:
///
///   [[0, 0.5, 1],
///    [1, 0, 0.5]]
void printTensor(llvm::raw_ostream &os, StringRef name, const Tensor &tensor);

} // namespace mlir::attn

#endif // ATTN_RUN_REPORT_H
