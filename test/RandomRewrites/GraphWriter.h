//===- GraphWriter.h - Graphs of linalg and tensor ops as text --*- C++ -*-===//
#ifndef ATTN_TEST_RANDOMREWRITES_GRAPHWRITER_H
#define ATTN_TEST_RANDOMREWRITES_GRAPHWRITER_H

#include "../RandomPrograms/Draw.h"

namespace attn::random_rewrites {

using namespace attn::random_programs;

/// A size of a tensor: an SSA value's name where it is dynamic.
struct Size {
  int64_t value;
  std::string name;
};

/// A tensor of the graph.
struct Node {
  std::string name, element;
  std::vector<Size> sizes;

  std::string type() const;
};

/// An operand of an op and the loops that its dimensions are; -1 is index 0.
struct Access {
  Node node;
  std::vector<int> loops;
};

/// Writes ops; each gives the tensor that it makes.
class GraphWriter {
public:
  explicit GraphWriter(ProgramWriter &writer)
      : random(writer.random), writer(writer) {}

  RandomSequence &random;

  Node argument(const std::string &name, Tensor tensor);
  /// A tensor filled with one number.
  Node fill(const std::vector<Size> &sizes, const std::string &element,
            const std::string &number);
  /// A new tensor over loops of `sizes`: `body` has $0, $1, ... for the
  /// elements of `ins`, #0, #1, ... for the loops, and defines %r.
  Node map(const std::vector<Access> &ins, const std::vector<Size> &sizes,
           const std::string &element, const std::string &body);
  /// Over the last dimension of `from`: `body` combines $0 with %acc to %r.
  Node reduce(const Node &from, const std::string &initial,
              const std::string &body);
  /// sum over the last loop of the product; the others are the result's
  /// dimensions.
  Node contract(const Access &lhs, const Access &rhs,
                const std::vector<Size> &loops,
                const std::string &initial = "0.0");
  Node transpose(const Node &from, const std::vector<int> &permutation);
  /// Neighbors [first, first + 1] become one dimension.
  Node collapse(const Node &from, size_t first);
  Node softmax(const Node &from);
  /// Of the last dimension, every `stride`-th from `offset`.
  Node slice(const Node &from, int64_t offset, int64_t size, int64_t stride);
  /// One behind the other along `dim`.
  Node concat(const Node &first, const Node &second, size_t dim);
  /// The last dimension has a size of its own, and one of 1 behind it.
  Node addUnit(const Node &from);
  /// The last dimension's size is known.
  Node withKnownFeatures(const Node &from);
  Node constant(const std::string &element, const std::vector<Size> &sizes,
                const std::string &text);

  ProgramWriter &writer;

private:
  Node generic(const std::vector<Access> &ins, const Node &out,
               const std::vector<int> &outLoops, size_t loops, bool reduces,
               const std::string &body);
  std::string empty(const std::vector<Size> &sizes, const std::string &element);
};

/// `body` with other floats than f32.
std::string typed(std::string body, const std::string &element);

/// All loops, in order.
std::vector<int> allLoops(size_t count);

} // namespace attn::random_rewrites

#endif // ATTN_TEST_RANDOMREWRITES_GRAPHWRITER_H
