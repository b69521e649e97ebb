//===- GraphWriter.cpp - Graphs of linalg and tensor ops as text ----------===//
#include "GraphWriter.h"

namespace attn::random_rewrites {

std::string Node::type() const {
  std::string text = "tensor<";
  for (const Size &size : sizes)
    text += (size.name.empty() ? std::to_string(size.value) : "?") + "x";
  return text + element + ">";
}

std::vector<int> allLoops(size_t count) {
  std::vector<int> loops;
  for (size_t n = 0; n < count; ++n)
    loops.push_back(int(n));
  return loops;
}

static std::string mapText(size_t loops, const std::vector<int> &results) {
  std::vector<std::string> dims, exprs;
  for (size_t n = 0; n < loops; ++n)
    dims.push_back("d" + std::to_string(n));
  for (int loop : results)
    exprs.push_back(loop < 0 ? "0" : "d" + std::to_string(loop));
  return "affine_map<(" + join(dims) + ") -> (" + join(exprs) + ")>";
}

/// The dynamic sizes, as the operands of an op.
static std::string dynamicSizes(const std::vector<Size> &sizes) {
  std::vector<std::string> names;
  for (const Size &size : sizes)
    if (!size.name.empty())
      names.push_back(size.name);
  return join(names);
}

Node GraphWriter::argument(const std::string &name, Tensor tensor) {
  const Shape shape = tensor.shape();
  Node node{"", dtypeName(tensor.dtype()), {}};
  const Value value = writer.argument(name, std::move(tensor));
  node.name = value.name;
  size_t at = value.type.find('<') + 1;
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    Size size{shape[dim], ""};
    if (value.type[at] == '?')
      size.name =
          writer
              .define("tensor.dim " + value.name + ", " +
                          writer.index(int64_t(dim)).name + " : " + value.type,
                      "index")
              .name;
    node.sizes.push_back(size);
    at = value.type.find('x', at) + 1;
  }
  return node;
}

std::string GraphWriter::empty(const std::vector<Size> &sizes,
                               const std::string &element) {
  const std::string type = Node{"", element, sizes}.type();
  return writer
      .define("tensor.empty(" + dynamicSizes(sizes) + ") : " + type, type)
      .name;
}

Node GraphWriter::fill(const std::vector<Size> &sizes,
                       const std::string &element, const std::string &number) {
  Node node{"", element, sizes};
  const std::string out = empty(sizes, element);
  const Value scalar = writer.define(
      "arith.constant " + number + (element == "i1" ? "" : " : " + element),
      element);
  node.name = writer
                  .define("linalg.fill ins(" + scalar.name + " : " + element +
                              ") outs(" + out + " : " + node.type() + ") -> " +
                              node.type(),
                          node.type())
                  .name;
  return node;
}

static void replaceAll(std::string &text, const std::string &from,
                       const std::string &to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos;
       at += to.size())
    text.replace(at, from.size(), to);
}

Node GraphWriter::generic(const std::vector<Access> &ins, const Node &out,
                          const std::vector<int> &outLoops, size_t loops,
                          bool reduces, const std::string &body) {
  std::vector<std::string> maps, iterators, names, types, arguments;
  std::string text = body;
  for (size_t n = 0; n < ins.size(); ++n) {
    maps.push_back(mapText(loops, ins[n].loops));
    names.push_back(ins[n].node.name);
    types.push_back(ins[n].node.type());
    const std::string argument = "%in" + std::to_string(n);
    arguments.push_back(argument + ": " + ins[n].node.element);
    replaceAll(text, "$" + std::to_string(n), argument);
  }
  maps.push_back(mapText(loops, outLoops));
  arguments.push_back("%acc: " + out.element);
  std::string indices;
  for (size_t n = 0; n < loops; ++n) {
    iterators.push_back(reduces && n + 1 == loops ? "\"reduction\""
                                                  : "\"parallel\"");
    const std::string loop = std::to_string(n);
    if (text.find("#" + loop) != std::string::npos)
      indices += "%i" + loop + " = linalg.index " + loop + " : index\n";
    replaceAll(text, "#" + loop, "%i" + loop);
  }
  Node result = out;
  const std::string operands =
      ins.empty() ? "" : "ins(" + join(names) + " : " + join(types) + ") ";
  result.name =
      writer
          .define("linalg.generic {indexing_maps = [" + join(maps) +
                      "], iterator_types = [" + join(iterators) + "]} " +
                      operands + "outs(" + out.name + " : " + out.type() +
                      ") {\n^bb0(" + join(arguments) + "):\n" + indices + text +
                      "\nlinalg.yield %r : " + out.element + "\n} -> " +
                      out.type(),
                  out.type())
          .name;
  return result;
}

