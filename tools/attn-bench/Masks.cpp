//===- Masks.cpp - Masks with structure -----------------------------------===//

#include "SuiteSizes.h"

#include "attn/Support/Random.h"

#include "llvm/Support/FormatVariadic.h"

#include <algorithm>

using llvm::formatv;

namespace mlir::attn::bench {

using ::attn::DType;
using ::attn::Tensor;

static constexpr int64_t kSmallLength = 161;
static constexpr int64_t kDocuments = 8, kTableBlock = 64, kDilation = 4;

/// Of `whole`, what `part` is of 4096, and at least 1: masks keep their form on
/// other lengths.
static int64_t scaled(int64_t whole, int64_t part) {
  return std::max<int64_t>(1, whole * part / 4096);
}

static Mask makeWindow(int64_t length) {
  const int64_t window = scaled(length, 256);
  Mask mask;
  mask.name = formatv("window {0}", window);
  mask.region =
      formatv("      %m = attn.window %i, %j left {0} right 0\n", window - 1);
  mask.attends = [=](int64_t i, int64_t j) { return j <= i && i - j < window; };
  return mask;
}

static int64_t getDocumentLength(int64_t length) {
  return (length + kDocuments - 1) / kDocuments;
}

/// Documents as data, which the compiler does not see.
static Mask makeSegments(int64_t length, int64_t batch) {
  const int64_t document = getDocumentLength(length);
  Mask mask;
  mask.name = formatv("{0} documents (data)", kDocuments);
  const std::string type = formatv("tensor<{0}x{1}xi32>", batch, length);
  mask.arguments = formatv(", %s: {0} {{attn.name = \"segments\"}", type);
  mask.region = formatv(
      "      %m = attn.same_segment %s, %s at %b, %i, %j : {0}, {0}\n", type);
  mask.fill = [=](const std::string &, Tensor &tensor, uint64_t) {
    for (int64_t n = 0; n < tensor.size(); ++n)
      tensor.setInt(n, n % length / document);
  };
  mask.attends = [=](int64_t i, int64_t j) {
    return i / document == j / document;
  };
  return mask;
}

static Mask makeDocuments(int64_t length) {
  const int64_t document = getDocumentLength(length);
  Mask mask;
  mask.name = formatv("{0} documents (floordiv)", kDocuments);
  mask.region = formatv("      %n = arith.constant {0} : index\n"
                        "      %di = arith.floordivsi %i, %n : index\n"
                        "      %dj = arith.floordivsi %j, %n : index\n"
                        "      %m = arith.cmpi eq, %di, %dj : index\n",
                        document);
  mask.attends = [=](int64_t i, int64_t j) {
    return i / document == j / document;
  };
  return mask;
}

static Mask makePrefix(int64_t length) {
  const int64_t prefix = scaled(length, 1024);
  Mask mask;
  mask.name = formatv("prefix {0}", prefix);
  mask.region = formatv("      %n = arith.constant {0} : index\n"
                        "      %p = attn.prefix %j length %n\n"
                        "      %c = attn.causal %i, %j\n"
                        "      %m = arith.ori %p, %c : i1\n",
                        prefix);
  mask.attends = [=](int64_t i, int64_t j) { return j < prefix || j <= i; };
  return mask;
}

static Mask makeGlobalColumns(int64_t length) {
  const int64_t window = scaled(length, 256), global = scaled(length, 64);
  Mask mask;
  mask.name = formatv("window {0} + {1} global", window, global);
  mask.region = formatv("      %n = arith.constant {0} : index\n"
                        "      %w = attn.window %i, %j left {1} right 0\n"
                        "      %p = attn.prefix %j length %n\n"
                        "      %c = attn.causal %i, %j\n"
                        "      %g = arith.andi %p, %c : i1\n"
                        "      %m = arith.ori %w, %g : i1\n",
                        global, window - 1);
  mask.attends = [=](int64_t i, int64_t j) {
    return j <= i && (i - j < window || j < global);
  };
  return mask;
}

static Mask makeDilated(int64_t length) {
  const int64_t window = scaled(length, 1024);
  Mask mask;
  mask.name = formatv("dilated {0} by {1}", window, kDilation);
  mask.region = formatv("      %n = arith.constant {0} : index\n"
                        "      %zero = arith.constant 0 : index\n"
                        "      %w = attn.window %i, %j left {1} right 0\n"
                        "      %far = arith.subi %i, %j : index\n"
                        "      %rest = arith.remsi %far, %n : index\n"
                        "      %d = arith.cmpi eq, %rest, %zero : index\n"
                        "      %m = arith.andi %w, %d : i1\n",
                        kDilation, window - 1);
  mask.attends = [=](int64_t i, int64_t j) {
    return j <= i && i - j < window && (i - j) % kDilation == 0;
  };
  return mask;
}

/// A quarter of the blocks and the diagonal, the same for every head.
static bool isInTable(int64_t i, int64_t j) {
  return i == j || ::attn::randomUniform(7, uint64_t(i * 4096 + j)) < 0.25;
}

static Mask makeTable(int64_t length, int64_t batch, int64_t heads) {
  const int64_t blocks = (length + kTableBlock - 1) / kTableBlock;
  Mask mask;
  mask.name = formatv("block-sparse {0}", kTableBlock);
  const std::string type =
      formatv("tensor<{0}x{1}x{2}x{2}xi1>", batch, heads, blocks);
  mask.arguments = formatv(", %t: {0} {{attn.name = \"table\"}", type);
  mask.region = formatv("      %m = attn.block_sparse %t at %b, %h, %i, %j "
                        "blocks {0}, {0} : {1}\n",
                        kTableBlock, type);
  mask.fill = [=](const std::string &, Tensor &tensor, uint64_t) {
    for (int64_t n = 0; n < tensor.size(); ++n)
      tensor.setInt(n, isInTable(n / blocks % blocks, n % blocks));
  };
  mask.attends = [](int64_t i, int64_t j) {
    return isInTable(i / kTableBlock, j / kTableBlock);
  };
  return mask;
}

static std::vector<Mask> makeMasks(const AttentionShape &shape) {
  const int64_t length = shape.keys;
  return {makeFullMask(),
          makeCausalMask(length, length),
          makeWindow(length),
          makeSegments(length, shape.batch),
          makeDocuments(length),
          makePrefix(length),
          makeGlobalColumns(length),
          makeDilated(length),
          makeTable(length, shape.batch, shape.heads)};
}

static Case makeCase(const Sizes &sizes, const AttentionShape &shape,
                     const Mask &mask, const AttentionShape &small,
                     const Mask &smallMask) {
  const std::string size = formatv("S{0} D{1} ", shape.keys, shape.features);
  const MaskCount found =
      count(mask, shape.queries, shape.keys, sizes.tileQueries, sizes.tileKeys);
  Case result;
  result.suite = "masks";
  result.name = size + mask.name;
  result.type = shape.type;
  result.program = makeAttention(shape, mask);
  result.small = makeAttention(small, smallMask);
  result.work = shape.flops(found.pairs);
  result.baseline = size + "full";
  result.expectedShare = found.tileShare;
  return result;
}

std::vector<Case> makeMasksSuite(const Sizes &sizes, DType type) {
  AttentionShape shape = makeShape(sizes, type, 2);
  std::vector<Case> cases;
  for (int64_t length : getLengths(sizes, {512}, {4096})) {
    for (int64_t feature : getFeatures(sizes, {128})) {
      shape.queries = shape.keys = length;
      shape.features = feature;
      shape.valueFeatures = sizes.valueFeatures.value_or(feature);
      AttentionShape small = shape;
      small.queries = small.keys = std::min(length, kSmallLength);
      for (auto [mask, smallMask] :
           llvm::zip_equal(makeMasks(shape), makeMasks(small)))
        cases.push_back(makeCase(sizes, shape, mask, small, smallMask));
    }
  }
  return cases;
}

} // namespace mlir::attn::bench
