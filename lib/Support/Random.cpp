//===- Random.cpp - Reproducible random fills -----------------------------===//

#include "attn/Support/Random.h"

#include <cmath>

namespace attn {

namespace {

// The finalizer of a 64-bit hash: xor-shifts spread high bits down, products
// with odd constants spread low bits up; every step is a bijection.
uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
  x = (x ^ (x >> 29)) * 0xa0761d6478bd642fu;
  return x ^ (x >> 32);
}

constexpr uint64_t goldenRatio = 0x9e3779b97f4a7c15u;
constexpr double twoPi = 6.283185307179586476925287;

} // namespace

uint64_t randomBits(uint64_t seed, uint64_t index) {
  return mix(mix(seed + goldenRatio) + (index + 1) * goldenRatio);
}

double randomUniform(uint64_t seed, uint64_t index) {
  return std::ldexp(static_cast<double>(randomBits(seed, index) >> 11), -53);
}

double randomNormal(uint64_t seed, uint64_t index) {
  // Box and Muller; the second draw comes from a stream of its own.
  const double radius = randomUniform(seed, index);
  const double angle = randomUniform(~seed, index);
  return std::sqrt(-2 * std::log1p(-radius)) * std::cos(twoPi * angle);
}

int64_t randomInteger(uint64_t seed, uint64_t index, int64_t low,
                      int64_t high) {
  if (high < low)
    return low;
  const uint64_t span =
      static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
  const uint64_t bits = randomBits(seed, index);
  // A span of 0 stands for all 2^64 values.
  return static_cast<int64_t>(static_cast<uint64_t>(low) +
                              (span ? bits % span : bits));
}

void fillNormal(Tensor &tensor, uint64_t seed, double mean, double deviation) {
  for (int64_t n = 0; n < tensor.size(); ++n)
    tensor.set(n, mean + deviation * randomNormal(seed, n));
}

void fillUniform(Tensor &tensor, uint64_t seed, double low, double high) {
  for (int64_t n = 0; n < tensor.size(); ++n)
    tensor.set(n, low + (high - low) * randomUniform(seed, n));
}

void fillIntegers(Tensor &tensor, uint64_t seed, int64_t low, int64_t high) {
  for (int64_t n = 0; n < tensor.size(); ++n)
    tensor.setInt(n, randomInteger(seed, n, low, high));
}

void fillRandom(Tensor &tensor, uint64_t seed) {
  if (isFloat(tensor.dtype()))
    return fillNormal(tensor, seed);
  fillIntegers(tensor, seed, 0, tensor.dtype() == DType::i1 ? 1 : 9);
}

} // namespace attn
