//===- FormScores.cpp - Scores and masks of a form ------------------------===//
#include "AttentionWriter.h"

namespace attn::random_rewrites {

void AttentionWriter::writeScores() {
  const std::string scale =
      choose("scale", {"none", "times product", "divides product", "on query",
                       "on key", "root on both"});
  auto multiply = [&](Node &node, const std::string &op, double by) {
    node = graph.map({{node, allLoops(node.sizes.size())}}, node.sizes,
                     node.element,
                     typed("%c = arith.constant " + literal(by) +
                               " : f32\n%r = arith." + op + " $0, %c : f32",
                           node.element));
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
      choose("bias", {"none", "none", "captured", "slope of distance",
                      "slope of padding"});
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
  } else if (bias == "slope of padding") {
    // BLOOM's: positions are the number of keys up to here that are there.
    Node keep =
        graph.argument("there", drawIntegers(random, DType::i64,
                                             {sizes.batch, sizes.keys}, 0, 1));
    Node upTo = graph.map(
        {{keep, {0, 2}}}, {full[0], keys, keys}, "i64",
        "%c = arith.cmpi sle, #2, #1 : index\n%z = arith.constant 0 : i64\n%r "
        "= arith.select %c, $0, %z : i64");
    Node count = graph.reduce(upTo, "0", "%r = arith.addi %acc, $0 : i64");
    Node position = graph.map(
        {{count, {0, 1}}, {keep, {0, 1}}}, count.sizes, "f32",
        "%o = arith.constant 1 : i64\n%a = arith.subi $0, %o : i64\n%b = "
        "arith.muli %a, $1 : i64\n%r = arith.sitofp %b : i64 to f32");
    Node slopes =
        graph.argument("slopes", drawNormal(random, DType::f32, shape));
    added = graph.map({{slopes, loops}, {position, {0, n + 1}}}, all, "f32",
                      "%r = arith.mulf $0, $1 : f32");
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

} // namespace attn::random_rewrites
