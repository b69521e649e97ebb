//===- GraphElementwise.cpp - Steps on each element ---------------------===//
#include "Graph.h"

#include <cmath>

namespace attn::random_programs {

/// `kind` of x, none of which makes errors larger.
static std::string apply(Body &s, int64_t kind, const std::string &x) {
  auto c = [&](double value) { return s.constant(value); };
  auto square = [&] { return s.op("arith.mulf", {x, x}); };
  auto half = [&](const std::string &y) {
    return s.op("arith.mulf", {y, c(0.5)});
  };
  auto sigmoid = [&] {
    const std::string e = s.op("math.exp", {s.op("arith.negf", {x})});
    return s.op("arith.divf", {c(1), s.op("arith.addf", {c(1), e})});
  };
  auto gelu = [&](const std::string &inner) {
    return s.op("arith.mulf", {half(x), s.op("arith.addf", {c(1), inner})});
  };
  switch (kind) {
  case 0:
    return s.op("arith.maximumf", {x, c(0)});
  case 1:
    return gelu(s.op("math.erf", {s.op("arith.mulf", {x, c(M_SQRT1_2)})}));
  case 2: {
    const std::string cube = s.op("arith.mulf", {square(), x});
    const std::string sum =
        s.op("arith.addf", {x, s.op("arith.mulf", {cube, c(0.044715)})});
    return gelu(
        s.op("math.tanh", {s.op("arith.mulf", {sum, c(0.7978845608028654)})}));
  }
  case 3:
    return s.op("arith.mulf", {x, sigmoid()});
  case 4:
    return sigmoid();
  case 5:
    return s.op("math.tanh", {x});
  case 6:
    return s.op("math.sin", {x});
  case 7:
    return s.op("math.cos", {x});
  case 8:
    return s.op("math.log", {s.op("arith.addf", {square(), c(1)})});
  case 9:
    return s.op("math.sqrt", {s.op("arith.addf", {square(), c(1)})});
  case 10:
    return s.op("math.rsqrt", {s.op("arith.addf", {square(), c(1)})});
  case 11:
    return s.op("math.exp", {s.op("arith.negf", {square()})});
  case 12:
    return s.op("math.powf", {s.op("math.tanh", {x}), c(2)});
  case 13:
    return s.op("math.erf", {x});
  default:
    return s.op("math.absf", {x});
  }
}

Node Graph::activated(const Node &node) {
  const int64_t kind = random.integer(0, 14);
  return b.map({node}, node.dims, type,
               [&](Body &body, const std::vector<std::string> &values) {
                 return apply(body, kind, values[0]);
               });
}

void Graph::activate() {
  current = activated(current);
  if (random.chance(0.5))
    current = activated(current);
}

/// A gate or a residual, of two branches; or a table for each row.
void Graph::combine() {
  const char *op = random.chance(0.5) ? "arith.addf" : "arith.mulf";
  const double scale = pick(random, {0.5, 0.7});
  Node other =
      random.chance(0.5)
          ? activated(current)
          : b.argument("r", type,
                       random.chance(0.5) ? current.dims
                                          : Dims{rows.back(), current.last()});
  if (other.dims.size() == current.dims.size())
    other = activated(other);
  current = b.map({current, other}, current.dims, type,
                  [&](Body &body, const std::vector<std::string> &values) {
                    const std::string both =
                        body.op(op, {values[0], values[1]});
                    return body.op("arith.mulf", {both, body.constant(scale)});
                  });
}

void Graph::cast() {
  if (type != DType::f32)
    return activate();
  const DType narrow = pick(random, {DType::bf16, DType::f16});
  wasRounded = true;
  const DType wide = type;
  auto castTo = [&](const Node &node, DType to) {
    return b.map({node}, node.dims, to,
                 [&](Body &body, const std::vector<std::string> &values) {
                   return body.cast(values[0], node.type, to);
                 });
  };
  current = castTo(castTo(current, narrow), wide);
}

/// Part of the features.
void Graph::cut() {
  const int64_t size = current.last().size;
  // A slice of nothing at a known place is no valid op.
  if (current.elements() == 0)
    return activate();
  const int64_t kept = random.integer(1, size);
  current = b.slice(current, random.integer(0, size - kept), kept);
}

} // namespace attn::random_programs
