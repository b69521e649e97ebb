//===- Attention.h - Attention as a program to measure ----------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_ATTENTION_H
#define ATTN_TOOLS_ATTN_BENCH_ATTENTION_H

#include "Case.h"

namespace mlir::attn::bench {

/// Q [batch, heads, queries, features], K [batch, kvHeads, keys, features],
/// V [batch, kvHeads, keys, valueFeatures].
struct AttentionShape {
  int64_t batch = 1, heads = 1, kvHeads = 1;
  int64_t queries = 1, keys = 1;
  int64_t features = 64, valueFeatures = 64;
  ::attn::DType type = ::attn::DType::f32;

  /// 2 (D + Dv) for each of `pairs` (query, key) that attend, in every head.
  double flops(double pairs) const;
  double keyValueBytes() const;
};

/// A mask region, and the same in C++.
struct Mask {
  std::string name;
  /// The region's ops on %b, %h, %i, %j, which end in `%m`, an i1. Empty: none.
  std::string region;
  /// Functions that the region calls for are arguments: `, %s: tensor<…>
  /// {attn.name = "s"}`.
  std::string arguments;
  /// Fills the arguments by name.
  FillInput fill;
  /// Whether query i attends to key j; absent without a region.
  std::function<bool(int64_t i, int64_t j)> attends;
};

/// `main(q, k, v, …)` with one attn.attention.
Program makeAttention(const AttentionShape &shape, const Mask &mask);

/// Of all (query, key) pairs those that attend, and of all tiles those in which
/// a pair attends.
struct MaskCount {
  double pairs = 0, pairShare = 1, tileShare = 1;
};
MaskCount count(const Mask &mask, int64_t queries, int64_t keys,
                int64_t tileQueries, int64_t tileKeys);

/// Random elements, quickly: normal ones from a pool that repeats with an odd
/// period.
void fillFromPool(::attn::Tensor &tensor, uint64_t seed, double deviation = 1);

Mask makeFullMask();
/// j <= i + keys - queries.
Mask makeCausalMask(int64_t queries, int64_t keys);

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_ATTENTION_H
