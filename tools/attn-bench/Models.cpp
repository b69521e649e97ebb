//===- Models.cpp - Layers of models of real size -------------------------===//

#include "Attention.h"
#include "LayerText.h"
#include "Suites.h"

#include "llvm/ADT/StringRef.h"

#include <cmath>

namespace mlir::attn::bench {

using ::attn::DType;
using ::attn::Tensor;

static Program makeProgram(const LayerShape &shape) {
  Program program;
  program.text = makeLayers(shape);
  const double deviation = 1 / std::sqrt(double(shape.hidden));
  program.fill = [deviation](const std::string &name, Tensor &tensor,
                             uint64_t seed) {
    fillFromPool(tensor, seed, name[0] == 'w' ? deviation : 1);
  };
  return program;
}

/// The same with sizes that the oracle can compute.
static LayerShape shrink(LayerShape shape) {
  const int64_t group = shape.heads / shape.kvHeads;
  shape.kvHeads = 2;
  shape.heads = 2 * group;
  shape.hidden = shape.heads * 16;
  shape.inner = 3 * shape.hidden;
  shape.rows = shape.past ? 1 : 19;
  shape.past = shape.past ? 21 : 0;
  return shape;
}

static Case makeCase(const LayerShape &shape) {
  Case result;
  result.suite = "models";
  result.name = shape.name + (shape.past ? " after " : " S") +
                std::to_string(shape.past ? shape.past : shape.rows);
  result.program = makeProgram(shape);
  result.small = makeProgram(shrink(shape));
  if (shape.past) {
    result.bound = Bound::Memory;
    result.work = 4 * (shape.weights() + shape.cacheElements());
    result.coldBytes = 4 * shape.cacheElements();
  } else {
    result.work = shape.flops();
  }
  return result;
}

/// Of each model one layer with many rows, and as many with one row as no cache
/// holds the weights of.
static std::vector<LayerShape> getShapes() {
  const LayerShape bert{"BERT-base", 768, 12, 12, 3072, false, false, 1, 0},
      gpt2{"GPT-2", 768, 12, 12, 3072, false, true, 1, 0},
      llama{"Llama-1B", 2048, 32, 8, 8192, true, true, 1, 0},
      vit{"ViT-base", 768, 12, 12, 3072, false, false, 1, 0};
  auto withRows = [](LayerShape shape, int64_t rows) {
    shape.rows = rows;
    return shape;
  };
  auto decode = [](LayerShape shape, int64_t layers, int64_t past) {
    shape.layers = layers;
    shape.rows = 1;
    shape.past = past;
    return shape;
  };
  return {withRows(bert, 128),   withRows(bert, 512),  withRows(gpt2, 512),
          decode(gpt2, 6, 512),  withRows(llama, 512), withRows(llama, 2048),
          decode(llama, 2, 512), withRows(vit, 197)};
}

std::vector<Case> makeModelsSuite(const Sizes &sizes, DType type) {
  if (type != DType::f32)
    return {};
  std::vector<Case> cases;
  for (const LayerShape &shape : getShapes())
    cases.push_back(makeCase(sizes.quick ? shrink(shape) : shape));
  return cases;
}

} // namespace mlir::attn::bench
