//===- GraphBuilder.cpp - linalg ops on tensors, as text ------------------===//

#include "GraphBuilder.h"

#include "Draw.h"

namespace attn::random_programs {

int64_t Node::elements() const {
  int64_t count = 1;
  for (const Dim &dim : dims)
    count *= dim.size;
  return count;
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

std::string Body::line(const std::string &operation) {
  const std::string name = "%s" + std::to_string(next++);
  text += "    " + name + " = " + operation + "\n";
  return name;
}

std::string Body::op(const std::string &operation,
                     const std::vector<std::string> &operands) {
  return line(operation + " " + random_programs::join(operands) + " : " +
              dtypeName(type));
}

std::string Body::constant(double value) {
  return line("arith.constant " + literal(value) + " : " + dtypeName(type));
}

std::string Body::cast(const std::string &value, DType from, DType to) {
  if (from == to)
    return value;
  const bool isWider = byteSize(to) > byteSize(from);
  return line((isWider ? "arith.extf " : "arith.truncf ") + value + " : " +
              dtypeName(from) + " to " + dtypeName(to));
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

std::string GraphBuilder::typeText(DType type, const Dims &dims) {
  std::string text = "tensor<";
  for (const Dim &dim : dims)
    text += (dim.value.empty() ? std::to_string(dim.size) : "?") + "x";
  return text + dtypeName(type) + ">";
}

Dim GraphBuilder::dimension(int64_t size, bool isDynamic) {
  if (!isDynamic)
    return {size, ""};
  // Its size is the only thing that is read of this argument.
  const Value tensor =
      writer.argument("size", Tensor(DType::i8, {size}), "tensor<?xi8>");
  const Value zero = writer.index(0);
  return {size, writer
                    .define("tensor.dim " + tensor.name + ", " + zero.name +
                                " : " + tensor.type,
                            "index")
                    .name};
}

static Shape shapeOf(const Dims &dims) {
  Shape shape;
  for (const Dim &dim : dims)
    shape.push_back(dim.size);
  return shape;
}

Node GraphBuilder::argument(const std::string &name, DType type,
                            const Dims &dims, double deviation) {
  const Shape shape = shapeOf(dims);
  return {writer.argument(name,
                          drawNormal(writer.random, type, shape, deviation),
                          typeText(type, dims)),
          type, dims};
}

/// The bytes of all elements, in hexadecimal: as MLIR reads them back.
static std::string hexadecimal(const Tensor &tensor) {
  static const char digits[] = "0123456789ABCDEF";
  std::string text = "0x";
  const auto *bytes = static_cast<const unsigned char *>(tensor.data());
  for (int64_t n = 0; n < tensor.size() * byteSize(tensor.dtype()); ++n) {
    text += digits[bytes[n] >> 4];
    text += digits[bytes[n] & 15];
  }
  return text;
}

Node GraphBuilder::constant(DType type, const Dims &dims, double deviation) {
  const Tensor tensor =
      drawNormal(writer.random, type, shapeOf(dims), deviation);
  const std::string text = typeText(type, dims);
  const std::string elements =
      tensor.size() ? "\"" + hexadecimal(tensor) + "\"" : "";
  return {
      writer.define("arith.constant dense<" + elements + "> : " + text, text),
      type, dims};
}

Node GraphBuilder::empty(const Dims &dims, DType type) {
  std::vector<std::string> sizes;
  for (const Dim &dim : dims)
    if (!dim.value.empty())
      sizes.push_back(dim.value);
  const std::string text = typeText(type, dims);
  return {writer.define("tensor.empty(" + random_programs::join(sizes) +
                            ") : " + text,
                        text),
          type, dims};
}

Node GraphBuilder::fill(const Dims &dims, DType type, double value) {
  const Node out = empty(dims, type);
  const Value start = writer.define("arith.constant " + literal(value) + " : " +
                                        dtypeName(type),
                                    dtypeName(type));
  return {writer.define("linalg.fill ins(" + start.name + " : " + start.type +
                            ") outs(" + out.value.name + " : " +
                            out.value.type + ") -> " + out.value.type,
                        out.value.type),
          type, dims};
}

static std::string mapText(size_t loops, const Loops &reads,
                           const Window *window = nullptr) {
  std::vector<std::string> names, results;
  for (size_t n = 0; n < loops; ++n)
    names.push_back("d" + std::to_string(n));
  auto times = [&](int64_t loop, int64_t factor) {
    return names[size_t(loop)] + " * " + std::to_string(factor);
  };
  for (int64_t loop : reads)
    results.push_back(window && loop == window->position
                          ? times(loop, window->stride) + " + " +
                                times(window->tap, window->dilation)
                          : names[size_t(loop)]);
  return "affine_map<(" + join(names) + ") -> (" + join(results) + ")>";
}

static bool contains(const Loops &loops, int64_t loop) {
  return std::find(loops.begin(), loops.end(), loop) != loops.end();
}

Node GraphBuilder::generic(const std::vector<Node> &operands,
                           const std::vector<Loops> &reads, const Dims &dims,
                           const Loops &writes, DType type, const Node *init,
                           const Element &element, const Window *window) {
  Dims result;
  for (int64_t loop : writes)
    result.push_back(dims[size_t(loop)]);
  const Node out = init ? *init : empty(result, type);
  std::vector<std::string> maps, kinds, names, types, arguments, values;
  for (size_t n = 0; n < operands.size(); ++n) {
    maps.push_back(mapText(dims.size(), reads[n], n == 0 ? window : nullptr));
    names.push_back(operands[n].value.name);
    types.push_back(operands[n].value.type);
    values.push_back("%a" + std::to_string(n));
    arguments.push_back(values.back() + ": " + dtypeName(operands[n].type));
  }
  maps.push_back(mapText(dims.size(), writes));
  values.push_back("%out");
  arguments.push_back(std::string("%out: ") + dtypeName(type));
  for (size_t n = 0; n < dims.size(); ++n)
    kinds.push_back(contains(writes, int64_t(n)) ? "\"parallel\""
                                                 : "\"reduction\"");
  Body body(type);
  const std::string yielded = element(body, values);
  return {
      writer.define("linalg.generic {indexing_maps = [" +
                        random_programs::join(maps) + "], iterator_types = [" +
                        random_programs::join(kinds) + "]}\n      ins(" +
                        random_programs::join(names) + " : " +
                        random_programs::join(types) + ") outs(" +
                        out.value.name + " : " + out.value.type +
                        ") {\n  ^bb0(" + random_programs::join(arguments) +
                        "):\n" + body.text + "    linalg.yield " + yielded +
                        " : " + dtypeName(type) + "\n  } -> " + out.value.type,
                    out.value.type),
      type, result};
}

static Loops count(size_t from, size_t to) {
  Loops loops;
  for (size_t n = from; n < to; ++n)
    loops.push_back(int64_t(n));
  return loops;
}

Node GraphBuilder::map(const std::vector<Node> &operands, const Dims &dims,
                       DType type, const Element &element) {
  std::vector<Loops> reads;
  for (const Node &operand : operands)
    reads.push_back(count(dims.size() - operand.dims.size(), dims.size()));
  return generic(operands, reads, dims, count(0, dims.size()), type, nullptr,
                 element);
}

Node GraphBuilder::reduce(const Node &operand, const Loops &kept, double start,
                          const Element &element) {
  Dims dims;
  for (int64_t loop : kept)
    dims.push_back(operand.dims[size_t(loop)]);
  const Node init = fill(dims, operand.type, start);
  return generic({operand}, {count(0, operand.dims.size())}, operand.dims, kept,
                 operand.type, &init, element);
}

Node GraphBuilder::transpose(const Node &operand, const Loops &permutation) {
  Dims dims;
  std::vector<std::string> numbers;
  for (int64_t dim : permutation) {
    dims.push_back(operand.dims[size_t(dim)]);
    numbers.push_back(std::to_string(dim));
  }
  const Node out = empty(dims, operand.type);
  return {writer.define("linalg.transpose ins(" + operand.value.name + " : " +
                            operand.value.type + ") outs(" + out.value.name +
                            " : " + out.value.type + ") permutation = [" +
                            random_programs::join(numbers) + "]",
                        out.value.type),
          operand.type, dims};
}

/// `[[0], [1, 2]]`: the last two of `rank` together.
static std::string groups(size_t rank) {
  std::vector<std::string> parts;
  for (size_t n = 0; n + 2 < rank; ++n)
    parts.push_back("[" + std::to_string(n) + "]");
  parts.push_back("[" + std::to_string(rank - 2) + ", " +
                  std::to_string(rank - 1) + "]");
  return "[" + join(parts) + "]";
}

Node GraphBuilder::split(const Node &operand, int64_t heads) {
  Dims dims(operand.dims);
  dims.back() = {heads, ""};
  dims.push_back({operand.last().size / heads, ""});
  std::vector<std::string> sizes;
  for (const Dim &dim : dims)
    sizes.push_back(dim.value.empty() ? std::to_string(dim.size) : dim.value);
  const std::string type = typeText(operand.type, dims);
  return {writer.define("tensor.expand_shape " + operand.value.name + " " +
                            groups(dims.size()) + " output_shape [" +
                            random_programs::join(sizes) +
                            "] : " + operand.value.type + " into " + type,
                        type),
          operand.type, dims};
}

Node GraphBuilder::join(const Node &operand) {
  Dims dims(operand.dims);
  const int64_t size = dims.back().size;
  dims.pop_back();
  dims.back() = {dims.back().size * size, ""};
  const std::string type = typeText(operand.type, dims);
  return {writer.define("tensor.collapse_shape " + operand.value.name + " " +
                            groups(operand.dims.size()) + " : " +
                            operand.value.type + " into " + type,
                        type),
          operand.type, dims};
}

Node GraphBuilder::slice(const Node &operand, int64_t from, int64_t size) {
  Dims dims(operand.dims);
  dims.back() = {size, ""};
  std::vector<std::string> offsets, sizes, strides;
  for (const Dim &dim : dims) {
    offsets.push_back("0");
    sizes.push_back(dim.value.empty() ? std::to_string(dim.size) : dim.value);
    strides.push_back("1");
  }
  offsets.back() = std::to_string(from);
  const std::string type = typeText(operand.type, dims);
  return {writer.define("tensor.extract_slice " + operand.value.name + "[" +
                            random_programs::join(offsets) + "] [" +
                            random_programs::join(sizes) + "] [" +
                            random_programs::join(strides) +
                            "] : " + operand.value.type + " to " + type,
                        type),
          operand.type, dims};
}

} // namespace attn::random_programs
