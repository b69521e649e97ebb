//===- Suites.h - The cases of each suite -----------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_SUITES_H
#define ATTN_TOOLS_ATTN_BENCH_SUITES_H

#include "Case.h"

namespace mlir::attn::bench {

/// Sizes that the user gives; empty or absent means the suite's own.
struct Sizes {
  std::vector<int64_t> sequences; // keys, and queries where not given
  std::vector<int64_t> queries;
  std::vector<int64_t> features; // head sizes of Q and K
  std::optional<int64_t> valueFeatures, batch, heads, kvHeads;
  std::optional<bool> causal; // absent: both
  /// Of products of matrices: rows, columns and inner size, and the order of
  /// each operand in memory, such as `nt`.
  std::vector<int64_t> rows;
  std::vector<std::pair<int64_t, int64_t>> products;
  std::vector<std::string> layouts;
  /// Queries and keys of a tile, for the share of tiles that are not empty.
  int64_t tileQueries = 64, tileKeys = 64;
  /// A few small sizes instead of the suite's own.
  bool quick = false;
};

/// Self-attention over whole sequences: full and causal, round sizes and odd
/// ones.
std::vector<Case> makePrefillSuite(const Sizes &sizes, ::attn::DType type);

/// One query (or a few) after many keys that are in no cache.
std::vector<Case> makeDecodeSuite(const Sizes &sizes, ::attn::DType type);

/// Masks with structure, each compared with the same attention without one.
std::vector<Case> makeMasksSuite(const Sizes &sizes, ::attn::DType type);

/// Linear attention under its four rules.
std::vector<Case> makeLinearSuite(const Sizes &sizes, ::attn::DType type);

/// Products of matrices in the sizes that models have: few rows against the
/// rate that weights are read at, many against that of multiply-adds.
std::vector<Case> makeMatmulSuite(const Sizes &sizes, ::attn::DType type);

/// Layers of models, with their weights in the library: many rows against the
/// rate of multiply-adds, one row after many against that of reading weights
/// and caches. In f32; none for other types.
std::vector<Case> makeModelsSuite(const Sizes &sizes, ::attn::DType type);

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_SUITES_H
