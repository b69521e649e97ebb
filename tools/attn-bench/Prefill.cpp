//===- Prefill.cpp - Attention over whole sequences -----------------------===//

#include "SuiteSizes.h"

#include "llvm/Support/FormatVariadic.h"

#include <algorithm>

using llvm::formatv;

namespace mlir::attn::bench {

using ::attn::DType;

/// Small enough for the oracle, and still several tiles and a part of one.
static constexpr int64_t kSmallLength = 161;

static AttentionShape shrink(AttentionShape shape) {
  shape.queries = std::min(shape.queries, kSmallLength);
  shape.keys = std::min(shape.keys, kSmallLength);
  const bool isGrouped = shape.kvHeads != shape.heads;
  shape.heads = std::min<int64_t>(shape.heads, 2);
  shape.kvHeads = isGrouped ? 1 : shape.heads;
  return shape;
}

static Case makeCase(const AttentionShape &shape, bool causal) {
  const Mask mask =
      causal ? makeCausalMask(shape.queries, shape.keys) : makeFullMask();
  const AttentionShape small = shrink(shape);
  Case result;
  result.suite = "prefill";
  result.name = shape.queries == shape.keys
                    ? formatv("S{0}", shape.keys).str()
                    : formatv("S{0}x{1}", shape.queries, shape.keys).str();
  result.name += formatv(" D{0}", shape.features);
  if (shape.valueFeatures != shape.features)
    result.name += formatv("/{0}", shape.valueFeatures);
  result.name += " " + mask.name;
  result.type = shape.type;
  result.program = makeAttention(shape, mask);
  result.small = makeAttention(
      small, causal ? makeCausalMask(small.queries, small.keys) : mask);
  result.work = shape.flops(
      count(mask, shape.queries, shape.keys, shape.queries, shape.keys).pairs);
  return result;
}

namespace {

struct Length {
  int64_t queries, keys, features, valueFeatures;
};

} // namespace

/// The suite's own sizes, or the product of those that the user gives.
static std::vector<Length> makeLengths(const Sizes &sizes) {
  const bool chosen = !sizes.sequences.empty() || !sizes.queries.empty() ||
                      !sizes.features.empty() || sizes.valueFeatures;
  std::vector<Length> lengths;
  for (int64_t length : getLengths(sizes, {256, 512}, {1024, 2048, 4096}))
    for (int64_t feature : getFeatures(sizes, {64, 128}))
      for (int64_t queries :
           sizes.queries.empty() ? SizeList{length} : sizes.queries)
        lengths.push_back(
            {queries, length, feature, sizes.valueFeatures.value_or(feature)});
  if (!chosen && !sizes.quick) {
    // Off every tile, and a continued prefill.
    lengths.push_back({1000, 1000, 72, 72});
    lengths.push_back({1537, 1537, 128, 96});
    lengths.push_back({257, 2048, 64, 64});
  }
  return lengths;
}

std::vector<Case> makePrefillSuite(const Sizes &sizes, DType type) {
  std::vector<Case> cases;
  AttentionShape shape = makeShape(sizes, type, 4);
  for (const Length &length : makeLengths(sizes)) {
    shape.queries = length.queries;
    shape.keys = length.keys;
    shape.features = length.features;
    shape.valueFeatures = length.valueFeatures;
    for (bool causal : {false, true})
      if (sizes.causal.value_or(causal) == causal)
        cases.push_back(makeCase(shape, causal));
  }
  return cases;
}

} // namespace mlir::attn::bench
