//===- Model.h - A random model that looks like another one -----*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// Models whose names are drawn from so few that two of them often have the
// same: of their files, functions, private functions, graphs, tensors and
// weights.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_TWOARTIFACTS_MODEL_H
#define ATTN_TEST_TWOARTIFACTS_MODEL_H

#include "../RandomPrograms/Program.h"

namespace attn::two_artifacts {

/// A public function and what it is called with.
struct Function {
  std::string name;
  std::vector<Tensor> inputs;
  std::vector<Tolerance> tolerances; // one for each result
};

struct Model {
  std::string file; // encoder.onnx
  std::string contents;
  std::vector<Function> functions;
};

/// `structure` draws names, sizes and operators, `numbers` weights and inputs:
/// two models of one structure are as like as two can be. The text of MLIR is
/// drawn from `structure`, and so are the inputs that go with it.
Model drawModel(RandomSequence &structure, RandomSequence &numbers);

} // namespace attn::two_artifacts

#endif // ATTN_TEST_TWOARTIFACTS_MODEL_H
