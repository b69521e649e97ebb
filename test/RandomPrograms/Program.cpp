//===- Program.cpp - A random program and how it is written ---------------===//

#include "Program.h"

#include "Families.h"

#include <algorithm>
#include <cstdio>

namespace attn::random_programs {

std::string join(const std::vector<std::string> &parts,
                 const std::string &separator) {
  std::string result;
  for (const std::string &part : parts)
    result += (result.empty() ? "" : separator) + part;
  return result;
}

std::string literal(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17e", value);
  return text;
}

/// All static, all dynamic, or some of each.
static double drawDynamicShare(RandomSequence &random) {
  const double kind = random.uniform();
  return kind < 0.35 ? 0 : kind < 0.65 ? 1 : 0.5;
}

ProgramWriter::ProgramWriter(RandomSequence &random)
    : random(random), dynamicShare(drawDynamicShare(random)) {}

std::string ProgramWriter::tensorType(DType type, const Shape &shape,
                                      size_t firstStatic,
                                      std::optional<size_t> mustBeStatic) {
  std::string text = "tensor<";
  for (size_t n = 0; n < shape.size(); ++n) {
    const bool dynamic =
        n >= firstStatic && n != mustBeStatic && random.chance(dynamicShare);
    text += (dynamic ? "?" : std::to_string(shape[n])) + "x";
  }
  return text + dtypeName(type) + ">";
}

Value ProgramWriter::argument(const std::string &name, Tensor tensor,
                              size_t firstStatic) {
  const std::string type =
      tensorType(tensor.dtype(), tensor.shape(), firstStatic);
  return argument(name, std::move(tensor), type);
}

Value ProgramWriter::argument(const std::string &name, Tensor tensor,
                              const std::string &type) {
  Value value{freshArgument(name), type};
  parameters.push_back(value.name + ": " + value.type);
  program.inputs.push_back(std::move(tensor));
  return value;
}

std::string ProgramWriter::freshArgument(const std::string &stem) {
  std::string name = "%" + stem;
  for (int n = 1;
       std::find(usedNames.begin(), usedNames.end(), name) != usedNames.end();
       ++n)
    name = "%" + stem + "_" + std::to_string(n);
  usedNames.push_back(name);
  return name;
}

Value ProgramWriter::define(const std::string &operation,
                            const std::string &type) {
  Value value{fresh(), type};
  line(value.name + " = " + operation);
  return value;
}

Value ProgramWriter::index(int64_t value) {
  return define("arith.constant " + std::to_string(value) + " : index",
                "index");
}

Value ProgramWriter::runTimeIndex(const std::string &name, int64_t value) {
  const DType type = random.chance(0.5) ? DType::i64 : DType::i32;
  const Value scalar = argument(name, Tensor::scalar(type, double(value)));
  const Value read = define(
      "tensor.extract " + scalar.name + "[] : " + scalar.type, dtypeName(type));
  return define("arith.index_cast " + read.name + " : " + read.type +
                    " to index",
                "index");
}

void ProgramWriter::result(const Value &value, Tolerance tolerance) {
  resultNames.push_back(value.name);
  resultTypes.push_back(value.type);
  program.tolerances.push_back(tolerance);
}

Program ProgramWriter::finish(const std::string &name) {
  program.name = name;
  program.text = "func.func @" + name + "(" + join(parameters, ",\n    ") +
                 ")\n    -> (" + join(resultTypes) + ") {\n" + body +
                 "  return " + join(resultNames) + " : " + join(resultTypes) +
                 "\n}\n";
  return std::move(program);
}

static void drawFamily(ProgramWriter &writer, Kind kind) {
  if (kind == Kind::Undefined)
    return drawUndefined(writer);
  if (kind == Kind::Graph)
    return drawGraph(writer);
  if (kind == Kind::Tiled)
    return drawTiledAttention(writer);
  const double family = writer.random.uniform();
  if (family < 0.66)
    drawAttention(writer);
  else if (family < 0.78)
    drawStates(writer);
  else if (family < 0.84)
    drawRotary(writer);
  else if (family < 0.87)
    drawSinusoidal(writer);
  else if (family < 0.95)
    drawLinearAttention(writer);
  else
    drawCacheUpdate(writer);
}

Program drawProgram(RandomSequence &random, Kind kind,
                    const std::string &name) {
  ProgramWriter writer(random);
  drawFamily(writer, kind);
  return writer.finish(name);
}

Program drawProgram(uint64_t seed, int64_t index, Kind kind) {
  RandomSequence random(randomBits(seed, index));
  return drawProgram(random, kind, "p" + std::to_string(index));
}

} // namespace attn::random_programs
