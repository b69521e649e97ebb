//===- Graph.h - One program of what stands around attention ----*- C++ -*-===//
#ifndef ATTN_TEST_RANDOMPROGRAMS_GRAPH_H
#define ATTN_TEST_RANDOMPROGRAMS_GRAPH_H

#include "Draw.h"
#include "GraphBuilder.h"

namespace attn::random_programs {

/// A chain of steps from one value to the next, drawn at random (see
/// Graphs.cpp).
class Graph {
public:
  explicit Graph(ProgramWriter &writer)
      : writer(writer), random(writer.random), b(writer) {}
  void draw();

private:
  void drawSizes();
  void step();
  void keep(const Node &node);
  int64_t width();
  Tolerance tolerance() const;

  // Products
  void project();
  void attend();
  void gradient();
  void convolve();
  Node multiply(const Node &left, const Node &right, bool isTransposed);
  Node batchProduct(const Node &left, const Node &right, bool isTransposed);
  Node parameter(const std::string &name, DType dtype, const Dims &dims,
                 double deviation);

  // GraphElementwise.cpp
  void activate();
  void combine();
  void cast();
  void cut();
  Node activated(const Node &node);

  // GraphRows.cpp
  void normalize();
  void softmax();
  void reduce();
  Node meanOf(const Node &node, const Loops &kept);
  Loops rowsOf(const Node &node) const;

  ProgramWriter &writer;
  RandomSequence &random;
  GraphBuilder b;
  DType type = DType::f32;
  Dims rows; // of all values: [batch, sequence] or [sequence]
  Node current;
  std::vector<Node> results;
  bool wasRounded = false;
  bool isLarge = false, isDeep = false;
};

} // namespace attn::random_programs

#endif // ATTN_TEST_RANDOMPROGRAMS_GRAPH_H
