//===- Draw.cpp - Sizes, types, layouts and contents ----------------------===//

#include "Draw.h"

#include <algorithm>
#include <numeric>

namespace attn::random_programs {

int64_t drawLength(RandomSequence &random) {
  const double kind = random.uniform();
  if (kind < 0.04)
    return 0;
  if (kind < 0.14)
    return 1;
  if (kind < 0.5)
    return random.integer(2, 13);
  return pick<int64_t>(random, {15, 16, 17, 31, 32, 33, 63, 64, 65});
}

Sizes drawSizes(RandomSequence &random) {
  Sizes sizes;
  sizes.batch = random.chance(0.04) ? 0 : random.integer(1, 3);
  sizes.kvHeads = random.integer(1, 3);
  sizes.group = pick<int64_t>(random, {1, 1, 2, 3, 4});
  sizes.queries = drawLength(random);
  sizes.keys = drawLength(random);
  sizes.features = pick<int64_t>(random, {1, 2, 3, 4, 5, 8, 8, 15, 16, 17, 32});
  sizes.valueFeatures =
      random.chance(0.5)
          ? sizes.features
          : pick<int64_t>(random, {1, 2, 3, 4, 7, 8, 9, 16, 31, 33});
  constexpr int64_t maxPairs = 5000;
  auto pairs = [&] {
    return sizes.batch * sizes.heads() * sizes.queries * sizes.keys;
  };
  for (int64_t *size : {&sizes.batch, &sizes.group, &sizes.kvHeads})
    while (pairs() > maxPairs && *size > 1)
      --*size;
  return sizes;
}

Sizes drawTiledSizes(RandomSequence &random) {
  Sizes sizes;
  sizes.batch = random.chance(0.2) ? 2 : 1;
  sizes.kvHeads = random.chance(0.2) ? 2 : 1;
  sizes.group = random.chance(0.3) ? 2 : 1;
  sizes.queries = pick<int64_t>(random, {65, 70, 80, 96, 127, 128, 129});
  sizes.keys = pick<int64_t>(random, {129, 130, 135, 144, 160, 191, 193, 200});
  sizes.features = pick<int64_t>(random, {2, 5, 8, 16, 17, 32, 40});
  sizes.valueFeatures = random.chance(0.5)
                            ? sizes.features
                            : pick<int64_t>(random, {1, 4, 8, 16, 31, 33});
  return sizes;
}

DType drawFloat(RandomSequence &random) {
  return pick(random, {DType::f32, DType::f32, DType::f32, DType::f16,
                       DType::bf16, DType::f64});
}

DType drawFloatBeside(RandomSequence &random, DType statistics) {
  const DType type = drawFloat(random);
  return type == DType::f64 ? statistics : type;
}

DType drawInteger(RandomSequence &random) {
  return pick(random,
              {DType::i64, DType::i64, DType::i32, DType::i16, DType::i8});
}

Layout drawLayout(RandomSequence &random, int64_t rank) {
  Layout layout(rank);
  std::iota(layout.begin(), layout.end(), 0);
  const double kind = random.uniform();
  if (kind < 0.6)
    return layout;
  if (kind < 0.8) { // what models have: heads after the sequence
    std::swap(layout[1], layout[2]);
    return layout;
  }
  for (int64_t n = rank - 1; n > 0; --n)
    std::swap(layout[n], layout[random.integer(0, n)]);
  return layout;
}

bool isCanonical(const Layout &layout) {
  return std::is_sorted(layout.begin(), layout.end());
}

std::string layoutText(const std::string &name, const Layout &layout,
                       bool scores) {
  static const char *const names[] = {"batch", "head", "sequence", "feature"};
  static const char *const scoreNames[] = {"batch", "head", "query", "key"};
  if (isCanonical(layout))
    return "";
  std::vector<std::string> parts;
  for (int64_t dimension : layout)
    parts.push_back(scores ? scoreNames[dimension] : names[dimension]);
  return " " + name + " [" + join(parts) + "]";
}

int64_t placeOf(const Layout &layout, int64_t dimension) {
  return std::find(layout.begin(), layout.end(), dimension) - layout.begin();
}

Shape permute(const Shape &shape, const Layout &layout) {
  Shape result;
  for (int64_t dimension : layout)
    result.push_back(shape[dimension]);
  return result;
}

Tensor drawNormal(RandomSequence &random, DType type, const Shape &shape,
                  double deviation) {
  Tensor tensor(type, shape);
  fillNormal(tensor, random.bits(), 0, deviation);
  return tensor;
}

Tensor drawIntegers(RandomSequence &random, DType type, const Shape &shape,
                    int64_t low, int64_t high) {
  Tensor tensor(type, shape);
  fillIntegers(tensor, random.bits(), low, high);
  return tensor;
}

Tensor inLayout(const Tensor &canonical, const Layout &layout) {
  return canonical.transpose(layout);
}

} // namespace attn::random_programs
