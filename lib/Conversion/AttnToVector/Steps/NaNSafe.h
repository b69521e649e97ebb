//===- NaNSafe.h - Products with values that are not finite -----*- C++ -*-===//
//
// A masked pair hides its value, whatever that is (D3); an attended one does
// not, however little it weighs: 0 * NaN is NaN. So where a value is not finite
// a weight of 0 must mean a masked pair, and no other.
//
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_NANSAFE_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_NANSAFE_H

#include "Steps/KernelBuilder.h"

namespace mlir::attn {

/// `weight`, 0 where `score` is -inf and nowhere else: what underflowed is the
/// least positive number, whose product with an infinity is one.
Value getNaNSafeWeight(KernelBuilder &b, Value weight, Value score);

/// weight * value + sum; `sum` where `weight` is 0.
Value addNaNSafe(KernelBuilder &b, Value weight, Value value, Value sum);

/// Whether no lane of `sums` is NaN or infinite: 0 * x is NaN unless x is
/// finite, and stays NaN in a sum.
Value areFinite(KernelBuilder &b, ArrayRef<Value> sums);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_NANSAFE_H
