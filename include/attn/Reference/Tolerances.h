//===- Tolerances.h - How close is right ------------------------*- C++ -*-===//

#ifndef ATTN_REFERENCE_TOLERANCES_H
#define ATTN_REFERENCE_TOLERANCES_H

#include "attn/Support/DType.h"

#include <cstdint>

namespace attn {

/// |actual - expected| <= absolute + relative * |expected|.
struct Tolerance {
  double relative;
  double absolute;
};

/// Compiled code against the oracle, by the type of the result: the one table
/// that attn-run, the random programs and the tests take theirs from. The
/// reasons stand beside its entries in Tolerances.cpp.
Tolerance defaultTolerance(DType type);

/// The same where each weight of the softmax may be off by a relative 1e-4, as
/// with --exp=fast.
Tolerance fastExpTolerance(DType type);

/// What the ONNX operator tests ask for, of one operator.
Tolerance onnxTestTolerance(DType type);

/// A model's outputs against those of other software, by the type of the result
/// and the number of matrix products on the way there: errors that do not
/// depend on each other add up as the root of their number.
Tolerance modelTolerance(DType type, int64_t products);

} // namespace attn

#endif // ATTN_REFERENCE_TOLERANCES_H
