//===- Values.h - What SSA values hold while they are interpreted -*-C++-*-===//

#ifndef ATTN_LIB_INTERPRETER_VALUES_H
#define ATTN_LIB_INTERPRETER_VALUES_H

#include "attn/Support/Tensor.h"

#include "mlir/IR/BuiltinTypes.h"

#include <memory>
#include <optional>

namespace mlir::attn::interpreter {

using ::attn::DType;
using ::attn::Shape;
using ::attn::Tensor;

/// A number; the SSA value's type says which. Integers are sign-extended from
/// their width, but i1 is 0 or 1.
union Scalar {
  double f;
  int64_t i;

  static Scalar of(double value) { return Scalar{value}; }
  static Scalar of(int64_t value) {
    Scalar scalar;
    scalar.i = value;
    return scalar;
  }
};

/// Tensors are values: shared, and copied before they are changed.
using TensorRef = std::shared_ptr<const Tensor>;

/// What one SSA value holds: a scalar, or a tensor.
struct Datum {
  Scalar scalar{0.0};
  TensorRef tensor;
};

/// A scalar type, or the element type of a tensor.
struct Element {
  bool isFloat = true;
  unsigned width = 64; // in bits; index has 64
  DType dtype = DType::f64;

  /// Nothing for a type that the interpreter has no numbers for.
  static std::optional<Element> of(Type type);

  /// The integer as this type keeps it.
  int64_t wrap(int64_t value) const;
  /// The integer read as a signed one: i1 true is -1.
  int64_t asSigned(int64_t value) const;
  /// The integer read as an unsigned one.
  uint64_t asUnsigned(int64_t value) const;
  /// The double that this float type holds.
  double round(double value) const { return ::attn::roundTo(dtype, value); }

  Scalar load(const Tensor &tensor, int64_t n) const;
  void store(Tensor &tensor, int64_t n, Scalar value) const;
};

} // namespace mlir::attn::interpreter

#endif // ATTN_LIB_INTERPRETER_VALUES_H