Node GraphWriter::map(const std::vector<Access> &ins,
                      const std::vector<Size> &sizes,
                      const std::string &element, const std::string &body) {
  const Node out{empty(sizes, element), element, sizes};
  return generic(ins, out, allLoops(sizes.size()), sizes.size(), false, body);
}

Node GraphWriter::reduce(const Node &from, const std::string &initial,
                         const std::string &body) {
  std::vector<Size> sizes(from.sizes.begin(), from.sizes.end() - 1);
  const Node out = fill(sizes, from.element, initial);
  const size_t loops = from.sizes.size();
  return generic({{from, allLoops(loops)}}, out, allLoops(loops - 1), loops,
                 true, body);
}

std::string typed(std::string body, const std::string &element) {
  replaceAll(body, ": f32", ": " + element);
  return body;
}

Node GraphWriter::contract(const Access &lhs, const Access &rhs,
                           const std::vector<Size> &loops,
                           const std::string &initial) {
  std::vector<Size> sizes(loops.begin(), loops.end() - 1);
  // Narrow floats are multiplied and added up as f32.
  const Node out = fill(sizes, "f32", initial);
  std::string extensions, x[2];
  for (size_t n : {0, 1}) {
    const std::string &element = (n == 0 ? lhs : rhs).node.element;
    x[n] = "$" + std::to_string(n);
    if (element == "f32")
      continue;
    const std::string wide = "%w" + std::to_string(n);
    extensions +=
        wide + " = arith.extf " + x[n] + " : " + element + " to f32\n";
    x[n] = wide;
  }
  const size_t first = random.chance(0.5) ? 0 : 1;
  const std::string sum = random.chance(0.5) ? "%acc, %m" : "%m, %acc";
  return generic({lhs, rhs}, out, allLoops(sizes.size()), loops.size(), true,
                 extensions + "%m = arith.mulf " + x[first] + ", " +
                     x[1 - first] + " : f32\n%r = arith.addf " + sum +
                     " : f32");
}

Node GraphWriter::transpose(const Node &from,
                            const std::vector<int> &permutation) {
  std::vector<Size> sizes;
  std::vector<std::string> text;
  for (int dim : permutation) {
    sizes.push_back(from.sizes[dim]);
    text.push_back(std::to_string(dim));
  }
  if (random.chance(0.5)) {
    // Loop n is dimension permutation[n] of the source.
    std::vector<int> loops(permutation.size());
    for (size_t n = 0; n < permutation.size(); ++n)
      loops[permutation[n]] = int(n);
    const std::string zero = from.element == "i1" ? "false" : "0.0";
    return map(
        {{from, loops}}, sizes, from.element,
        "%z = arith.constant " + zero + " : " + from.element +
            "\n%y = arith.constant true\n%r = arith.select %y, $0, %z : " +
            from.element);
  }
  Node to{"", from.element, sizes};
  const std::string out = empty(sizes, from.element);
  to.name = writer
                .define("linalg.transpose ins(" + from.name + " : " +
                            from.type() + ") outs(" + out + " : " + to.type() +
                            ") permutation = [" + join(text) + "]",
                        to.type())
                .name;
  return to;
}

