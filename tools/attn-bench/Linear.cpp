//===- Linear.cpp - Linear attention under its four rules -----------------===//

#include "SuiteSizes.h"

#include "attn/Support/Random.h"

#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <cmath>

using llvm::formatv;

namespace mlir::attn::bench {

using ::attn::DType;
using ::attn::Tensor;
using Recurrence = Case::Recurrence;

static constexpr int64_t kSmallLength = 150;

static bool isGated(const Recurrence &shape) {
  return StringRef(shape.rule).starts_with("gated");
}
static bool isDelta(const Recurrence &shape) {
  return StringRef(shape.rule).ends_with("delta");
}

/// Keys of about unit length and factors below 1, so that the state stays
/// bounded, as trained models keep it.
static void fill(const std::string &name, Tensor &tensor, uint64_t seed) {
  if (name == "decay")
    ::attn::fillUniform(tensor, seed, -0.1, 0);
  else if (name == "beta")
    ::attn::fillUniform(tensor, seed, 0, 1);
  else if (name == "k")
    fillFromPool(tensor, seed, 1 / std::sqrt(double(tensor.dim(3))));
  else
    fillFromPool(tensor, seed);
}

static Program makeProgram(const Recurrence &shape, DType type) {
  const char *element = ::attn::dtypeName(type);
  const std::string qk = formatv("tensor<1x{0}x{1}x{2}x{3}>", shape.heads,
                                 shape.length, shape.keySize, element),
                    v = formatv("tensor<1x{0}x{1}x{2}x{3}>", shape.heads,
                                shape.length, shape.valueSize, element),
                    factor = formatv("tensor<1x{0}x{1}x{2}>", shape.heads,
                                     shape.length, element);
  std::string arguments, operands, types;
  auto add = [&](const char *name) {
    arguments += formatv(", %{0}: {1} {{attn.name = \"{0}\"}", name, factor);
    operands += formatv(" {0} %{0}", name);
    types += formatv(", {0} {1}", name, factor);
  };
  if (isGated(shape))
    add("decay");
  if (isDelta(shape))
    add("beta");
  Program program;
  program.text = formatv(
      "func.func @main(%q: {0} {{attn.name = \"q\"}, %k: {0} {{attn.name = "
      "\"k\"}, %v: {1} {{attn.name = \"v\"}{2}) -> {1} {{\n  %o = "
      "attn.linear_attention {3} %q, %k, %v{4} : {0}, {0}, {1}{5} -> ({1})\n"
      "  return %o : {1}\n}\n",
      qk, v, arguments, shape.rule, operands, types);
  program.fill = fill;
  return program;
}

static Case makeCase(const Recurrence &shape, DType type) {
  Recurrence small = shape;
  small.heads = std::min<int64_t>(small.heads, 2);
  small.length = std::min(small.length, kSmallLength);
  Case result;
  result.suite = "linear";
  result.name =
      formatv("S{0} D{1} {2}", shape.length, shape.keySize, shape.rule);
  result.type = type;
  result.program = makeProgram(shape, type);
  result.small = makeProgram(small, type);
  // S += k v and S^T q, and S^T k for a delta.
  result.work = 2. * double(shape.heads * shape.length * shape.keySize) *
                double(shape.valueSize) * (isDelta(shape) ? 3 : 2);
  if (type == DType::f32) {
    result.recurrence = shape;
    result.smallRecurrence = small;
  }
  return result;
}

std::vector<Case> makeLinearSuite(const Sizes &sizes, DType type) {
  std::vector<Case> cases;
  for (int64_t length : getLengths(sizes, {256}, {1024, 2048, 4096, 8192})) {
    for (int64_t feature : getFeatures(sizes, {128})) {
      for (const char *rule : {"linear", "gated", "delta", "gated_delta"}) {
        Recurrence shape;
        shape.rule = rule;
        shape.heads = sizes.heads.value_or(2);
        shape.length = length;
        shape.keySize = feature;
        shape.valueSize = sizes.valueFeatures.value_or(feature);
        cases.push_back(makeCase(shape, type));
      }
    }
  }
  return cases;
}

} // namespace mlir::attn::bench
