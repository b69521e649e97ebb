//===- Attention.cpp - Attention as a program to measure ------------------===//

#include "Attention.h"

#include "attn/Support/Random.h"

#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using llvm::formatv;

namespace mlir::attn::bench {

using ::attn::DType;
using ::attn::Tensor;

double AttentionShape::flops(double pairs) const {
  return 2. * double(batch * heads) * pairs * double(features + valueFeatures);
}

double AttentionShape::keyValueBytes() const {
  return double(batch * kvHeads * keys * (features + valueFeatures)) *
         double(::attn::byteSize(type));
}

static std::string tensorOf(int64_t batch, int64_t heads, int64_t length,
                            int64_t features, DType type) {
  return formatv("tensor<{0}x{1}x{2}x{3}x{4}>", batch, heads, length, features,
                 ::attn::dtypeName(type));
}

Program makeAttention(const AttentionShape &shape, const Mask &mask) {
  const std::string q = tensorOf(shape.batch, shape.heads, shape.queries,
                                 shape.features, shape.type),
                    k = tensorOf(shape.batch, shape.kvHeads, shape.keys,
                                 shape.features, shape.type),
                    v = tensorOf(shape.batch, shape.kvHeads, shape.keys,
                                 shape.valueFeatures, shape.type),
                    o = tensorOf(shape.batch, shape.heads, shape.queries,
                                 shape.valueFeatures, shape.type);
  std::string region;
  if (!mask.region.empty())
    region = "\n    mask (%b: index, %h: index, %i: index, %j: index) {\n" +
             mask.region + "      attn.yield %m : i1\n    }\n   ";
  Program program;
  program.text =
      formatv("func.func @main(%q: {0} {{attn.name = \"q\"}, %k: {1} "
              "{{attn.name = \"k\"}, %v: {2} {{attn.name = \"v\"}{3}) -> {4} "
              "{{\n  %o = attn.attention %q, %k, %v{5} : {0}, {1}, {2} -> "
              "({4})\n  return %o : {4}\n}\n",
              q, k, v, mask.arguments, o, region);
  program.fill = [fillMask = mask.fill](const std::string &name, Tensor &tensor,
                                        uint64_t seed) {
    if (name == "q" || name == "k" || name == "v")
      fillFromPool(tensor, seed);
    else
      fillMask(name, tensor, seed);
  };
  return program;
}

MaskCount count(const Mask &mask, int64_t queries, int64_t keys,
                int64_t tileQueries, int64_t tileKeys) {
  MaskCount result;
  const double all = double(queries) * double(keys);
  result.pairs = all;
  if (!mask.attends)
    return result;
  result.pairs = 0;
  double tiles = 0, tilesWithPairs = 0;
  for (int64_t i0 = 0; i0 < queries; i0 += tileQueries) {
    for (int64_t j0 = 0; j0 < keys; j0 += tileKeys) {
      int64_t pairs = 0;
      for (int64_t i = i0; i < std::min(i0 + tileQueries, queries); ++i)
        for (int64_t j = j0; j < std::min(j0 + tileKeys, keys); ++j)
          pairs += mask.attends(i, j);
      result.pairs += double(pairs);
      tiles += 1;
      tilesWithPairs += pairs > 0;
    }
  }
  result.pairShare = all ? result.pairs / all : 1;
  result.tileShare = tiles ? tilesWithPairs / tiles : 1;
  return result;
}

void fillFromPool(Tensor &tensor, uint64_t seed, double deviation) {
  // A prime, so that rows of round sizes differ.
  constexpr int64_t poolSize = 65537;
  const int64_t count = std::min(poolSize, tensor.size());
  for (int64_t n = 0; n < count; ++n)
    tensor.set(n, deviation * ::attn::randomNormal(seed, uint64_t(n)));
  const size_t width = ::attn::byteSize(tensor.dtype());
  char *bytes = static_cast<char *>(tensor.data());
  for (int64_t at = count; at < tensor.size(); at += count)
    std::memcpy(bytes + size_t(at) * width, bytes,
                size_t(std::min(count, tensor.size() - at)) * width);
}

Mask makeFullMask() {
  Mask mask;
  mask.name = "full";
  return mask;
}

Mask makeCausalMask(int64_t queries, int64_t keys) {
  const int64_t offset = keys - queries;
  Mask mask;
  mask.name = "causal";
  mask.region = formatv("      %past = arith.constant {0} : index\n"
                        "      %m = attn.causal %i, %j offset %past\n",
                        offset);
  mask.attends = [offset](int64_t i, int64_t j) { return j <= i + offset; };
  return mask;
}

} // namespace mlir::attn::bench
