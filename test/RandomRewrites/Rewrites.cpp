//===- Rewrites.cpp - Attention in a random equal form --------------------===//
#include "Rewrites.h"

#include "GraphWriter.h"
#include "attn/Reference/Tolerances.h"

namespace attn::random_rewrites {

namespace {

/// Draws the form step by step and writes it.
class AttentionWriter {
public:
  AttentionWriter(ProgramWriter &writer, bool nearMiss)
      : graph(writer), random(writer.random), nearMiss(nearMiss) {}

  std::vector<std::string> write();

private:
  std::string choose(const std::string &what,
                     std::initializer_list<const char *> options);
  bool misses(const char *kind) const { return miss == kind; }
  void drawSizes();
  Node drawOperand(const std::string &name, const Shape &shape);
  void writeOperands();
  void writeScores();
  void modifyScores();
  void drawMask();
  void applyMask();
  Node collapsed(const Node &node);
  Node overScores(const std::vector<Access> &more, const std::string &body);
  void writeWeights();
  void writeParts();
  void writeLogarithm();
  void guardWeights();
  void writeOutput();

  GraphWriter graph;
  RandomSequence &random;
  bool nearMiss;
  std::vector<std::string> choices;
  std::string miss;

  random_programs::Sizes sizes;
  std::string layout, grouping, maskKind, guard, application;
  /// Leading dimensions of scores: batch and heads, their product, or batch, kv
  /// heads and heads in a group.
  std::vector<Size> lead, full;
  Size queries, keys, features, valueFeatures;
  Node query, key, value, scores, mask, maximum, weights;
  /// Scores or weights that are a result as well.
  Node returned;
  bool hasMask = false, hasMaximum = false;
};

} // namespace

std::string
AttentionWriter::choose(const std::string &what,
                        std::initializer_list<const char *> options) {
  const std::string choice = pick(random, options);
  choices.push_back(what + ": " + choice);
  return choice;
}

void AttentionWriter::drawSizes() {
  sizes.batch = random.integer(1, 3);
  sizes.kvHeads = random.integer(1, 3);
  sizes.group = random.integer(1, 2);
  sizes.queries = random.integer(2, 9);
  sizes.keys = random.chance(0.5) ? sizes.queries : random.integer(2, 12);
  sizes.features = pick(random, {4, 8});
  sizes.valueFeatures = pick(random, {4, 6});
}

/// An argument of this canonical shape, as it is or transposed.
Node AttentionWriter::drawOperand(const std::string &name, const Shape &shape) {
  const size_t rank = shape.size();
  std::vector<int> order = allLoops(rank);
  if (layout == "sequence before head")
    std::swap(order[rank - 3], order[rank - 2]);
  else if (layout == "feature before sequence")
    std::swap(order[rank - 2], order[rank - 1]);
  Shape own;
  for (int dim : order)
    own.push_back(shape[dim]);
  Node node = graph.argument(name, drawNormal(random, DType::f32, own));
  return order == allLoops(rank) ? node : graph.transpose(node, order);
}

void AttentionWriter::writeOperands() {
  layout = choose("layout", {"canonical", "sequence before head",
                             "feature before sequence", "merged"});
  if (sizes.group > 1)
    grouping = choose("grouping", {"repeat", "five dimensions"});
  if (grouping == "five dimensions" && layout == "merged")
    layout = "canonical";
  const bool five = grouping == "five dimensions";
  query =
      drawOperand("query", five ? Shape{sizes.batch, sizes.kvHeads, sizes.group,
                                        sizes.queries, sizes.features}
                                : Shape{sizes.batch, sizes.heads(),
                                        sizes.queries, sizes.features});
  key = drawOperand("key",
                    {sizes.batch, sizes.kvHeads, sizes.keys, sizes.features});
  value = drawOperand(
      "value", {sizes.batch, sizes.kvHeads, sizes.keys, sizes.valueFeatures});
  if (grouping == "repeat")
    for (Node *node : {&key, &value}) {
      std::vector<Size> wide = node->sizes;
      wide.insert(wide.begin() + 2, {sizes.group, ""});
      Node repeated =
          graph.map({{*node, {0, 1, 3, 4}}}, wide, "f32",
                    "%z = arith.constant 1.0 : f32\n%r = arith.mulf "
                    "$0, %z : f32");
      *node = graph.collapse(repeated, 1);
    }
  full.assign(query.sizes.begin(), query.sizes.end() - 2);
  for (Node *node : {&query, &key, &value})
    if (layout == "merged")
      *node = graph.collapse(*node, 0);
  lead.assign(query.sizes.begin(), query.sizes.end() - 2);
  queries = query.sizes[lead.size()];
  keys = key.sizes[key.sizes.size() - 2];
  features = key.sizes.back();
  valueFeatures = value.sizes.back();
}

void AttentionWriter::writeScores() {
  const std::string scale =
      choose("scale", {"none", "times product", "divides product", "on query",
                       "on key", "root on both"});
  auto multiply = [&](Node &node, const std::string &op, double by) {
    node = graph.map({{node, allLoops(node.sizes.size())}}, node.sizes, "f32",
                     "%c = arith.constant " + literal(by) +
                         " : f32\n%r = arith." + op + " $0, %c : f32");
  };
  if (scale == "on query" || scale == "root on both")
    multiply(query, "mulf", 0.6);
  if (scale == "on key" || scale == "root on both")
    multiply(key, "mulf", 0.6);
  const int n = int(lead.size());
  std::vector<int> q = allLoops(n), k = allLoops(n);
  if (grouping == "five dimensions")
    k = {0, 1};
  q.insert(q.end(), {n, n + 2});
  k.insert(k.end(), {n + 1, n + 2});
  std::vector<Size> loops = lead;
  loops.insert(loops.end(), {queries, keys, features});
  scores = graph.contract({query, q}, {key, k}, loops,
                          misses("product from 1") ? "1.0" : "0.0");
  if (scale == "times product")
    multiply(scores, "mulf", 0.4);
  if (scale == "divides product")
    multiply(scores, "divf", 2.5);
  if (misses("scale from data")) {
    Node by = graph.argument("scales", drawNormal(random, DType::f32, {1}));
    scores = overScores({{by, {-1}}}, "%r = arith.mulf $0, $1 : f32");
  }
}

/// An op on each score and what `more` reads beside it.
Node AttentionWriter::overScores(const std::vector<Access> &more,
                                 const std::string &body) {
  std::vector<Access> ins{{scores, allLoops(scores.sizes.size())}};
  ins.insert(ins.end(), more.begin(), more.end());
  return graph.map(ins, scores.sizes, "f32", body);
}

/// In the form of scores: a tensor over all of batch, heads, queries, keys.
Node AttentionWriter::collapsed(const Node &node) {
  return layout == "merged" ? graph.collapse(node, 0) : node;
}

void AttentionWriter::modifyScores() {
  const int n = int(full.size());
  const std::string i = "#" + std::to_string(n),
                    j = "#" + std::to_string(n + 1);
  std::vector<Size> all = full;
  all.insert(all.end(), {queries, keys});
  const std::string cap = choose("softcap", {"none", "none", "tanh"});
  if (cap == "tanh")
    scores =
        overScores({}, "%c = arith.constant 3.0 : f32\n%a = arith.divf $0, %c "
                       ": f32\n%b = math.tanh %a : f32\n%r = arith.mulf %b, "
                       "%c : f32");
  const std::string bias =
      choose("bias", {"none", "none", "captured", "slope of distance"});
  if (bias == "none")
    return;
  const int heads = grouping == "five dimensions" ? 2 : 1;
  Shape shape(heads == 2 ? Shape{sizes.kvHeads, sizes.group}
                         : Shape{sizes.heads()});
  std::vector<int> loops =
      heads == 2 ? std::vector<int>{1, 2} : std::vector<int>{1};
  Node added;
  if (bias == "captured") {
    shape.insert(shape.end(), {sizes.queries, sizes.keys});
    loops.insert(loops.end(), {n, n + 1});
    Node table = graph.argument("bias", drawNormal(random, DType::f32, shape));
    added = graph.map(
        {{table, loops}}, all, "f32",
        "%c = arith.constant 0.5 : f32\n%r = arith.mulf $0, %c : f32");
  } else {
    Node slopes =
        graph.argument("slopes", drawNormal(random, DType::f32, shape));
    added = graph.map(
        {{slopes, loops}}, all, "f32",
        "%a = arith.subi " + j + ", " + i +
            " : index\n%b = arith.index_cast %a : index to i64\n%c = "
            "arith.sitofp %b : i64 to f32\n%r = arith.mulf $0, %c : f32");
  }
  added = collapsed(added);
  scores = overScores({{added, allLoops(added.sizes.size())}},
                      random.chance(0.5) ? "%r = arith.addf $0, $1 : f32"
                                         : "%r = arith.addf $1, $0 : f32");
}

void AttentionWriter::drawMask() {
  maskKind = choose("mask", {"none", "causal", "causal by ranges", "offset",
                             "window", "padding", "padding of numbers",
                             "segments", "captured", "constant"});
  hasMask = maskKind != "none";
  guard = choose("guard", {"none", "is NaN", "any", "maximum is -inf"});
  if (!hasMask && guard == "any")
    guard = "none";
}

static Tensor drawFlags(RandomSequence &random, DType type,
                        const Shape &shape) {
  Tensor flags = drawIntegers(random, type, shape, 0, 1);
  // The first key attends: a row of nothing is NaN without a guard.
  for (int64_t n = 0; n < flags.size(); n += shape.back())
    flags.set(n, 1);
  return flags;
}

/// The mask over all batches, heads, queries and keys, as i1.
void AttentionWriter::applyMask() {
  if (!hasMask)
    return;
  const int n = int(full.size());
  const std::string i = "#" + std::to_string(n),
                    j = "#" + std::to_string(n + 1);
  std::vector<Size> all = full;
  all.insert(all.end(), {queries, keys});
  const bool mayBeEmpty = guard != "none";
  const std::string causal =
      "%c = arith.cmpi sle, " + j + ", " + i + " : index\n";
  std::vector<Access> reads;
  std::string body;
  if (maskKind == "causal") {
    body = random.chance(0.5)
               ? "%r = arith.cmpi ule, " + j + ", " + i + " : index"
               : "%n = arith.cmpi slt, " + i + ", " + j +
                     " : index\n%t = arith.constant true\n%r = arith.xori %n, "
                     "%t : i1";
  } else if (maskKind == "causal by ranges") {
    Node rows = graph.map({}, {queries}, "i64",
                          "%r = arith.index_cast #0 : index to i64");
    Node columns =
        graph.map({}, {keys}, "i64", "%r = arith.index_cast #0 : index to i64");
    reads = {{rows, {n}}, {columns, {n + 1}}};
    body = "%r = arith.cmpi sge, $0, $1 : i64";
  } else if (maskKind == "offset") {
    body = "%o = arith.constant 2 : index\n%p = arith.addi " + i +
           ", %o : index\n%r = arith.cmpi sle, " + j + ", %p : index";
  } else if (maskKind == "window") {
    body = causal + "%w = arith.constant 3 : index\n%d = arith.subi " + i +
           ", " + j +
           " : index\n%e = arith.cmpi slt, %d, %w : index\n%r = arith.andi "
           "%c, %e : i1";
    if (!mayBeEmpty)
      body = causal + "%w = arith.constant 3 : index\n%d = arith.subi " + i +
             ", " + j +
             " : index\n%e = arith.cmpi slt, %d, %w : index\n%z = "
             "arith.constant 0 : index\n%f = arith.cmpi eq, " +
             j +
             ", %z : index\n%g = arith.andi %c, %e : i1\n%r = arith.ori %g, %f "
             ": i1";
  } else if (maskKind == "padding") {
    reads = {{graph.argument("keep", drawFlags(random, DType::i1,
                                               {sizes.batch, sizes.keys})),
              {0, n + 1}}};
    body = causal + "%r = arith.andi $0, %c : i1";
  } else if (maskKind == "padding of numbers") {
    reads = {{graph.argument("keep", drawFlags(random, DType::i64,
                                               {sizes.batch, sizes.keys})),
              {0, n + 1}}};
    body = "%z = arith.constant 0 : i64\n%r = arith.cmpi ne, $0, %z : i64";
  } else if (maskKind == "segments") {
    Shape rows{sizes.batch, sizes.queries}, columns{sizes.batch, sizes.keys};
    const int64_t documents = mayBeEmpty ? 2 : 0;
    reads = {{graph.argument("documents", drawIntegers(random, DType::i64, rows,
                                                       0, documents)),
              {0, n}},
             {graph.argument("documents", drawIntegers(random, DType::i64,
                                                       columns, 0, documents)),
              {0, n + 1}}};
    body = "%r = arith.cmpi eq, $0, $1 : i64";
  } else if (maskKind == "captured") {
    reads = {{graph.argument(
                  "flags", drawFlags(random, DType::i1,
                                     {sizes.batch, sizes.queries, sizes.keys})),
              {0, n, n + 1}}};
    body = "%f = arith.constant false\n%r = arith.ori $0, %f : i1";
  } else {
    std::string rows;
    for (int64_t r = 0; r < sizes.queries; ++r) {
      std::string row;
      for (int64_t k = 0; k < sizes.keys; ++k)
        row += std::string(k ? ", " : "") + (k <= r + 1 ? "true" : "false");
      rows += std::string(r ? ", " : "") + "[" + row + "]";
    }
    reads = {{graph.constant("i1", {{sizes.queries, ""}, {sizes.keys, ""}},
                             "[" + rows + "]"),
              {n, n + 1}}};
    body = "%t = arith.constant true\n%r = arith.andi $0, %t : i1";
  }
  mask = collapsed(graph.map(reads, all, "i1", body));
  application = choose("masked by", {"select", "added -inf", "added lowest"});
  const std::string low =
      application == "added lowest" ? "0xFF7FFFFF" : "0xFF800000";
  const std::vector<int> loops = allLoops(mask.sizes.size());
  const std::string lowest = "%low = arith.constant " + low + " : f32\n";
  if (application == "select") {
    scores = overScores({{mask, loops}},
                        lowest + "%r = arith.select $1, $0, %low : f32");
    return;
  }
  Node added = graph.map({{mask, loops}}, mask.sizes, "f32",
                         lowest + "%z = arith.constant 0.0 : f32\n%r = "
                                  "arith.select $0, %z, %low : f32");
  scores = overScores({{added, loops}}, "%r = arith.addf $0, $1 : f32");
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

void AttentionWriter::writeParts() {
  const size_t rank = scores.sizes.size();
  const std::vector<int> all = allLoops(rank), rows = allLoops(rank - 1);
  // Rows of nothing but the lowest number are NaN without the maximum.
  const bool needsMaximum = application == "added lowest" && guard != "none";
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
  Node sum = graph.reduce(summed, "0.0", "%r = arith.addf %acc, $0 : f32");
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
  const bool parts = nearMiss || random.chance(0.75);
  const int n = int(scores.sizes.size());
  std::vector<int> swapped = allLoops(n);
  std::swap(swapped[n - 2], swapped[n - 1]);
  if (misses("other axis"))
    scores = graph.transpose(scores, swapped);
  if (parts)
    writeParts();
  else
    writeLogarithm();
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

void AttentionWriter::writeOutput() {
  const int n = int(lead.size());
  std::vector<int> p = allLoops(n), v = allLoops(n);
  if (grouping == "five dimensions")
    v = {0, 1};
  p.insert(p.end(), {n, n + 2});
  v.insert(v.end(), {n + 2, n + 1});
  std::vector<Size> loops = lead;
  loops.insert(loops.end(), {queries, valueFeatures, keys});
  Node output = graph.contract({weights, p}, {value, v}, loops);
  if (choose("output", {"as it is", "transposed"}) == "transposed") {
    std::vector<int> order = allLoops(output.sizes.size());
    std::swap(order[n - 1], order[n]);
    output = graph.transpose(output, order);
  }
  const Tolerance tolerance{2e-4, 2e-4};
  graph.writer.result({output.name, output.type()}, tolerance);
  if (misses("weights are a result"))
    graph.writer.result({weights.name, weights.type()}, tolerance);
  if (misses("scores are a result"))
    graph.writer.result({returned.name, returned.type()}, tolerance);
}

std::vector<std::string> AttentionWriter::write() {
  if (nearMiss)
    miss = choose("near miss", {"other axis", "other maximum", "other sum",
                                "not divided", "dropout", "guard by data",
                                "scale from data", "product from 1",
                                "weights are a result", "scores are a result"});
  drawSizes();
  writeOperands();
  writeScores();
  returned = scores;
  modifyScores();
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
  rewrite.choices = AttentionWriter(writer, nearMiss).write();
  rewrite.program = writer.finish("p" + std::to_string(index));
  return rewrite;
}

} // namespace attn::random_rewrites
