//===- Regions.cpp - The frame of regions, and what they capture ----------===//

#include "Regions.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attn::random_programs {

std::string RegionWriter::begin(const std::string &name,
                                const std::string &first) {
  b = writer.fresh(), h = writer.fresh(), i = writer.fresh(),
  j = writer.fresh();
  text.clear();
  std::string arguments;
  for (const std::string *position : {&b, &h, &i, &j})
    arguments += (position == &b ? "" : ", ") + *position + ": index";
  return "\n    " + name + " (" + (first.empty() ? "" : first + ", ") +
         arguments + ") {\n";
}

std::string RegionWriter::end(const std::vector<std::string> &values,
                              const std::string &type) {
  return text + "      attn.yield " + join(values) + " : " +
         join(std::vector<std::string>(values.size(), type)) + "\n    }";
}

std::string RegionWriter::define(const std::string &operation) {
  const std::string name = writer.fresh();
  text += "      " + name + " = " + operation + "\n";
  return name;
}

std::string RegionWriter::constant(const std::string &value,
                                   const std::string &type) {
  return define("arith.constant " + value +
                (type.empty() ? "" : " : " + type)); // `true` has one already
}

/// How far queries are behind keys: top-left, bottom-right, a cache, or not
/// sensible; known when compiled, or only when run.
std::string RegionWriter::offset() {
  const int64_t value = pick<int64_t>(random, {0, sizes.keys - sizes.queries,
                                               random.integer(0, sizes.keys),
                                               random.integer(-5, 5)});
  return (random.chance(0.5) ? writer.index(value)
                             : writer.runTimeIndex("past", value))
      .name;
}

std::string RegionWriter::offsetText() {
  return random.chance(0.5) ? "" : " offset " + offset();
}

std::string RegionWriter::toScoreType(const std::string &value, DType type) {
  if (type == error.type)
    return value;
  const bool wider = byteSize(type) < byteSize(error.type);
  return define(std::string("arith.") + (wider ? "extf " : "truncf ") + value +
                " : " + dtypeName(type) + " to " + scoreType());
}

RegionWriter::Captured RegionWriter::capture(const std::string &stem,
                                             DType type, bool floats,
                                             double minusInfinityShare) {
  Shape shape;
  std::vector<std::string> at;
  auto add = [&](int64_t size, const std::string &position) {
    const double kind = random.uniform();
    if (kind < 0.4)
      return;
    shape.push_back(kind < 0.6 ? 1 : size);
    at.push_back(kind < 0.6 ? constant("0", "index") : position);
  };
  add(sizes.batch, b);
  add(sizes.heads(), h);
  shape.insert(shape.end(), {sizes.queries, sizes.keys});
  at.insert(at.end(), {i, j});

  Tensor tensor = floats ? drawNormal(random, type, shape)
                         : drawIntegers(random, type, shape, 0, 1);
  const uint64_t seed = random.bits();
  for (int64_t n = 0; minusInfinityShare > 0 && n < tensor.size(); ++n)
    if (randomUniform(seed, n) < minusInfinityShare)
      tensor.set(n, -std::numeric_limits<double>::infinity());
  if (floats)
    error.norm += maxAbs(tensor);
  const Value argument = writer.argument(stem, std::move(tensor));
  return {define("tensor.extract " + argument.name + "[" + join(at) +
                 "] : " + argument.type),
          type};
}

//===----------------------------------------------------------------------===//
// Score and prob
//===----------------------------------------------------------------------===//

std::string RegionWriter::score(bool intermediate) {
  const std::string s = writer.fresh();
  const std::string head = begin("score", s + ": " + scoreType());
  std::vector<std::string> steps = {s};
  for (int64_t n = random.integer(intermediate ? 0 : 1, 3); n > 0; --n)
    steps.push_back(modifier(steps.back()));
  std::vector<std::string> yields = {steps.back()};
  if (intermediate)
    yields.push_back(steps[random.integer(0, int64_t(steps.size()) - 1)]);
  return head + end(yields, scoreType());
}

std::string RegionWriter::modifier(const std::string &s) {
  switch (random.integer(0, 5)) {
  case 0:
    return softcap(s);
  case 1:
    return alibi(s);
  case 2:
    return relativePositionBias(s);
  case 3:
    return capturedBias(s);
  default:
    return arithmetic(s);
  }
}

std::string RegionWriter::softcap(const std::string &s) {
  const double cap = pick(random, {0.5, 2.0, 20.0, 50.0});
  error.norm += cap;
  return define("attn.softcap " + s + ", " + literal(cap) + " : " +
                scoreType());
}

std::string RegionWriter::alibi(const std::string &s) {
  const Tensor slopes = drawNormal(random, drawFloatBeside(random, error.type),
                                   {sizes.heads()}, 0.3);
  error.norm += maxAbs(slopes) * double(sizes.queries + 2 * sizes.keys + 5);
  const Value argument = writer.argument("slopes", slopes);
  const std::string from = offsetText();
  return define("attn.alibi " + s + ", " + argument.name + " at " + h + ", " +
                i + ", " + j + from + (random.chance(0.4) ? " absolute" : "") +
                " : " + scoreType() + ", " + argument.type);
}

