//===- Graphs.cpp - Programs of what stands around attention --------------===//
//===----------------------------------------------------------------------===//
//
// Chains of what models consist of: projections with bias, activation, gate or
// residual, norms, softmax, heads, sums over any dimension, casts. Values stay
// near 1, so that rounding errors do not grow from step to step.
//
//===----------------------------------------------------------------------===//

#include "Draw.h"
#include "Families.h"
#include "GraphBuilder.h"

#include <cmath>
#include <limits>

namespace attn::random_programs {

namespace {

class Graph {
public:
  explicit Graph(ProgramWriter &writer)
      : writer(writer), random(writer.random), b(writer) {}
  void draw();

private:
  void drawSizes();
  void step();
  void project();
  void attend();
  void gradient();
  void convolve();
  void activate();
  void combine();
  void normalize();
  void softmax();
  void reduce();
  void cast();
  void cut();
  void keep(const Node &node);

  Node multiply(const Node &left, const Node &right, bool isTransposed);
  Node batchProduct(const Node &left, const Node &right, bool isTransposed);
  Node parameter(const std::string &name, DType dtype, const Dims &dims,
                 double deviation);
  Node activated(const Node &node);
  Node meanOf(const Node &node, const Loops &kept);
  Loops rowsOf(const Node &node) const;
  int64_t width();
  Tolerance tolerance() const;

  ProgramWriter &writer;
  RandomSequence &random;
  GraphBuilder b;
  DType type = DType::f32;
  Dims rows; // of all values: [batch, sequence] or [sequence]
  Node current;
  std::vector<Node> results;
  bool wasRounded = false;
  bool isLarge = false;
};

} // namespace

/// One off a vector, a panel of columns, a block; at times 1.
int64_t Graph::width() {
  if (isLarge)
    return pick<int64_t>(random, {96, 130, 161, 257});
  return pick<int64_t>(random,
                       {1, 2, 8, 12, 15, 16, 17, 24, 47, 48, 49, 64, 97});
}

void Graph::drawSizes() {
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
  const int64_t steps = random.integer(1, isLarge ? 3 : 6);
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
  return random.chance(0.5) ? b.constant(dtype, dims, deviation)
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

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

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

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

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

void drawGraph(ProgramWriter &writer) { Graph(writer).draw(); }

} // namespace attn::random_programs
