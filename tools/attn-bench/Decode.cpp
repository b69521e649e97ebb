//===- Decode.cpp - Few queries after many keys ---------------------------===//

#include "SuiteSizes.h"

#include "llvm/Support/FormatVariadic.h"

#include <algorithm>

using llvm::formatv;

namespace mlir::attn::bench {

using ::attn::DType;

static constexpr int64_t kSmallLength = 333;

/// One query sees every key; several are the last ones of their sequence.
static Mask makeMask(const AttentionShape &shape) {
  return shape.queries == 1 ? makeFullMask()
                            : makeCausalMask(shape.queries, shape.keys);
}

static Case makeCase(const AttentionShape &shape) {
  AttentionShape small = shape;
  small.keys = std::min(small.keys, kSmallLength);
  small.queries = std::min(small.queries, small.keys);
  small.heads = shape.heads / shape.kvHeads;
  small.kvHeads = 1;
  Case result;
  result.suite = "decode";
  result.name = formatv("S{0} D{1} H{2}/{3}", shape.keys, shape.features,
                        shape.heads, shape.kvHeads);
  if (shape.queries != 1)
    result.name += formatv(" queries {0}", shape.queries);
  result.type = shape.type;
  result.program = makeAttention(shape, makeMask(shape));
  result.small = makeAttention(small, makeMask(small));
  result.bound = Bound::Memory;
  result.work = result.coldBytes = shape.keyValueBytes();
  return result;
}

std::vector<Case> makeDecodeSuite(const Sizes &sizes, DType type) {
  const SizeList queries = sizes.queries.empty() ? SizeList{1} : sizes.queries;
  AttentionShape shape = makeShape(sizes, type, 32);
  if (!sizes.kvHeads && shape.heads % 4 == 0)
    shape.kvHeads = shape.heads / 4;
  std::vector<Case> cases;
  for (int64_t length : getLengths(sizes, {2048}, {4096, 8192, 16384, 32768})) {
    for (int64_t feature : getFeatures(sizes, {128})) {
      for (int64_t count : queries) {
        shape.keys = length;
        shape.queries = std::min(count, length);
        shape.features = feature;
        shape.valueFeatures = sizes.valueFeatures.value_or(feature);
        cases.push_back(makeCase(shape));
      }
    }
  }
  return cases;
}

} // namespace mlir::attn::bench