std::string RegionWriter::relativePositionBias(const std::string &s) {
  const int64_t buckets = pick<int64_t>(random, {4, 8, 32});
  const Tensor table = drawNormal(random, drawFloatBeside(random, error.type),
                                  {buckets, sizes.heads()});
  error.norm += maxAbs(table);
  const Value argument = writer.argument("table", table, 1);
  const std::string from = offsetText();
  const int64_t maxDistance = pick<int64_t>(random, {20, 33, 128});
  return define("attn.relative_position_bias " + s + ", " + argument.name +
                " at " + h + ", " + i + ", " + j + from + " max_distance " +
                std::to_string(maxDistance) +
                (random.chance(0.5) ? " bidirectional" : "") + " : " +
                scoreType() + ", " + argument.type);
}

std::string RegionWriter::capturedBias(const std::string &s) {
  const double share = random.chance(0.5) ? 0 : pick(random, {0.1, 0.5, 1.0});
  const Captured bias =
      capture("bias", drawFloatBeside(random, error.type), true, share);
  return define("arith.addf " + s + ", " + toScoreType(bias.value, bias.type) +
                " : " + scoreType());
}

std::string RegionWriter::arithmetic(const std::string &s) {
  const double factor = pick(random, {-1.5, 0.25, 0.75, 1.25});
  const std::string c = constant(literal(factor), scoreType());
  if (random.chance(0.3)) {
    error.norm *= std::max(1.0, std::abs(factor));
    return define("arith.mulf " + s + ", " + c + " : " + scoreType());
  }
  if (random.chance(0.4)) { // one thing for some heads, another for others
    error.norm *= std::max(1.0, std::abs(factor));
    const std::string scaled =
        define("arith.mulf " + s + ", " + c + " : " + scoreType());
    const std::string one = constant("1", "index");
    const std::string which =
        define("arith.cmpi slt, " + h + ", " + one + " : index");
    return define("arith.select " + which + ", " + scaled + ", " + s + " : " +
                  scoreType());
  }
  error.norm += std::abs(factor) * double(std::max(sizes.queries, sizes.keys));
  const std::string distance =
      define("arith.subi " + j + ", " + i + " : index");
  const std::string integer =
      define("arith.index_cast " + distance + " : index to i32");
  const std::string real =
      define("arith.sitofp " + integer + " : i32 to " + scoreType());
  const std::string term =
      define("arith.mulf " + real + ", " + c + " : " + scoreType());
  return define("arith.addf " + s + ", " + term + " : " + scoreType());
}

std::string RegionWriter::floorBias() {
  const std::string s = writer.fresh();
  const std::string head = begin("score", s + ": " + scoreType());
  const DType type = pick(random, {DType::f32, DType::bf16});
  Tensor bias(type, {sizes.queries, sizes.keys});
  const double lowest =
      type == DType::f32 ? -double(std::numeric_limits<float>::max()) : -3.0e38;
  const uint64_t seed = random.bits();
  for (int64_t n = 0; n < bias.size(); ++n)
    if (n / sizes.keys % 2 == 0 || randomUniform(seed, n) < 0.5)
      bias.set(n, lowest);
  const Value argument = writer.argument("bias", std::move(bias));
  const std::string read = define("tensor.extract " + argument.name + "[" + i +
                                  ", " + j + "] : " + argument.type);
  const std::string sum = define("arith.addf " + s + ", " +
                                 toScoreType(read, type) + " : " + scoreType());
  return head + end({sum}, scoreType());
}

std::string RegionWriter::prob(ProbGrowth &growth) {
  const std::string p = writer.fresh();
  const std::string head = begin("prob", p + ": " + scoreType());
  const double factor = pick(random, {-0.5, 0.9, 1.25});
  std::string value;
  switch (random.integer(0, 2)) {
  case 0: { // dropout's rescaling, where it is known which pairs are dropped
    const std::string which = comparison();
    const std::string scaled =
        define("arith.mulf " + p + ", " +
               constant(literal(factor), scoreType()) + " : " + scoreType());
    value = define("arith.select " + which + ", " + scaled + ", " + p + " : " +
                   scoreType());
    growth.factor = growth.sum = std::max(1.0, std::abs(factor));
    break;
  }
  case 1:
    value = define("arith.mulf " + p + ", " + p + " : " + scoreType());
    growth.factor = 2;
    break;
  default: // not 0 where the probability is: D20 says where that counts
    value = define("arith.addf " + p + ", " +
                   constant(literal(0.125), scoreType()) + " : " + scoreType());
    growth.sum = 1 + 0.125 * double(sizes.keys);
  }
  return head + end({value}, scoreType());
}

} // namespace attn::random_programs