Node GraphWriter::collapse(const Node &from, size_t first) {
  Node to{"", from.element, {}};
  std::vector<std::string> groups;
  for (size_t dim = 0; dim < from.sizes.size(); ++dim) {
    Size size = from.sizes[dim];
    if (dim == first) {
      const Size &next = from.sizes[dim + 1];
      groups.push_back("[" + std::to_string(dim) + ", " +
                       std::to_string(dim + 1) + "]");
      if (!size.name.empty() || !next.name.empty()) {
        const std::string a =
            size.name.empty() ? writer.index(size.value).name : size.name;
        const std::string b =
            next.name.empty() ? writer.index(next.value).name : next.name;
        size.name =
            writer.define("arith.muli " + a + ", " + b + " : index", "index")
                .name;
      }
      size.value *= next.value;
      ++dim;
    } else {
      groups.push_back("[" + std::to_string(dim) + "]");
    }
    to.sizes.push_back(size);
  }
  to.name =
      writer
          .define("tensor.collapse_shape " + from.name + " [" + join(groups) +
                      "] : " + from.type() + " into " + to.type(),
                  to.type())
          .name;
  return to;
}

Node GraphWriter::softmax(const Node &from) {
  Node to = from;
  const std::string out = empty(from.sizes, from.element);
  to.name = writer
                .define("linalg.softmax dimension(" +
                            std::to_string(from.sizes.size() - 1) + ") ins(" +
                            from.name + " : " + from.type() + ") outs(" + out +
                            " : " + from.type() + ") -> " + from.type(),
                        from.type())
                .name;
  return to;
}

static std::string sizeText(const Size &size) {
  return size.name.empty() ? std::to_string(size.value) : size.name;
}

static std::string list(const std::vector<std::string> &parts) {
  return "[" + join(parts) + "]";
}

Node GraphWriter::slice(const Node &from, int64_t offset, int64_t size,
                        int64_t stride) {
  const size_t rank = from.sizes.size();
  std::vector<std::string> offsets(rank, "0"), sizes, strides(rank, "1");
  Node to = from;
  to.sizes.back() = {size, ""};
  for (const Size &s : to.sizes)
    sizes.push_back(sizeText(s));
  offsets.back() = std::to_string(offset);
  strides.back() = std::to_string(stride);
  to.name = writer
                .define("tensor.extract_slice " + from.name + list(offsets) +
                            " " + list(sizes) + " " + list(strides) + " : " +
                            from.type() + " to " + to.type(),
                        to.type())
                .name;
  return to;
}

Node GraphWriter::concat(const Node &first, const Node &second, size_t dim) {
  Node to = first;
  Size &size = to.sizes[dim];
  const Size &more = second.sizes[dim];
  if (!size.name.empty() || !more.name.empty()) {
    auto name = [&](const Size &s) {
      return s.name.empty() ? writer.index(s.value).name : s.name;
    };
    size.name =
        writer
            .define("arith.addi " + name(size) + ", " + name(more) + " : index",
                    "index")
            .name;
  }
  size.value += more.value;
  to.name =
      writer
          .define("tensor.concat dim(" + std::to_string(dim) + ") " +
                      first.name + ", " + second.name + " : (" + first.type() +
                      ", " + second.type() + ") -> " + to.type(),
                  to.type())
          .name;
  return to;
}

Node GraphWriter::addUnit(const Node &from) {
  Node to = from;
  to.sizes.push_back({1, ""});
  std::vector<std::string> groups, sizes;
  const size_t rank = from.sizes.size();
  for (size_t dim = 0; dim < rank; ++dim)
    groups.push_back(dim + 1 < rank ? "[" + std::to_string(dim) + "]"
                                    : "[" + std::to_string(dim) + ", " +
                                          std::to_string(rank) + "]");
  for (const Size &size : to.sizes)
    sizes.push_back(sizeText(size));
  to.name = writer
                .define("tensor.expand_shape " + from.name + " " +
                            list(groups) + " output_shape " + list(sizes) +
                            " : " + from.type() + " into " + to.type(),
                        to.type())
                .name;
  return to;
}

Node GraphWriter::withKnownFeatures(const Node &from) {
  if (from.sizes.back().name.empty())
    return from;
  Node to = from;
  to.sizes.back().name.clear();
  to.name = writer
                .define("tensor.cast " + from.name + " : " + from.type() +
                            " to " + to.type(),
                        to.type())
                .name;
  return to;
}

Node GraphWriter::constant(const std::string &element,
                           const std::vector<Size> &sizes,
                           const std::string &text) {
  Node node{"", element, sizes};
  node.name = writer
                  .define("arith.constant dense<" + text + "> : " + node.type(),
                          node.type())
                  .name;
  return node;
}

} // namespace attn::random_rewrites
