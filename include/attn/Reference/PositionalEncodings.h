//===- PositionalEncodings.h - Rotary and sinusoidal ------------*- C++ -*-===//

#ifndef ATTN_REFERENCE_POSITIONALENCODINGS_H
#define ATTN_REFERENCE_POSITIONALENCODINGS_H

#include "attn/Reference/Layout.h"

namespace attn::reference {

struct RotaryOptions {
  /// Both or none. [P, r/2] and read at positions, or [B, S, r/2] without
  /// positions. None: the angle is pos * base^(-2t/r).
  const Tensor *cos = nullptr;
  const Tensor *sin = nullptr;
  /// Integers [B, S]; a position outside of a table is an error (D21). None,
  /// and no tables: 0, 1, ...
  const Tensor *positions = nullptr;
  int64_t rotaryDim = 0; // r; 0 means all features
  bool interleaved = false;
  double base = 10000;
  Layout layout; // of input and result; canonical is [B, H, S, D]
};

/// D13: (x1, x2) -> (cos x1 - sin x2, sin x1 + cos x2) on the first r features,
/// where the pair is (t, t + r/2), or (2t, 2t+1) when interleaved; the other
/// features stay. Computed angles are rounded to f32, whatever the data type;
/// their sines and cosines are not. The result has the input's type.
Result<Tensor> rotaryEmbedding(const Tensor &input,
                               const RotaryOptions &options = {});

/// D14: PE[pos, 2t] = sin(pos / base^(2t/d)), PE[pos, 2t+1] = cos(same angle).
/// The result has the shape of `positions` (integers of any rank) and one more
/// dimension of size `width` (d, even or odd). Angles are rounded to f32, or
/// stay f64 for an f64 result.
Result<Tensor> sinusoidalEncoding(const Tensor &positions, int64_t width,
                                  DType type, double base = 10000);

} // namespace attn::reference

#endif // ATTN_REFERENCE_POSITIONALENCODINGS_H
