//===- Undefined.cpp - Programs that may do what is not defined -----------===//
//===----------------------------------------------------------------------===//
//
// Integer arithmetic on data: divisions, shifts, conversions, dimensions, reads
// and loops whose operands are at times those that have no result. Either the
// oracle has a number and the compiled code the same one, or both refuse.
//
//===----------------------------------------------------------------------===//

#include "Draw.h"
#include "Families.h"

#include <functional>
#include <limits>

namespace attn::random_programs {

namespace {

using Define = std::function<std::string(const std::string &)>;

class Arithmetic {
public:
  explicit Arithmetic(ProgramWriter &writer)
      : writer(writer), random(writer.random) {}
  void draw();

private:
  void drawScalars();
  void drawBody();
  void drawWhole();
  void drawRegion();

  int64_t number();
  Tensor numbers(const Shape &shape);
  Tensor floats(const Shape &shape);
  std::string constant(int64_t value) {
    return define("arith.constant " + std::to_string(value) + " : " + type());
  }
  std::string type() const { return dtypeName(dtype); }
  std::string binary();
  std::string power();
  /// A new value from the ones that there are.
  void step(int depth);
  std::string one() {
    return values[size_t(random.integer(0, int64_t(values.size()) - 1))];
  }
  std::string toIndex(const std::string &value) {
    return define("arith.index_cast " + value + " : " + type() + " to index");
  }
  std::string fromIndex(const std::string &value) {
    return define("arith.index_cast " + value + " : index to " + type());
  }
  void steps(int depth);
  std::string branch(int depth);
  std::string loop(int depth);

