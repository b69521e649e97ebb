//===- Graphs.cpp - Programs of what stands around attention --------------===//
//===----------------------------------------------------------------------===//
//
// Chains of what models consist of: projections with bias, activation, gate or
// residual, norms, softmax, heads, sums over any dimension, casts. Values stay
// near 1, so that rounding errors do not grow from step to step.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Graph.h"

#include <cmath>

namespace attn::random_programs {

/// One off a vector, a panel of columns, a block; at times 1.
int64_t Graph::width() {
  if (isDeep)
    return pick<int64_t>(random, {512, 520, 576});
  if (isLarge)
    return pick<int64_t>(random, {96, 130, 161, 257});
  return pick<int64_t>(random,
                       {1, 2, 8, 12, 15, 16, 17, 24, 47, 48, 49, 64, 97});
}

void Graph::drawSizes() {
  // Few rows by sums long enough to be divided.
  isDeep = random.chance(0.05);
  if (isDeep) {
    rows = {b.dimension(random.integer(1, 8), /*isDynamic=*/false)};
    type = pick(random, {DType::f32, DType::f64});
    return;
  }
  isLarge = random.chance(0.1);
  const int64_t length =
      isLarge ? pick<int64_t>(random, {129, 160, 513}) : drawLength(random);
  rows = {b.dimension(length, random.chance(0.5))};
  if (random.chance(0.6))
    rows.insert(rows.begin(), b.dimension(isLarge ? 1 : random.integer(1, 3),
                                          random.chance(0.5)));
  type = pick(random, {DType::f32, DType::f32, DType::f32, DType::f64});
}

void Graph::draw() {
  drawSizes();
  Dims dims = rows;
  dims.push_back({width(), ""});
  current = b.argument("x", type, dims);
  const int64_t steps = random.integer(1, isLarge || isDeep ? 3 : 6);
  for (int64_t n = 0; n < steps; ++n)
    step();
  keep(current);
  for (const Node &result : results)
    writer.result(result.value, tolerance());
}

void Graph::keep(const Node &node) { results.push_back(node); }

Tolerance Graph::tolerance() const {
  if (wasRounded)
    return {5e-2, 5e-2};
  return type == DType::f64 ? Tolerance{1e-9, 1e-9} : Tolerance{5e-4, 5e-4};
}

void Graph::step() {
  // A result in the middle keeps what makes it from being fused away.
  if (random.chance(0.1))
    keep(current);
  const double kind = random.uniform();
  if (kind < 0.34)
    return project();
  if (kind < 0.42)
    return attend();
  if (kind < 0.46)
    return gradient();
  if (kind < 0.52)
    return convolve();
  if (kind < 0.58)
    return activate();
  if (kind < 0.68)
    return combine();
  if (kind < 0.84)
    return normalize();
  if (kind < 0.90)
    return softmax();
  if (kind < 0.95)
    return reduce();
  return kind < 0.98 ? cut() : cast();
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

static GraphBuilder::Element multiplyAdd(DType from, DType type) {
  return [=](Body &body, const std::vector<std::string> &values) {
    const std::string left = body.cast(values[0], from, type);
    const std::string right = body.cast(values[1], from, type);
    return body.op("arith.addf",
                   {values[2], body.op("arith.mulf", {left, right})});
  };
}

/// rows x K, and K x N or N x K.
Node Graph::multiply(const Node &left, const Node &right, bool isTransposed) {
  Dims dims = rows;
  const int64_t column = int64_t(rows.size()), inner = column + 1;
  dims.push_back(right.dims[isTransposed ? 0 : 1]);
  const Node init = b.fill(dims, type, 0);
  dims.push_back(left.last());
  Loops out, read;
  for (int64_t n = 0; n < column; ++n) {
    out.push_back(n);
    read.push_back(n);
  }
  out.push_back(column);
  read.push_back(inner);
  const Loops weights =
      isTransposed ? Loops{column, inner} : Loops{inner, column};
  return b.generic({left, right}, {read, weights}, dims, out, type, &init,
                   multiplyAdd(left.type, type));
}

/// [..., M, K] and [..., K, N] or [..., N, K], one product for each of the
/// rest.
Node Graph::batchProduct(const Node &left, const Node &right,
                         bool isTransposed) {
  const int64_t batch = int64_t(left.dims.size()) - 2;
  Dims dims(left.dims.begin(), left.dims.begin() + batch + 1);
  dims.push_back(right.dims[size_t(isTransposed ? batch : batch + 1)]);
  const Node init = b.fill(dims, type, 0);
  dims.push_back(left.last());
  Loops outer;
  for (int64_t n = 0; n < batch; ++n)
    outer.push_back(n);
  auto loops = [&](int64_t first, int64_t second) {
    Loops all = outer;
    all.push_back(first);
    all.push_back(second);
    return all;
  };
  const int64_t row = batch, column = batch + 1, inner = batch + 2;
  return b.generic({left, right},
                   {loops(row, inner),
                    isTransposed ? loops(column, inner) : loops(inner, column)},
                   dims, loops(row, column), type, &init,
                   multiplyAdd(left.type, type));
}

/// What a model was trained to: held by it, or given to each call.
Node Graph::parameter(const std::string &name, DType dtype, const Dims &dims,
                      double deviation) {
  return !isDeep && random.chance(0.5)
             ? b.constant(dtype, dims, deviation)
             : b.argument(name, dtype, dims, deviation);
}

/// A projection, of rounded operands at times, and what follows it.
void Graph::project() {
  const Dim inner = current.last(), outer{width(), ""};
  Node left = current;
  DType weights = type;
  if (type == DType::f32 && random.chance(0.2)) {
    weights = pick(random, {DType::bf16, DType::f16});
    left = b.map({left}, left.dims, weights,
                 [&](Body &body, const std::vector<std::string> &values) {
                   return body.cast(values[0], type, weights);
                 });
    wasRounded = true;
  }
  const double deviation =
      1 / std::sqrt(double(std::max<int64_t>(inner.size, 1)));
  const bool liesTransposed = random.chance(0.5);
  Node right = parameter(
      "w", weights, liesTransposed ? Dims{outer, inner} : Dims{inner, outer},
      deviation);
  bool isTransposed = liesTransposed;
  if (random.chance(0.3)) {
    right = b.transpose(right, {1, 0});
    isTransposed = !isTransposed;
  }
  const Node before = current;
  current = multiply(left, right, isTransposed);
  if (random.chance(0.6)) {
    const Node bias = parameter("b", type, {outer}, 1);
    current = b.map({current, bias}, current.dims, type,
                    [](Body &body, const std::vector<std::string> &values) {
                      return body.op("arith.addf", {values[0], values[1]});
                    });
  }
  if (random.chance(0.4))
    current = activated(current);
  if (before.last().size == outer.size && random.chance(0.5))
    current = b.map({current, before}, current.dims, type,
                    [](Body &body, const std::vector<std::string> &values) {
                      return body.op("arith.addf", {values[0], values[1]});
                    });
}

/// Heads of the current value against each other, and back.
void Graph::attend() {
  const int64_t heads = pick<int64_t>(random, {1, 2, 3});
  if (current.last().size % heads != 0 || rows.size() != 2)
    return project();
  auto ofHeads = [&](const Node &node) {
    return b.transpose(b.split(node, heads), {0, 2, 1, 3});
  };
  const Node query = ofHeads(current), key = ofHeads(activated(current));
  const bool isTransposed = random.chance(0.5);
  Node scores = batchProduct(
      query, isTransposed ? key : b.transpose(key, {0, 1, 3, 2}), isTransposed);
  const double scale =
      1 / double(std::max<int64_t>(rows.back().size, 1) *
                 std::max<int64_t>(current.last().size / heads, 1));
  scores =
      b.map({scores}, scores.dims, type,
            [&](Body &body, const std::vector<std::string> &values) {
              return body.op("arith.mulf", {values[0], body.constant(scale)});
            });
  const Node context = batchProduct(scores, query, false);
  current = b.join(b.transpose(context, {0, 2, 1, 3}));
}

/// As a training step has them: x^T y, a sum over all rows.
void Graph::gradient() {
  const Node other = activated(current);
  const int64_t left = int64_t(rows.size()), right = left + 1;
  Dims dims = rows;
  dims.push_back(current.last());
  dims.push_back(other.last());
  Loops readLeft, readRight;
  for (int64_t n = 0; n < left; ++n) {
    readLeft.push_back(n);
    readRight.push_back(n);
  }
  readLeft.push_back(left);
  readRight.push_back(right);
  const Node init = b.fill({current.last(), other.last()}, type, 0);
  const Node sum =
      b.generic({current, other}, {readLeft, readRight}, dims, {left, right},
                type, &init, multiplyAdd(type, type));
  int64_t terms = 1;
  for (const Dim &dim : rows)
    terms *= std::max<int64_t>(dim.size, 1);
  keep(b.map({sum}, sum.dims, type,
             [&](Body &body, const std::vector<std::string> &values) {
               return body.op("arith.mulf",
                              {values[0], body.constant(1.0 / double(terms))});
             }));
}

/// Over the rows of each batch, whose number changes: a result of its own.
/// Channels are the last dimension, or come before the rows.
void Graph::convolve() {
  const int64_t stride = pick<int64_t>(random, {1, 1, 2, 3});
  const int64_t dilation = pick<int64_t>(random, {1, 1, 2});
  const Dim taps{pick<int64_t>(random, {2, 3, 5}), ""}, outer{width(), ""};
  const int64_t extent = (taps.size - 1) * dilation + 1;
  if (!rows.back().value.empty() || rows.back().size < extent)
    return project();
  const Dim inner = current.last();
  const Dim positions{(rows.back().size - extent) / stride + 1, ""};
  const double deviation =
      1 / std::sqrt(double(std::max<int64_t>(inner.size * taps.size, 1)));
  const bool areLast = random.chance(0.5);
  const int64_t batch = int64_t(rows.size()) - 1;
  Node data = current;
  if (!areLast)
    data = b.transpose(data, batch ? Loops{0, 2, 1} : Loops{1, 0});
  const Node kernel = parameter(
      "k", type, areLast ? Dims{taps, inner, outer} : Dims{outer, inner, taps},
      deviation);
  // Batches, positions, kernels, channels, taps.
  const int64_t position = batch, o = batch + 1, c = batch + 2, tap = batch + 3;
  auto loops = [&](int64_t first, int64_t second) {
    return batch ? Loops{0, first, second} : Loops{first, second};
  };
  Dims dims(rows.begin(), rows.end() - 1);
  const Loops out = areLast ? loops(position, o) : loops(o, position);
  Dims result(dims);
  result.push_back(areLast ? positions : outer);
  result.push_back(areLast ? outer : positions);
  const Node init = b.fill(result, type, 0);
  for (const Dim &dim : {positions, outer, inner, taps})
    dims.push_back(dim);
  const Window window{position, tap, stride, dilation};
  keep(activated(b.generic({data, kernel},
                           {areLast ? loops(position, c) : loops(c, position),
                            areLast ? Loops{tap, c, o} : Loops{o, c, tap}},
                           dims, out, type, &init, multiplyAdd(type, type),
                           &window)));
}

void drawGraph(ProgramWriter &writer) { Graph(writer).draw(); }

} // namespace attn::random_programs
