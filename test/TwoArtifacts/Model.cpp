//===- Model.cpp - A random model that looks like another one -------------===//

#include "Model.h"

#include "../RandomPrograms/Draw.h"

#include "onnx.pb.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>

using attn::random_programs::drawNormal;
using attn::random_programs::pick;
using Names = std::vector<std::string>;

namespace attn::two_artifacts {

/// `count` of `pool`, none twice.
static Names drawNames(RandomSequence &random, Names pool, size_t count) {
  for (size_t n = 0; n < count; ++n)
    std::swap(
        pool[n],
        pool[size_t(random.integer(int64_t(n), int64_t(pool.size()) - 1))]);
  pool.resize(count);
  return pool;
}

/// Some of them are one name in C; some are taken there, or by artifacts.
static std::string drawFile(RandomSequence &random) {
  return pick<const char *>(
      random, {"model", "model", "model", "model", "a-b", "a.b", "a_b", "f",
               "f_shapes", "main", "memcpy", "3d", "while", "attn_parameters",
               "attn_kernel", "attn_message", "main__entry", "omp_get_level"});
}

/// The helper's weights are in sections of their own from 4096 bytes.
static Shape drawWeightShape(RandomSequence &random) {
  return {pick<int64_t>(random, {1, 3, 8, 40, 41}),
          pick<int64_t>(random, {1, 4, 17, 40})};
}

namespace {

/// An ONNX graph: f(x · w + b), now and then with a second output.
class Graph {
public:
  Graph(RandomSequence &structure, RandomSequence &numbers)
      : structure(structure), numbers(numbers), graph(*model.mutable_graph()) {}
  Model draw();

private:
  void addNode(const char *op, const Names &inputs, const std::string &output);
  void addTensor(const std::string &name, const Shape &shape);
  void addValue(onnx::ValueInfoProto &value, const std::string &name,
                const Shape &shape);
  std::string drawFunction() {
    return pick<const char *>(structure, {"Neg", "Abs", "Relu", "Tanh",
                                          "Sigmoid", "Exp", "Erf", "Softmax"});
  }

  RandomSequence &structure, &numbers;
  onnx::ModelProto model;
  onnx::GraphProto &graph;
};

} // namespace

void Graph::addNode(const char *op, const Names &inputs,
                    const std::string &output) {
  onnx::NodeProto &node = *graph.add_node();
  node.set_op_type(op);
  for (const std::string &input : inputs)
    node.add_input(input);
  node.add_output(output);
}

static constexpr int floatElements = 1; // TensorProto.FLOAT

void Graph::addTensor(const std::string &name, const Shape &shape) {
  onnx::TensorProto &tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(floatElements);
  for (int64_t size : shape)
    tensor.add_dims(size);
  const Tensor values = drawNormal(numbers, DType::f32, shape, 0.5);
  tensor.set_raw_data(std::string(static_cast<const char *>(values.data()),
                                  values.sizeInBytes()));
}

void Graph::addValue(onnx::ValueInfoProto &value, const std::string &name,
                     const Shape &shape) {
  value.set_name(name);
  onnx::TypeProto::Tensor &type = *value.mutable_type()->mutable_tensor_type();
  type.set_elem_type(floatElements);
  const bool isSymbolic = structure.chance(0.5);
  for (size_t n = 0; n < shape.size(); ++n) {
    onnx::TensorShapeProto::Dimension &dim = *type.mutable_shape()->add_dim();
    if (n == 0 && isSymbolic)
      dim.set_dim_param("n");
    else
      dim.set_dim_value(shape[n]);
  }
}

Model Graph::draw() {
  const Names names = drawNames(
      structure, {"x", "w", "b", "y", "main", "attn_parameters", "memcpy", "0"},
      7);
  const Shape weights = drawWeightShape(structure);
  const int64_t rows = structure.integer(1, 9);
  model.set_ir_version(8);
  model.add_opset_import()->set_version(20);
  graph.set_name(pick<const char *>(structure, {"g", "main", "main_graph"}));
  addTensor(names[1], weights);
  addTensor(names[2], {weights[1]});
  addNode("MatMul", {names[0], names[1]}, names[3]);
  addNode("Add", {names[3], names[2]}, names[4]);
  addNode(drawFunction().c_str(), {names[4]}, names[5]);
  addValue(*graph.add_input(), names[0], {rows, weights[0]});
  addValue(*graph.add_output(), names[5], {rows, weights[1]});
  Function function{"main",
                    {drawNormal(numbers, DType::f32, {rows, weights[0]})},
                    {{1e-4, 1e-4}}};
  if (structure.chance(0.3)) {
    addNode(drawFunction().c_str(), {names[4]}, names[6]);
    addValue(*graph.add_output(), names[6], {rows, weights[1]});
    function.tolerances.push_back({1e-4, 1e-4});
  }
  return {drawFile(structure) + ".onnx",
          model.SerializeAsString(),
          {std::move(function)}};
}

/// A public function on weights, by a private one.
static std::string drawFunctionWithWeights(RandomSequence &structure,
                                           RandomSequence &numbers,
                                           const std::string &name,
                                           Function &function) {
  const std::string helper = pick<const char *>(
      structure, {"helper", "attn_rt_call", "memcpy", "expf", "main_0"});
  const std::string op =
      pick<const char *>(structure, {"addf", "subf", "mulf", "maximumf"});
  const Shape shape = drawWeightShape(structure);
  const Tensor weights = drawNormal(numbers, DType::f32, shape);
  function = {name, {drawNormal(numbers, DType::f32, shape)}, {{1e-5, 1e-5}}};
  const std::string type = "tensor<" + shapeString(shape) + "xf32>",
                    hex = llvm::toHex(llvm::StringRef(
                        static_cast<const char *>(weights.data()),
                        weights.sizeInBytes()));
  return "func.func private @" + helper + "(%x: " + type + ") -> " + type +
         " {\n  %w = arith.constant dense<\"0x" + hex + "\"> : " + type +
         "\n  %0 = arith." + op + " %x, %w : " + type +
         "\n  return %0 : " + type + "\n}\nfunc.func @" + name +
         "(%x: " + type + ") -> " + type + " {\n  %0 = call @" + helper +
         "(%x) : (" + type + ") -> " + type + "\n  return %0 : " + type +
         "\n}\n";
}

static Model drawText(RandomSequence &structure, RandomSequence &numbers) {
  const Names names = drawNames(
      structure,
      {"main", "f", "model", "attn_function", "attn_kernel", "omp_x"}, 2);
  Model model{drawFile(structure) + ".mlir", "", {}};
  const int64_t kind = structure.integer(0, 2); // the one, the other, or both
  if (kind != 0) {
    random_programs::Program program = random_programs::drawProgram(
        structure, random_programs::Kind::Defined, names[0]);
    model.contents += program.text;
    model.functions.push_back(
        {names[0], std::move(program.inputs), std::move(program.tolerances)});
  }
  if (kind != 1)
    model.contents += drawFunctionWithWeights(structure, numbers, names[1],
                                              model.functions.emplace_back());
  return model;
}

Model drawModel(RandomSequence &structure, RandomSequence &numbers) {
  if (structure.chance(0.6))
    return Graph(structure, numbers).draw();
  return drawText(structure, numbers);
}

} // namespace attn::two_artifacts
