//===- Masks.cpp - Predicates, and what they are combined to --------------===//

#include "Regions.h"

#include <algorithm>

namespace attn::random_programs {

std::string RegionWriter::mask() {
  const std::string head = begin("mask", "");
  return head + end({predicate(2)}, "i1");
}

std::string RegionWriter::paddingMask(const std::vector<int64_t> &lengths) {
  const std::string head = begin("mask", "");
  std::string value = prefixByBatch(lengths);
  if (random.chance(0.5))
    value = define("arith.andi " + value + ", " + predicate(1) + " : i1");
  return head + end({value}, "i1");
}

std::string RegionWriter::predicate(int depth) {
  if (depth == 0 || random.chance(0.4))
    return leaf();
  const std::string first = predicate(depth - 1);
  if (random.chance(0.15))
    return define("arith.xori " + first + ", " + constant("true", "") +
                  " : i1");
  const std::string op = random.chance(0.7) ? "andi" : "ori";
  const std::string second = predicate(depth - 1);
  return define("arith." + op + " " + first + ", " + second + " : i1");
}

std::string RegionWriter::leaf() {
  switch (random.integer(0, 11)) {
  case 0:
  case 1:
  case 2:
    return causal();
  case 3:
  case 4:
    return window();
  case 5:
    return prefix();
  case 6:
    return sameSegment();
  case 7:
    return blockSparse();
  case 8:
    return boolMask();
  case 9:
    return notMinusInfinity();
  case 10:
    return random.chance(0.2)
               ? constant(random.chance(0.5) ? "true" : "false", "")
               : comparison();
  default:
    return comparison();
  }
}

std::string RegionWriter::causal() {
  return define("attn.causal " + i + ", " + j + offsetText());
}

std::string RegionWriter::window() {
  const std::string from = offsetText();
  std::string bounds;
  for (const char *side : {" left ", " right "})
    if (random.chance(0.75))
      bounds += side + std::to_string(pick<int64_t>(
                           random, {-1, 0, 1, 3, random.integer(0, 20)}));
  return define("attn.window " + i + ", " + j + from + bounds);
}

std::string RegionWriter::prefix() {
  if (random.chance(0.5)) {
    std::vector<int64_t> lengths;
    for (int64_t n = 0; n < sizes.batch; ++n)
      lengths.push_back(random.chance(0.2) ? 0
                                           : random.integer(0, sizes.keys + 2));
    return prefixByBatch(lengths);
  }
  const int64_t length = random.integer(-1, sizes.keys + 1);
  const Value value = random.chance(0.5)
                          ? writer.index(length)
                          : writer.runTimeIndex("length", length);
  return define("attn.prefix " + j + " length " + value.name);
}

std::string RegionWriter::prefixByBatch(const std::vector<int64_t> &lengths) {
  const DType type = pick(random, {DType::i32, DType::i64});
  Tensor tensor(type, {sizes.batch});
  for (int64_t n = 0; n < sizes.batch; ++n)
    tensor.setInt(n, lengths[n]);
  const Value argument = writer.argument("lengths", std::move(tensor));
  const std::string read = define("tensor.extract " + argument.name + "[" + b +
                                  "] : " + argument.type);
  const std::string length = define("arith.index_cast " + read + " : " +
                                    dtypeName(type) + " to index");
  return define("attn.prefix " + j + " length " + length);
}

std::string RegionWriter::sameSegment() {
  const DType type = drawInteger(random);
  const int64_t documents = random.integer(1, 4);
  auto draw = [&](const std::string &name, int64_t length) {
    return writer.argument(
        name,
        drawIntegers(random, type, {sizes.batch, length}, 0, documents - 1));
  };
  const Value queries = draw("segments", sizes.queries);
  const Value keys = draw("key_segments", sizes.keys);
  return define("attn.same_segment " + queries.name + ", " + keys.name +
                " at " + b + ", " + i + ", " + j + " : " + queries.type + ", " +
                keys.type);
}

std::string RegionWriter::blockSparse() {
  const int64_t queryBlock = pick<int64_t>(random, {1, 4, 16});
  const int64_t keyBlock = pick<int64_t>(random, {1, 3, 16, 32});
  const Shape shape = {sizes.batch, sizes.heads(),
                       (sizes.queries + queryBlock - 1) / queryBlock,
                       (sizes.keys + keyBlock - 1) / keyBlock};
  const Value table =
      writer.argument("blocks", drawIntegers(random, DType::i1, shape, 0, 1));
  return define("attn.block_sparse " + table.name + " at " + b + ", " + h +
                ", " + i + ", " + j + " blocks " + std::to_string(queryBlock) +
                ", " + std::to_string(keyBlock) + " : " + table.type);
}

/// Users' own predicates: affine ones, strides, single heads and batches.
std::string RegionWriter::comparison() {
  const std::string relation =
      pick<const char *>(random, {"slt", "sle", "sgt", "sge", "eq", "ne"});
  std::string left = random.chance(0.2)   ? h
                     : random.chance(0.2) ? b
                     : random.chance(0.3)
                         ? define("arith.addi " + i + ", " + j + " : index")
                         : define("arith.subi " + j + ", " + i + " : index");
  int64_t bound = random.integer(-3, 6);
  if (random.chance(0.4)) {
    const int64_t divisor = random.integer(2, 8);
    const std::string op =
        pick<const char *>(random, {"remsi", "floordivsi", "divsi"});
    left = define("arith." + op + " " + left + ", " +
                  constant(std::to_string(divisor), "index") + " : index");
    bound = random.integer(0, divisor - 1);
  }
  return define("arith.cmpi " + relation + ", " + left + ", " +
                constant(std::to_string(bound), "index") + " : index");
}

std::string RegionWriter::boolMask() {
  return capture("attend", DType::i1, false, 0).value;
}

std::string RegionWriter::notMinusInfinity() {
  const DType type = drawFloatBeside(random, error.type);
  const double norm = error.norm;
  const Captured bias = capture("bias", type, true, 0.3);
  error.norm = norm; // only compared
  const char *const minusInfinity = type == DType::f16    ? "0xFC00"
                                    : type == DType::bf16 ? "0xFF80"
                                    : type == DType::f32 ? "0xFF800000"
                                                         : "0xFFF0000000000000";
  return define("arith.cmpf ogt, " + bias.value + ", " +
                constant(minusInfinity, dtypeName(type)) + " : " +
                dtypeName(type));
}

} // namespace attn::random_programs
