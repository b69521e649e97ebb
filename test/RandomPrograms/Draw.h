//===- Draw.h - Sizes, types, layouts and contents --------------*- C++ -*-===//

#ifndef ATTN_TEST_RANDOMPROGRAMS_DRAW_H
#define ATTN_TEST_RANDOMPROGRAMS_DRAW_H

#include "Program.h"

#include <initializer_list>

namespace attn::random_programs {

/// One of `choices`, all equally likely.
template <typename T>
T pick(RandomSequence &random, std::initializer_list<T> choices) {
  return choices.begin()[random.integer(0, int64_t(choices.size()) - 1)];
}

/// Sizes of one attention.
struct Sizes {
  int64_t batch, kvHeads, group, queries, keys, features, valueFeatures;
  int64_t heads() const { return kvHeads * group; }
};

/// Lengths are often one off a tile, at times 0 or 1; batch may be 0. At most
/// some thousands of pairs, which the oracle visits one by one.
Sizes drawSizes(RandomSequence &random);
/// Two tiles of 64 queries or more, three of 64 keys or more, of which the last
/// is no whole one, and not too many pairs for an interpreter.
Sizes drawTiledSizes(RandomSequence &random);
int64_t drawLength(RandomSequence &random);

/// f16, bf16, f32 or f64.
DType drawFloat(RandomSequence &random);
/// A float that does not make the statistics f64 unless they are.
DType drawFloatBeside(RandomSequence &random, DType statistics);
DType drawInteger(RandomSequence &random);

/// Canonical order, most of the time.
using Layout = std::vector<int64_t>;
Layout drawLayout(RandomSequence &random, int64_t rank);
bool isCanonical(const Layout &layout);
/// `query [batch, sequence, head, feature] `, or nothing when canonical.
std::string layoutText(const std::string &name, const Layout &layout,
                       bool scores = false);
/// Where the tensor holds a canonical dimension.
int64_t placeOf(const Layout &layout, int64_t dimension);
/// A canonical shape in the order of a layout.
Shape permute(const Shape &shape, const Layout &layout);

/// Normal numbers around 0.
Tensor drawNormal(RandomSequence &random, DType type, const Shape &shape,
                  double deviation = 1);
Tensor drawIntegers(RandomSequence &random, DType type, const Shape &shape,
                    int64_t low, int64_t high);

/// In the order of a layout.
Tensor inLayout(const Tensor &canonical, const Layout &layout);

} // namespace attn::random_programs

#endif // ATTN_TEST_RANDOMPROGRAMS_DRAW_H
