//===- Decode.cpp - Few queries after many keys ---------------------------===//

#include "attn/Bench/Attention.h"
#include "attn/Bench/Suites.h"

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
  const std::vector<int64_t> keys =
      !sizes.sequences.empty() ? sizes.sequences
      : sizes.quick            ? std::vector<int64_t>{2048}
                               : std::vector<int64_t>{4096, 8192, 16384, 32768};
  const std::vector<int64_t> features =
      sizes.features.empty() ? std::vector<int64_t>{128} : sizes.features;
  const std::vector<int64_t> queries =
      sizes.queries.empty() ? std::vector<int64_t>{1} : sizes.queries;
  AttentionShape shape;
  shape.type = type;
  shape.batch = sizes.batch.value_or(1);
  shape.heads = sizes.heads.value_or(32);
  shape.kvHeads = sizes.kvHeads.value_or(shape.heads % 4 == 0 ? shape.heads / 4
                                                              : shape.heads);
  std::vector<Case> cases;
  for (int64_t length : keys) {
    for (int64_t feature : features) {
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
