//===- Rewrites.cpp - Attention in a random equal form --------------------===//
#include "Rewrites.h"

#include "AttentionWriter.h"

namespace attn::random_rewrites {

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// A logit of 0 beside the others: what was subtracted from them is subtracted
/// from it.
Node AttentionWriter::addOne(const Node &sum) {
  const std::vector<int> rows = allLoops(sum.sizes.size());
  if (!hasMaximum)
    return graph.map(
        {{sum, rows}}, sum.sizes, "f32",
        "%o = arith.constant 1.0 : f32\n%r = arith.addf %o, $0 : f32");
  return graph.map({{sum, rows}, {maximum, rows}}, sum.sizes, "f32",
                   "%n = arith.negf $1 : f32\n%e = math.exp %n : f32\n%r = "
                   "arith.addf $0, %e : f32");
}

void AttentionWriter::writeParts() {
  const size_t rank = scores.sizes.size();
  const std::vector<int> all = allLoops(rank), rows = allLoops(rank - 1);
  // Rows of nothing but the lowest number are NaN without the maximum, and a
  // sum from 1 is then no sink.
  const bool needsMaximum =
      (application == "added lowest" && guard != "none") ||
      misses("sum from 1");
  const std::string form =
      needsMaximum ? choose("softmax", {"parts", "reciprocal"})
                   : choose("softmax", {"parts", "reciprocal", "no maximum"});
  Node powers;
  if (form == "no maximum" && !misses("other maximum")) {
    powers = graph.map({{scores, all}}, scores.sizes, "f32",
                       "%r = math.exp $0 : f32");
  } else {
    Node of = scores;
    if (misses("other maximum"))
      of = overScores(
          {}, "%c = arith.constant 0.5 : f32\n%r = arith.mulf $0, %c : f32");
    maximum =
        graph.reduce(of, "0xFF800000", "%r = arith.maximumf %acc, $0 : f32");
    hasMaximum = true;
    powers = graph.map({{scores, all}, {maximum, rows}}, scores.sizes, "f32",
                       "%s = arith.subf $0, $1 : f32\n%r = math.exp %s : f32");
  }
  Node summed = powers;
  if (misses("other sum"))
    summed = graph.map(
        {{powers, all}}, powers.sizes, "f32",
        "%c = arith.constant 2.0 : f32\n%r = arith.mulf $0, %c : f32");
  Node sum = graph.reduce(summed, misses("sum from 1") ? "1.0" : "0.0",
                          "%r = arith.addf %acc, $0 : f32");
  if (misses("other divisor")) {
    Node drop = graph.argument(
        "drop", drawIntegers(random, DType::i1, {sizes.queries}, 0, 1));
    sum = graph.map({{sum, rows}, {drop, {int(rank) - 2}}}, sum.sizes, "f32",
                    "%o = arith.constant 1.0 : f32\n%r = arith.select $1, %o, "
                    "$0 : f32");
  } else if (choose("divisor", {"sum", "sum", "1 where the sum is 0"}) !=
             "sum") {
    sum = graph.map({{sum, rows}}, sum.sizes, "f32",
                    "%o = arith.constant 1.0 : f32\n%z = arith.constant 0.0 : "
                    "f32\n%e = arith.cmpf oeq, $0, %z : f32\n%r = "
                    "arith.select %e, %o, $0 : f32");
  }
  if (!nearMiss &&
      choose("sink", {"none", "none", "none", "1 in the sum"}) != "none")
    sum = addOne(sum);
  std::string body = "%r = arith.divf $0, $1 : f32";
  if (misses("not divided"))
    body = "%r = arith.subf $0, $1 : f32";
  else if (form == "reciprocal")
    body = "%c = arith.constant 1.0 : f32\n%q = arith.divf %c, $1 : f32\n%r = "
           "arith.mulf $0, %q : f32";
  weights = graph.map({{powers, all}, {sum, rows}}, scores.sizes, "f32", body);
}

/// exp(scores - maximum - log(sum)).
void AttentionWriter::writeLogarithm() {
  const size_t rank = scores.sizes.size();
  const std::vector<int> all = allLoops(rank), rows = allLoops(rank - 1);
  choices.push_back("softmax: logarithm");
  maximum =
      graph.reduce(scores, "0xFF800000", "%r = arith.maximumf $0, %acc : f32");
  hasMaximum = true;
  Node shifted = graph.map({{scores, all}, {maximum, rows}}, scores.sizes,
                           "f32", "%r = arith.subf $0, $1 : f32");
  Node powers = graph.map({{shifted, all}}, scores.sizes, "f32",
                          "%r = math.exp $0 : f32");
  Node sum = graph.reduce(powers, "0.0", "%r = arith.addf $0, %acc : f32");
  weights =
      graph.map({{shifted, all}, {sum, rows}}, scores.sizes, "f32",
                "%l = math.log $1 : f32\n%s = arith.subf $0, %l : f32\n%r = "
                "math.exp %s : f32");
}

void AttentionWriter::writeNamed() {
  choices.push_back("softmax: named");
  weights = graph.softmax(scores);
}

void AttentionWriter::guardWeights() {
  const size_t rank = weights.sizes.size();
  const std::vector<int> all = allLoops(rank), rows = allLoops(rank - 1);
  const std::string zero = "%z = arith.constant 0.0 : f32\n";
  if (guard == "is NaN")
    weights = graph.map({{weights, all}}, weights.sizes, "f32",
                        zero + "%n = arith.cmpf uno, $0, $0 : f32\n%r = "
                               "arith.select %n, %z, $0 : f32");
  if (guard == "any") {
    Node any = graph.reduce(mask, "false", "%r = arith.ori $0, %acc : i1");
    weights = graph.map({{weights, all}, {any, rows}}, weights.sizes, "f32",
                        zero + "%r = arith.select $1, $0, %z : f32");
  }
  if (guard == "maximum is -inf") {
    if (!hasMaximum)
      maximum = graph.reduce(scores, "0xFF800000",
                             "%r = arith.maximumf %acc, $0 : f32");
    weights =
        graph.map({{weights, all}, {maximum, rows}}, weights.sizes, "f32",
                  zero + "%low = arith.constant 0xFF800000 : f32\n%n = "
                         "arith.cmpf oeq, $1, %low : f32\n%r = arith.select "
                         "%n, %z, $0 : f32");
  }
}

void AttentionWriter::writeWeights() {
  if (misses("other axis") && guard == "any")
    guard = "none";
  const std::string form =
      nearMiss ? "parts"
               : pick(random, {"parts", "parts", "logarithm", "named"});
  const int n = int(scores.sizes.size());
  std::vector<int> swapped = allLoops(n);
  std::swap(swapped[n - 2], swapped[n - 1]);
  if (misses("other axis"))
    scores = graph.transpose(scores, swapped);
  if (form == "parts")
    writeParts();
  else if (form == "logarithm")
    writeLogarithm();
  else
    writeNamed();
  guardWeights();
  if (misses("other axis"))
    weights = graph.transpose(weights, swapped);
  const std::vector<int> all = allLoops(n);
  if (misses("dropout")) {
    Shape shape;
    for (const Size &size : weights.sizes)
      shape.push_back(size.value);
    Node kept = graph.argument("kept", drawNormal(random, DType::f32, shape));
    weights = graph.map({{weights, all}, {kept, all}}, weights.sizes, "f32",
                        "%r = arith.mulf $0, $1 : f32");
  }
  if (misses("guard by data")) {
    Node rows = graph.argument(
        "drop", drawIntegers(random, DType::i1, {sizes.queries}, 0, 1));
    weights = graph.map({{weights, all}, {rows, {n - 2}}}, weights.sizes, "f32",
                        "%z = arith.constant 0.0 : f32\n%r = arith.select $1, "
                        "$0, %z : f32");
  }
}

/// As the operands are.
Node AttentionWriter::rounded(const Node &node) {
  if (node.element == element)
    return node;
  return graph.map({{node, allLoops(node.sizes.size())}}, node.sizes, element,
                   "%r = arith.truncf $0 : f32 to " + element);
}

void AttentionWriter::writeOutput() {
  const int n = int(lead.size());
  std::vector<int> p = allLoops(n), v = allLoops(n);
  if (grouping == "five dimensions")
    v = {0, 1};
  p.insert(p.end(), {n, n + 2});
  v.insert(v.end(), {n + 2, n + 1});
  std::vector<Size> loops = lead;
  loops.insert(loops.end(), {queries, valueFeatures, keys});
  Node output =
      rounded(graph.contract({rounded(weights), p}, {value, v}, loops));
  if (choose("output", {"as it is", "transposed"}) == "transposed") {
    std::vector<int> order = allLoops(output.sizes.size());
    std::swap(order[n - 1], order[n]);
    output = graph.transpose(output, order);
  }
  const double allowed = type == DType::f32   ? 2e-4
                         : type == DType::f16 ? 1e-2
                                              : 6e-2;
  const Tolerance tolerance{allowed, allowed};
  graph.writer.result({output.name, output.type()}, tolerance);
  if (alsoReturned == "weights")
    returned = weights;
  if (misses("exponentials are a result"))
    returned = graph.map({{weights, allLoops(weights.sizes.size())}},
                         weights.sizes, "f32",
                         "%c = arith.constant 2.0 : f32\n%r = arith.mulf $0, "
                         "%c : f32");
  if (alsoReturned != "none")
    graph.writer.result({returned.name, returned.type()}, tolerance);
}

std::vector<std::string> AttentionWriter::write() {
  if (nearMiss)
    miss = choose("near miss",
                  {"other axis", "other maximum", "other sum", "not divided",
                   "dropout", "guard by data", "scale from data",
                   "product from 1", "exponentials are a result", "other angle",
                   "sum from 1", "other divisor"});
  alsoReturned =
      misses("exponentials are a result")
          ? "exponentials"
          : choose("also returned",
                   {"none", "none", "none", "weights", "product", "scores"});
  drawSizes();
  writeOperands();
  writeScores();
  returned = scores;
  modifyScores();
  if (alsoReturned == "scores")
    returned = scores;
  drawMask();
  applyMask();
  writeWeights();
  writeOutput();
  return choices;
}

Rewrite drawRewrite(uint64_t seed, int64_t index, bool nearMiss) {
  RandomSequence random(randomBits(seed, uint64_t(index)));
  ProgramWriter writer(random);
  Rewrite rewrite;
  AttentionWriter form(writer, nearMiss);
  rewrite.choices = form.write();
  rewrite.rotations = form.getRotations();
  rewrite.attentions = form.getAttentions();
  rewrite.program = writer.finish("p" + std::to_string(index));
  return rewrite;
}

} // namespace attn::random_rewrites
