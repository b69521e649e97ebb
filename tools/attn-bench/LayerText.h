//===- LayerText.h - Layers of transformers as MLIR -------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_LAYERTEXT_H
#define ATTN_TOOLS_ATTN_BENCH_LAYERTEXT_H

#include <cstdint>
#include <string>

namespace mlir::attn::bench {

/// Layers of a decoder or an encoder, with a norm before attention and one
/// before the rest.
struct LayerShape {
  std::string name;
  int64_t hidden, heads, kvHeads, inner;
  /// SiLU of one product times another and RMS norms, else GELU and layer
  /// norms.
  bool isGated, isCausal;
  int64_t layers, rows;
  /// Keys that one row reads from caches; 0: those of the rows themselves.
  int64_t past = 0;

  int64_t headSize() const { return hidden / heads; }
  int64_t keySize() const { return headSize() * kvHeads; }
  /// Weights of all layers.
  double weights() const;
  double cacheElements() const;
  double flops() const;
};

/// `main(x, k0, v0, …)` in f32. Weights are `dense_resource`s without contents,
/// called w0, w1 and so on.
std::string makeLayers(const LayerShape &shape);

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_LAYERTEXT_H
