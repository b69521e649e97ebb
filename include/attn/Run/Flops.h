//===- Flops.h - The arithmetic in attention and matrix products *- C++ -*-===//

#ifndef ATTN_RUN_FLOPS_H
#define ATTN_RUN_FLOPS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <optional>

namespace mlir::attn {

/// Floating-point operations of one run of `function`, a multiplication and an
/// addition counted as two:
///
/// - attention: 2 B Hq Sq Sk (D + Dv), every pair, masked or not;
/// - linear_attention: 2 B S dk dv (Hkv + Hq), and Hkv once more for a delta;
/// - contractions and convolutions: 2 for each iteration.
///
/// Nothing else is counted. Nothing is known where one of these has a dynamic
/// size or is in a loop, and where there is none of them.
std::optional<double> countFlops(func::FuncOp function);

/// Operators that sum up products, and the matrix products that these are: two
/// of an attention, one of each contraction and convolution.
struct ProductCount {
  int64_t operators = 0;
  int64_t products = 0;
};

/// Those in `function`; what is in a loop counts once.
ProductCount countProducts(func::FuncOp function);

} // namespace mlir::attn

#endif // ATTN_RUN_FLOPS_H
