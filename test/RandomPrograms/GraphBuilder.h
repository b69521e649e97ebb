//===- GraphBuilder.h - linalg ops on tensors, as text ----------*- C++ -*-===//

#ifndef ATTN_TEST_RANDOMPROGRAMS_GRAPHBUILDER_H
#define ATTN_TEST_RANDOMPROGRAMS_GRAPHBUILDER_H

#include "Program.h"

#include <functional>

namespace attn::random_programs {

/// A dimension: its size when run, and the value that holds it where the type
/// does not say it.
struct Dim {
  int64_t size;
  std::string value;
};
using Dims = std::vector<Dim>;

/// A tensor of the graph, of floats.
struct Node {
  Value value;
  DType type;
  Dims dims;
  const Dim &last() const { return dims.back(); }
  int64_t elements() const;
};

/// Which dimension of an operand each loop is: `{0, 2}` reads [i0, i2].
using Loops = std::vector<int64_t>;

/// Positions of loop `position` and taps of loop `tap`: what an operand that
/// reads `position` is read at.
struct Window {
  int64_t position, tap;
  int64_t stride, dilation;
};

/// The scalar ops of one `linalg.generic`.
class Body {
public:
  explicit Body(DType type) : type(type) {}
  /// `%n = operation %a, %b : f32`.
  std::string op(const std::string &operation,
                 const std::vector<std::string> &operands);
  std::string constant(double value);
  /// From a value of one type of float to another.
  std::string cast(const std::string &value, DType from, DType to);
  std::string line(const std::string &operation);
  std::string text;

private:
  DType type;
  int next = 0;
};

class GraphBuilder {
public:
  explicit GraphBuilder(ProgramWriter &writer) : writer(writer) {}

  /// A dimension that only the call knows where `isDynamic`.
  Dim dimension(int64_t size, bool isDynamic);
  Node argument(const std::string &name, DType type, const Dims &dims,
                double deviation = 1);
  /// Weights that the program holds, of known sizes.
  Node constant(DType type, const Dims &dims, double deviation);

  using Element = std::function<std::string(
      Body &, const std::vector<std::string> &operands)>;
  /// Elementwise: each operand is read at its last dimensions.
  Node map(const std::vector<Node> &operands, const Dims &dims, DType type,
           const Element &element);
  /// Over the dimensions of `operand`; those that are not `kept` are reduced,
  /// from `start`.
  Node reduce(const Node &operand, const Loops &kept, double start,
              const Element &element);
  /// Any generic op: the loops of `dims`, the first ones of the result. A
  /// window is the first operand's.
  Node generic(const std::vector<Node> &operands,
               const std::vector<Loops> &reads, const Dims &dims,
               const Loops &writes, DType type, const Node *init,
               const Element &element, const Window *window = nullptr);
  Node fill(const Dims &dims, DType type, double value);
  Node transpose(const Node &operand, const Loops &permutation);
  /// [..., heads * size] as [..., heads, size], and back.
  Node split(const Node &operand, int64_t heads);
  Node join(const Node &operand);
  /// Of the last dimension.
  Node slice(const Node &operand, int64_t from, int64_t size);

  static std::string typeText(DType type, const Dims &dims);

private:
  Node empty(const Dims &dims, DType type);

  ProgramWriter &writer;
};

} // namespace attn::random_programs

#endif // ATTN_TEST_RANDOMPROGRAMS_GRAPHBUILDER_H
