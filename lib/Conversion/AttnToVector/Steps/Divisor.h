//===- Divisor.h - What sizes are multiples of ------------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_DIVISOR_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_DIVISOR_H

#include "mlir/IR/Value.h"

namespace mlir::attn {

/// Whether `size` is a multiple of `factor`, as constants and the steps of
/// loops prove it. A kernel then needs no code for what is left over.
bool isMultipleOf(Value size, int64_t factor);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_DIVISOR_H
