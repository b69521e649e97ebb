//===- GraphRows.cpp - Norms, softmax, reductions -----------------------===//
#include "Graph.h"

#include <algorithm>
#include <limits>

namespace attn::random_programs {

Loops Graph::rowsOf(const Node &node) const {
  Loops loops;
  for (size_t n = 0; n + 1 < node.dims.size(); ++n)
    loops.push_back(int64_t(n));
  return loops;
}

static GraphBuilder::Element fold(const char *op) {
  return [=](Body &body, const std::vector<std::string> &values) {
    return body.op(op, {values[1], values[0]});
  };
}

Node Graph::meanOf(const Node &node, const Loops &kept) {
  double terms = 1;
  for (size_t n = 0; n < node.dims.size(); ++n)
    if (std::find(kept.begin(), kept.end(), int64_t(n)) == kept.end())
      terms *= double(std::max<int64_t>(node.dims[n].size, 1));
  const Node sum = b.reduce(node, kept, 0, fold("arith.addf"));
  return b.map({sum}, sum.dims, type,
               [&](Body &body, const std::vector<std::string> &values) {
                 return body.op("arith.mulf",
                                {values[0], body.constant(1 / terms)});
               });
}

/// Layer norm, or RMS norm, with a scale and a shift at times.
void Graph::normalize() {
  const Loops kept = rowsOf(current);
  Loops all = kept;
  all.push_back(int64_t(kept.size()));
  const double epsilon = current.last().size < 8 ? 0.1 : 1e-3;
  auto withRow = [&](const Node &node, const Node &row,
                     const GraphBuilder::Element &element) {
    return b.generic({node, row}, {all, kept}, node.dims, all, type, nullptr,
                     element);
  };
  if (random.chance(0.6))
    current = withRow(current, meanOf(current, kept),
                      [](Body &body, const std::vector<std::string> &values) {
                        return body.op("arith.subf", {values[0], values[1]});
                      });
  const Node squares =
      b.map({current}, current.dims, type,
            [](Body &body, const std::vector<std::string> &values) {
              return body.op("arith.mulf", {values[0], values[0]});
            });
  current = withRow(
      current, meanOf(squares, kept),
      [&](Body &body, const std::vector<std::string> &values) {
        const std::string sum =
            body.op("arith.addf", {values[1], body.constant(epsilon)});
        return body.op("arith.mulf", {values[0], body.op("math.rsqrt", {sum})});
      });
  if (random.chance(0.6)) {
    const Node scale = b.argument("g", type, {current.last()});
    current = b.map({current, scale}, current.dims, type,
                    [](Body &body, const std::vector<std::string> &values) {
                      return body.op("arith.mulf", {values[0], values[1]});
                    });
  }
}

void Graph::softmax() {
  const Loops kept = rowsOf(current);
  Loops all = kept;
  all.push_back(int64_t(kept.size()));
  const Node most = b.reduce(current, kept, -std::numeric_limits<float>::max(),
                             fold("arith.maximumf"));
  const Node weights = b.generic(
      {current, most}, {all, kept}, current.dims, all, type, nullptr,
      [](Body &body, const std::vector<std::string> &values) {
        return body.op("math.exp",
                       {body.op("arith.subf", {values[0], values[1]})});
      });
  const Node sum = b.reduce(weights, kept, 0, fold("arith.addf"));
  current =
      b.generic({weights, sum}, {all, kept}, current.dims, all, type, nullptr,
                [](Body &body, const std::vector<std::string> &values) {
                  return body.op("arith.divf", {values[0], values[1]});
                });
}

/// A sum, mean or extreme over any dimensions, beside what goes on.
void Graph::reduce() {
  Loops kept;
  for (int64_t n = 0; n < int64_t(current.dims.size()); ++n)
    if (random.chance(0.4))
      kept.push_back(n);
  if (random.chance(0.5))
    keep(b.reduce(current, kept, -1e30, fold("arith.maximumf")));
  else
    keep(meanOf(current, kept));
}

} // namespace attn::random_programs
