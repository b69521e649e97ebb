//===- Tolerances.h - How close is right ------------------------*- C++ -*-===//

#ifndef ATTN_REFERENCE_TOLERANCES_H
#define ATTN_REFERENCE_TOLERANCES_H

#include "attn/Support/DType.h"

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

/// What the ONNX operator tests ask for (semantics.md section 2).
Tolerance onnxTestTolerance(DType type);

} // namespace attn

#endif // ATTN_REFERENCE_TOLERANCES_H
