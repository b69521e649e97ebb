//===- Random.h - Reproducible random fills ---------------------*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// Counter-based: the value at a position depends on the seed and the position
// only, so that a failure can be repeated from its seed alone, in any order.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_SUPPORT_RANDOM_H
#define ATTN_SUPPORT_RANDOM_H

#include "attn/Support/Tensor.h"

namespace attn {

/// 64 well mixed bits for each pair (seed, index).
uint64_t randomBits(uint64_t seed, uint64_t index);
/// A double in [0, 1).
double randomUniform(uint64_t seed, uint64_t index);
/// Mean 0, deviation 1.
double randomNormal(uint64_t seed, uint64_t index);
/// An integer in [low, high], both included; low when high < low.
int64_t randomInteger(uint64_t seed, uint64_t index, int64_t low, int64_t high);

/// Fill any tensor; values are rounded to its type.
void fillNormal(Tensor &tensor, uint64_t seed, double mean = 0,
                double deviation = 1);
void fillUniform(Tensor &tensor, uint64_t seed, double low, double high);
void fillIntegers(Tensor &tensor, uint64_t seed, int64_t low, int64_t high);
/// What suits a type that nothing else is known of: a normal distribution for
/// floats, coin tosses for i1, [0, 9] for other integers.
void fillRandom(Tensor &tensor, uint64_t seed);

/// A sequence over the same bits, for drawing a program's parameters.
class RandomSequence {
public:
  explicit RandomSequence(uint64_t seed) : seed(seed) {}
  uint64_t bits() { return randomBits(seed, next++); }
  double uniform() { return randomUniform(seed, next++); }
  double normal() { return randomNormal(seed, next++); }
  int64_t integer(int64_t low, int64_t high) {
    return randomInteger(seed, next++, low, high);
  }
  /// True with the given probability.
  bool chance(double probability) { return uniform() < probability; }

private:
  uint64_t seed;
  uint64_t next = 0;
};

} // namespace attn

#endif // ATTN_SUPPORT_RANDOM_H
