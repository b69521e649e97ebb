//===- Operands.cpp - Queries, keys and values of a form ------------------===//
#include "AttentionWriter.h"

namespace attn::random_rewrites {

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
  Node node = graph.argument(name, drawNormal(random, type, own));
  return order == allLoops(rank) ? node : graph.transpose(node, order);
}

/// The features of each pair, turned by an angle of the position.
Node AttentionWriter::rotate(const Node &from, const std::string &name) {
  Node x = graph.withKnownFeatures(from);
  const int64_t features = x.sizes.back().value;
  const int64_t rotated = rotary == "partial" ? features / 2 : features;
  const bool interleaved = rotary == "interleaved";
  Shape shape{x.sizes[2].value, rotated / 2};
  Node angles = graph.argument(name, drawNormal(random, DType::f32, shape));
  auto turn = [&](const char *function) {
    return graph.map({{angles, {0, 1}}}, {angles.sizes[0], {rotated / 2, ""}},
                     "f32", "%r = math." + std::string(function) + " $0 : f32");
  };
  Node cos = turn("cos"), sin = turn("sin");
  auto combine = [&](const Node &a, const Node &c, const Node &b, const Node &s,
                     const char *op) {
    const std::vector<int> all{0, 1, 2, 3}, angle{2, 3};
    const std::string product =
        element == "f32"
            ? "%p = arith.mulf $0, $1 : f32\n%q = arith.mulf $3, $2 : f32\n"
            : "%a = arith.extf $0 : " + element +
                  " to f32\n%b = arith.extf $2 "
                  ": " +
                  element +
                  " to f32\n%p = arith.mulf %a, $1 : f32\n%q = "
                  "arith.mulf $3, %b : f32\n";
    const std::string sum = std::string("arith.") + op + " %p, %q : f32";
    return graph.map({{a, all}, {c, angle}, {b, all}, {s, angle}}, a.sizes,
                     element,
                     product + (element == "f32" ? "%r = " + sum
                                                 : "%t = " + sum +
                                                       "\n%r = arith.truncf %t "
                                                       ": f32 to " +
                                                       element));
  };
  const int64_t half = rotated / 2, step = interleaved ? 2 : 1;
  Node first = graph.slice(x, 0, half, step);
  Node second = graph.slice(x, interleaved ? 1 : half, half, step);
  ++rotations;
  // Llama's form: the whole of x, and x with its halves exchanged.
  if (!interleaved && random.chance(0.5)) {
    choices.push_back("rotation: halves exchanged");
    Node negated = graph.map({{second, {0, 1, 2, 3}}}, second.sizes, element,
                             typed("%r = arith.negf $0 : f32", element));
    Node exchanged = graph.concat(negated, first, 3);
    Node whole = rotated == features ? x : graph.slice(x, 0, rotated, 1);
    Node result = combine(
        whole, graph.concat(cos, cos, 1), exchanged,
        graph.concat(sin, misses("other angle") ? cos : sin, 1), "addf");
    return rotated == features
               ? result
               : graph.concat(
                     result, graph.slice(x, rotated, features - rotated, 1), 3);
  }
  choices.push_back("rotation: real and imaginary");
  Node real = combine(first, cos, second, sin, "subf");
  Node imaginary =
      combine(second, cos, first, misses("other angle") ? cos : sin, "addf");
  if (interleaved)
    return graph.collapse(
        graph.concat(graph.addUnit(real), graph.addUnit(imaginary), 4), 3);
  Node result = graph.concat(real, imaginary, 3);
  return rotated == features
             ? result
             : graph.concat(result,
                            graph.slice(x, rotated, features - rotated, 1), 3);
}

void AttentionWriter::rotateOperands() {
  rotary = misses("other angle")
               ? choose("rotary", {"half-split", "interleaved", "partial"})
               : choose("rotary", {"none", "none", "half-split", "interleaved",
                                   "partial"});
  if (rotary == "none")
    return;
  if (grouping != "five dimensions")
    query = rotate(query, "query_angles");
  key = rotate(key, "key_angles");
}

/// Behind a cache of `past` positions.
Node AttentionWriter::appendToPast(const Node &node, const std::string &name,
                                   int64_t past) {
  Shape shape;
  for (const Size &size : node.sizes)
    shape.push_back(size.value);
  shape[2] = past;
  Node before = graph.argument(name, drawNormal(random, type, shape));
  // Sizes that are known of the one are those of the other.
  Node present = graph.concat(before, node, 2);
  return present;
}

void AttentionWriter::writeOperands() {
  type = pick(random, {DType::f32, DType::f32, DType::f16, DType::bf16});
  element = dtypeName(type);
  choices.push_back("element: " + element);
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
  rotateOperands();
  if (choose("cache", {"none", "none", "past and present"}) != "none") {
    const int64_t past = random.integer(1, 5);
    key = appendToPast(key, "past_key", past);
    value = appendToPast(value, "past_value", past);
    sizes.keys += past;
  }
  if (grouping == "repeat")
    for (Node *node : {&key, &value}) {
      std::vector<Size> wide = node->sizes;
      wide.insert(wide.begin() + 2, {sizes.group, ""});
      Node repeated =
          graph.map({{*node, {0, 1, 3, 4}}}, wide, element,
                    typed("%z = arith.constant 1.0 : f32\n%r = arith.mulf "
                          "$0, %z : f32",
                          element));
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

} // namespace attn::random_rewrites
