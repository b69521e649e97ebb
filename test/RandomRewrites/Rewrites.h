//===- Rewrites.h - Attention in a random equal form ------------*- C++ -*-===//
#ifndef ATTN_TEST_RANDOMREWRITES_REWRITES_H
#define ATTN_TEST_RANDOMREWRITES_REWRITES_H

#include "../RandomPrograms/Program.h"

namespace attn::random_rewrites {

/// One graph, and what was chosen for it: `mask: window`.
struct Rewrite {
  random_programs::Program program;
  std::vector<std::string> choices;
  /// How many ops of each kind attn-recognize is to find.
  int64_t attentions = 1, rotations = 0;
};

/// A graph that computes attention, number `index` of `seed`. A near miss is
/// one with one op changed, so that it computes something else.
Rewrite drawRewrite(uint64_t seed, int64_t index, bool nearMiss);

} // namespace attn::random_rewrites

#endif // ATTN_TEST_RANDOMREWRITES_REWRITES_H
