//===- RandomMask.cpp - Random mask regions -------------------------------===//
#include "RandomMask.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {

class Writer {
public:
  Writer(Random &random, bool data) : random(random), data(data) {}

  std::string predicate(int depth) {
    if (depth == 0 || random.chance(0.25))
      return leaf();
    const std::string a = predicate(depth - 1);
    if (random.chance(0.15))
      return define("arith.xori " + a + ", %true : i1");
    const std::string b = predicate(depth - 1);
    switch (random.integer(0, 9)) {
    case 0:
      return define("arith.select " + leaf() + ", " + a + ", " + b + " : i1");
    case 1:
      return define("arith.xori " + a + ", " + b + " : i1");
    case 2:
    case 3:
    case 4:
      return define("arith.ori " + a + ", " + b + " : i1");
    default:
      return define("arith.andi " + a + ", " + b + " : i1");
    }
  }

  std::string body;

private:
  std::string define(const std::string &text) {
    const std::string name = "%v" + std::to_string(next++);
    body += "      " + name + " = " + text + "\n";
    return name;
  }

  std::string constant(int64_t low, int64_t high) {
    return define("arith.constant " +
                  std::to_string(random.integer(low, high)) + " : index");
  }

  std::string offset() {
    return random.chance(0.5) ? "" : " offset " + atom(false);
  }

  std::string leaf() {
    const auto bound = [&] { return std::to_string(random.integer(-1, 8)); };
    switch (random.integer(0, data ? 9 : 7)) {
    case 0:
    case 1:
      return define("attn.causal %i, %j" + offset());
    case 2:
      return define("attn.window %i, %j" + offset() + " left " + bound() +
                    " right " + bound());
    case 3:
      return define("attn.prefix %j length " + atom(false));
    case 4:
      return random.chance(0.3) ? "%f" : compare();
    case 8:
      return define("attn.same_segment %seg, %seg at %b, %i, %j : "
                    "tensor<?x?xi32>, tensor<?x?xi32>");
    case 9:
      return define("attn.block_sparse %tab at %b, %h, %i, %j blocks 4, 3 : "
                    "tensor<?x?x?x?xi1>");
    default:
      return compare();
    }
  }

  std::string compare() {
    static const char *const kinds[] = {"eq",  "ne",  "slt", "sle", "sgt",
                                        "sge", "ult", "ule", "ugt", "uge"};
    const std::string kind = kinds[random.integer(0, 9)];
    const std::string a = index(2), b = index(1);
    return define("arith.cmpi " + kind + ", " + a + ", " + b + " : index");
  }

  std::string atom(bool positions = true) {
    static const char *const names[] = {"%s0", "%s1", "%n_b", "%i", "%j",
                                        "%i",  "%j",  "%b",   "%h"};
    if (positions && data && random.chance(0.15))
      return random.chance(0.5) ? "%seg_i" : "%seg_j";
    const int64_t kind = random.integer(0, positions ? 12 : 3);
    if (kind <= (positions ? 8 : 2))
      return names[kind];
    return constant(-8, 12);
  }

  std::string index(int depth) {
    if (depth == 0 || random.chance(0.25))
      return atom();
    const std::string a = index(depth - 1);
    static const char *const divisions[] = {"floordivsi", "ceildivsi", "divsi",
                                            "remsi", "remui"};
    switch (random.integer(0, 9)) {
    case 0:
      return define("arith.muli " + a + ", " + constant(-3, 3) + " : index");
    case 1:
    case 2:
      return define(std::string("arith.") + divisions[random.integer(0, 4)] +
                    " " + a + ", " + constant(1, 6) + " : index");
    case 3:
      return define("arith.minsi " + a + ", " + index(depth - 1) + " : index");
    case 4:
      return define("arith.maxsi " + a + ", " + index(depth - 1) + " : index");
    case 5:
    case 6:
      return define("arith.addi " + a + ", " + index(depth - 1) + " : index");
    default:
      return define("arith.subi " + a + ", " + index(depth - 1) + " : index");
    }
  }

  Random &random;
  bool data;
  int next = 0;
};

} // namespace

/// %seg_i or %seg_j, the segment of a position.
static std::string readSegment(const std::string &position) {
  const std::string name = "%seg_" + position.substr(1);
  return "      " + name + "_e = tensor.extract %seg[%b, " + position +
         "] : tensor<?x?xi32>\n      " + name + " = arith.index_cast " + name +
         "_e : i32 to index\n";
}

MaskText test::drawMask(Random &random, bool data, int64_t queryLength,
                        int64_t keyLength) {
  MaskText text;
  text.staticLengths = random.chance(0.5);
  const auto type = [&](int64_t heads, int64_t length) {
    return "tensor<2x" + std::to_string(heads) + "x" +
           (text.staticLengths ? std::to_string(length) : "?") + "x8xf32>";
  };
  const std::string q = type(numHeads, queryLength), k = type(2, keyLength);
  Writer writer(random, data);
  const std::string result = writer.predicate(random.integer(0, 3));
  text.module =
      "func.func @f(%q: " + q + ", %k: " + k + ", %v: " + k +
      ", %s0: index, %s1: index, %f: i1, %n: tensor<?xi32>, "
      "%seg: tensor<?x?xi32>, %tab: tensor<?x?x?x?xi1>) -> " +
      q +
      " {\n  %o = attn.attention %q, %k, %v\n    mask (%b: index, %h: "
      "index, %i: index, %j: index) {\n      %true = arith.constant true\n"
      "      %n_e = tensor.extract %n[%b] : tensor<?xi32>\n"
      "      %n_b = arith.index_cast %n_e : i32 to index\n" +
      (data ? readSegment("%i") + readSegment("%j") : "") + writer.body +
      "      attn.yield " + result + " : i1\n    } : " + q + ", " + k + ", " +
      k + " -> " + q + "\n  return %o : " + q + "\n}\n";
  return text;
}

Inputs test::drawInputs(Random &random, int64_t queryLength,
                        int64_t keyLength) {
  Inputs inputs;
  inputs.queryLength = queryLength;
  inputs.keyLength = keyLength;
  for (int64_t &scalar : inputs.scalars)
    scalar = random.integer(-10, 25);
  inputs.flag = random.chance(0.5);
  const int64_t longest = std::max(queryLength, keyLength);
  for (int64_t b = 0; b < numBatches; ++b) {
    inputs.lengths.push_back(random.integer(-2, keyLength + 2));
    inputs.segments.emplace_back();
    for (int64_t n = 0, document = 0; n < longest; ++n) {
      document += random.chance(0.2);
      inputs.segments.back().push_back(document);
    }
  }
  inputs.tableRows = llvm::divideCeilSigned(queryLength, tableQueryBlock);
  inputs.tableColumns = llvm::divideCeilSigned(keyLength, tableKeyBlock);
  inputs.table.resize(numBatches * numHeads * inputs.tableRows *
                      inputs.tableColumns);
  for (char &entry : inputs.table)
    entry = random.chance(0.4);
  return inputs;
}