  ProgramWriter &writer;
  RandomSequence &random;
  DType dtype = pick(random, {DType::i8, DType::i32, DType::i64});
  int64_t width = int64_t(byteSize(dtype)) * 8;
  /// How much of the data is likely to have no result.
  double badShare = pick(random, {0.0, 0.0, 0.05, 0.4});
  Define define = [this](const std::string &operation) {
    const std::string name = writer.fresh();
    text += name + " = " + operation + "\n";
    return name;
  };
  std::string text;
  std::vector<std::string> values;
  Value table;           // rank 1, of numbers
  Value numbersOfFloats; // rank 1
};

} // namespace

int64_t Arithmetic::number() {
  if (!random.chance(badShare))
    return pick<int64_t>(random, {1, 2, 3, 5, 7});
  const int64_t least = dtype == DType::i8 ? -128
                        : dtype == DType::i32
                            ? -(int64_t(1) << 31)
                            : std::numeric_limits<int64_t>::min();
  return pick<int64_t>(
      random, {0, 0, -1, -3, least, -(least + 1), width, width - 1, 4});
}

Tensor Arithmetic::numbers(const Shape &shape) {
  Tensor tensor(dtype, shape);
  for (int64_t n = 0; n < tensor.size(); ++n)
    tensor.setInt(n, number());
  return tensor;
}

Tensor Arithmetic::floats(const Shape &shape) {
  Tensor tensor(DType::f32, shape);
  for (int64_t n = 0; n < tensor.size(); ++n)
    tensor.set(n, !random.chance(badShare)
                      ? random.normal() * 40
                      : pick(random, {std::numeric_limits<double>::quiet_NaN(),
                                      std::numeric_limits<double>::infinity(),
                                      -std::numeric_limits<double>::infinity(),
                                      1e30, -3e9, 2147483648.0, -129.0, 300.0,
                                      -0.5, 9223372036854775808.0}));
  return tensor;
}

std::string Arithmetic::binary() {
  return pick<const char *>(random, {"divsi", "remsi", "floordivsi",
                                     "ceildivsi", "divui", "remui", "ceildivui",
                                     "shli", "shrui", "shrsi", "addi", "subi",
                                     "muli", "andi", "maxsi", "minui"});
}

/// Where data is likely to have no result, of what is often 0 to what is below
/// 0: two values that happen to be that are rare.
std::string Arithmetic::power() {
  std::string base = one(), exponent = one();
  if (badShare > 0 && random.chance(0.5)) {
    base = define("arith.andi " + base + ", " + constant(1) + " : " + type());
    exponent =
        define("arith.ori " + exponent + ", " + constant(-4) + " : " + type());
  }
  return define("math.ipowi " + base + ", " + exponent + " : " + type());
}

std::string Arithmetic::branch(int depth) {
  const std::string which =
      define("arith.cmpi " +
             std::string(pick<const char *>(random, {"slt", "ne", "ule"})) +
             ", " + one() + ", " + one() + " : " + type());
  const std::string result = writer.fresh();
  text += result + " = scf.if " + which + " -> " + type() + " {\n";
  const size_t outside = values.size();
  for (int part = 0; part < 2; ++part) {
    step(depth + 1);
    text += "scf.yield " + values.back() + " : " + type() + "\n}" +
            (part ? "\n" : " else {\n");
    values.resize(outside);
  }
  return result;
}

std::string Arithmetic::loop(int depth) {
  const std::string low = constant(0);
  const std::string mask = constant(15);
  const std::string high =
      define("arith.andi " + one() + ", " + mask + " : " + type());
  const std::string stride = one(), start = one();
  const std::string result = writer.fresh(), counter = writer.fresh(),
                    carried = writer.fresh();
  text += result + " = scf.for " + counter + " = " + low + " to " + high +
          " step " + stride + " iter_args(" + carried + " = " + start +
          ") -> (" + type() + ") : " + type() + " {\n";
  const size_t outside = values.size();
  values.insert(values.end(), {counter, carried});
  step(depth + 1);
  text += "scf.yield " + values.back() + " : " + type() + "\n}\n";
  values.resize(outside);
  return result;
}

void Arithmetic::step(int depth) {
  const int64_t kind = random.integer(0, 16);
  if (kind == 0 && depth < 2) {
    values.push_back(branch(depth));
  } else if (kind == 1 && depth < 2) {
    values.push_back(loop(depth));
  } else if (kind == 2 || kind == 3) {
    values.push_back(power());
  } else if (kind == 4) {
    const std::string zero = define("arith.constant 0 : index");
    const std::string x = define("tensor.extract " + numbersOfFloats.name +
                                 "[" + zero + "] : " + numbersOfFloats.type);
    values.push_back(define(
        std::string(random.chance(0.5) ? "arith.fptosi " : "arith.fptoui ") +
        x + " : f32 to " + type()));
  } else if (kind == 5) {
    const std::string at = toIndex(one());
    values.push_back(fromIndex(
        define("tensor.dim " + table.name + ", " + at + " : " + table.type)));
  } else if (kind == 6) {
    const std::string at = toIndex(one());
    values.push_back(define("tensor.extract " + table.name + "[" + at +
                            "] : " + table.type));
  } else {
    const std::string op = binary();
    const bool promise = random.chance(0.2);
    const std::string a = one(), b = one();
    const std::string flags =
        !promise ? ""
        : op == "addi" || op == "subi" || op == "muli" || op == "shli"
            ? " overflow<nsw, nuw>"
            : "";
    values.push_back(
        define("arith." + op + " " + a + ", " + b + flags + " : " + type()));
  }
}

void Arithmetic::steps(int depth) {
  for (int64_t n = random.integer(1, 5); n > 0; --n)
    step(depth);
}

void Arithmetic::drawScalars() {
  for (int64_t n = 0; n < 3; ++n) {
    const Value scalar = writer.argument("s", numbers({}));
    values.push_back(
        define("tensor.extract " + scalar.name + "[] : " + scalar.type));
  }
  steps(0);
  const std::string result = "tensor<" + type() + ">";
  const std::string made =
      define("tensor.from_elements " + values.back() + " : " + result);
  writer.line(text);
  writer.result({made, result}, {0, 0});
}

/// In the body of a linalg op, for each element.
void Arithmetic::drawBody() {
  const int64_t size = random.integer(1, 9);
  const std::string whole =
      "tensor<" + std::to_string(size) + "x" + type() + ">";
  const Value a = writer.argument("a", numbers({size}), 1),
              b = writer.argument("b", numbers({size}), 1);
  const std::string empty = define("tensor.empty() : " + whole);
  const std::string made = writer.fresh(), x = writer.fresh(),
                    y = writer.fresh(), o = writer.fresh();
  const std::string map = "affine_map<(i) -> (i)>";
  text += made + " = linalg.generic {indexing_maps = [" +
          join({map, map, map}) + "], iterator_types = [\"parallel\"]} ins(" +
          a.name + ", " + b.name + " : " + a.type + ", " + b.type + ") outs(" +
          empty + " : " + whole + ") {\n^bb0(" + x + ": " + type() + ", " + y +
          ": " + type() + ", " + o + ": " + type() + "):\n";
  values = {x, y};
  steps(0);
  text += "linalg.yield " + values.back() + " : " + type() + "\n} -> " + whole;
  writer.line(text);
  writer.result({made, whole}, {0, 0});
}

/// Ops on whole tensors.
void Arithmetic::drawWhole() {
  const int64_t size = random.integer(1, 9);
  const std::string whole =
      "tensor<" + std::to_string(size) + "x" + type() + ">";
  for (int64_t n = 0; n < 3; ++n)
    values.push_back(writer.argument("a", numbers({size}), 1).name);
  const Value x = writer.argument("x", floats({size}), 1);
  values.push_back(
      define("arith.fptosi " + x.name + " : " + x.type + " to " + whole));
  for (int64_t n = random.integer(1, 4); n > 0; --n) {
    const std::string a = one(), b = one();
    values.push_back(
        define("arith." + binary() + " " + a + ", " + b + " : " + whole));
  }
  writer.line(text);
  writer.result({values.back(), whole}, {0, 0});
}

/// In a region of attention, on positions and on what they read.
void Arithmetic::drawRegion() {
  const int64_t queries = random.integer(1, 20), keys = random.integer(1, 70);
  const Value q = writer.argument(
      "q", drawNormal(random, DType::f32, {1, 2, queries, 4}), 4);
  const Value k =
      writer.argument("k", drawNormal(random, DType::f32, {1, 1, keys, 4}), 4);
  const std::string kind =
      pick<const char *>(random, {"mask", "score", "prob"});
  const Value scalar = writer.argument("s", numbers({}));
  const Value row = writer.argument("row", numbers({queries}), 1);
  const Value column = writer.argument("column", numbers({keys}), 1);
  values.push_back(
      define("tensor.extract " + scalar.name + "[] : " + scalar.type));
  const std::string s = writer.fresh(), b = writer.fresh(), h = writer.fresh(),
                    i = writer.fresh(), j = writer.fresh();
  const std::string made = writer.fresh();
  text += made + " = attn.attention " + q.name + ", " + k.name + ", " + k.name +
          " scale 0.4 " + kind + " (" + (kind == "mask" ? "" : s + ": f32, ") +
          b + ": index, " + h + ": index, " + i + ": index, " + j +
          ": index) {\n";
  // Divisors that depend on all, some or none of the positions.
  if (random.chance(0.6))
    values.push_back(fromIndex(i));
  if (random.chance(0.6))
    values.push_back(fromIndex(j));
  if (random.chance(0.4))
    values.push_back(
        define("tensor.extract " + row.name + "[" + i + "] : " + row.type));
  if (random.chance(0.4))
    values.push_back(define("tensor.extract " + column.name + "[" + j +
                            "] : " + column.type));
  steps(0);
  const std::string last = values.back();
  const std::string four = constant(4);
  const std::string small =
      define("arith.remui " + last + ", " + four + " : " + type());
  std::string yielded;
  if (kind == "mask") {
    yielded =
        define("arith.cmpi ne, " + small + ", " + constant(0) + " : " + type());
  } else {
    const std::string real =
        define("arith.sitofp " + small + " : " + type() + " to f32");
    yielded =
        define(std::string(kind == "score" ? "arith.addf " : "arith.mulf ") +
               s + ", " + real + " : f32");
  }
  text += "attn.yield " + yielded + " : " + (kind == "mask" ? "i1" : "f32") +
          "\n} : " + join({q.type, k.type, k.type}) + " -> " + q.type;
  writer.line(text);
  writer.result({made, q.type}, {1e-4, 1e-4});
}

void Arithmetic::draw() {
  writer.followOracle();
  const int64_t kind = random.integer(0, 9);
  table = writer.argument("table", numbers({random.integer(1, 6)}), 0);
  numbersOfFloats = writer.argument("x", floats({1}), 1);
  if (kind < 4)
    drawScalars();
  else if (kind < 6)
    drawBody();
  else if (kind < 8)
    drawWhole();
  else
    drawRegion();
}

void drawUndefined(ProgramWriter &writer) { Arithmetic(writer).draw(); }

} // namespace attn::random_programs
