//===- IndexMath.h - Arithmetic on sizes ------------------------*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// Sizes and positions while a graph is imported: constants or `index` values.
// Every value has a normal form, a polynomial over the values that nothing is
// known about, so that sizes that were computed in different ways compare
// equal, divisions come out even, and equal arithmetic is emitted once.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_IMPORT_ONNX_CORE_INDEXMATH_H
#define ATTN_LIB_IMPORT_ONNX_CORE_INDEXMATH_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace mlir::attn::onnx {

/// A sum of products: from the sorted atoms of a product to its coefficient.
using Polynomial = std::map<std::vector<unsigned>, int64_t>;

/// A constant index, or nothing.
std::optional<int64_t> constantOf(OpFoldResult index);

class IndexMath {
public:
  explicit IndexMath(OpBuilder &builder) : b(builder) { known.emplace_back(); }

  OpFoldResult constant(int64_t value) { return b.getIndexAttr(value); }

  /// Sums, differences and products that do not fit 64 bits are as near to the
  /// right ones as can be, and noted: see takeOverflow.
  OpFoldResult add(OpFoldResult lhs, OpFoldResult rhs);
  OpFoldResult sub(OpFoldResult lhs, OpFoldResult rhs);
  OpFoldResult mul(OpFoldResult lhs, OpFoldResult rhs);
  /// Division of numbers that are not negative, rounding down; the divisor is
  /// not zero when this runs.
  OpFoldResult div(OpFoldResult lhs, OpFoldResult rhs);
  OpFoldResult ceilDiv(OpFoldResult lhs, OpFoldResult rhs);
  /// The rest of that division.
  OpFoldResult rem(OpFoldResult lhs, OpFoldResult rhs);
  OpFoldResult min(OpFoldResult lhs, OpFoldResult rhs);
  OpFoldResult max(OpFoldResult lhs, OpFoldResult rhs);
  OpFoldResult product(ArrayRef<OpFoldResult> factors);
  /// 1 where the signed comparison holds, else 0.
  OpFoldResult compare(arith::CmpIPredicate predicate, OpFoldResult lhs,
                       OpFoldResult rhs);
  /// `yes` where `condition` is not 0, else `no`.
  OpFoldResult select(OpFoldResult condition, OpFoldResult yes,
                      OpFoldResult no);
  /// `lhs / rhs` where it provably leaves no rest.
  std::optional<OpFoldResult> exactDiv(OpFoldResult lhs, OpFoldResult rhs);

  /// The size of a dimension to which both broadcast: the one that is not 1.
  /// Nothing is checked; see requireBroadcast.
  OpFoldResult broadcast(OpFoldResult lhs, OpFoldResult rhs);
  /// True where `part` is provably 1 or `whole`, by itself or by what is
  /// checked before this runs.
  bool broadcastsTo(OpFoldResult part, OpFoldResult whole);
  /// Sizes that broadcasting may not enlarge from here on; none by default.
  void setWholes(ArrayRef<OpFoldResult> sizes);
  bool isWhole(OpFoldResult size) { return wholes.count(polynomial(size)); }
  /// True where both are always equal, or checked to be before this runs.
  bool isEqualOrChecked(OpFoldResult lhs, OpFoldResult rhs);
  /// 0 for a dimension of size 1, which broadcasts, else 1: what a position is
  /// multiplied by to read it.
  OpFoldResult stepOver(OpFoldResult size);

  /// True where arithmetic has overflowed since the last call.
  bool takeOverflow() { return std::exchange(overflowed, false); }

  /// True where arithmetic may wrap when the code runs, and not only for sizes
  /// that no machine holds: coefficients are large.
  bool mayWrap(OpFoldResult index);
  /// As f64, which does not wrap, at the insertion point.
  Value approximate(OpFoldResult index);

  /// True where both are always equal; false also where that is not known.
  bool equal(OpFoldResult lhs, OpFoldResult rhs);
  /// True where the value is never negative.
  bool isNonNegative(OpFoldResult index);
  /// Says that `value` is a size, so never negative.
  void setNonNegative(Value value);

  /// True where the value may be any number, as it follows from an element that
  /// only the call knows: sizes need checks then.
  bool isFromData(OpFoldResult index);
  void setFromData(Value value);

  /// What is checked about two sizes when the code runs.
  enum class Check { Equal, BroadcastsTo, Broadcast, Fits, NonNegative };

  /// True the first time that these two are found to need a run-time check.
  bool noteCheck(OpFoldResult lhs, OpFoldResult rhs,
                 Check check = Check::Equal);

  /// As an SSA value at the insertion point.
  Value materialize(OpFoldResult index);

  /// Values made after enterRegion are forgotten at leaveRegion: they do not
  /// dominate what follows.
  void enterRegion() { known.emplace_back(); }
  void leaveRegion() { known.pop_back(); }

  void setLoc(Location location) { loc = location; }

private:
  Polynomial polynomial(OpFoldResult index);
  OpFoldResult fromPolynomial(const Polynomial &poly);
  Value emit(const Polynomial &poly);
  unsigned atomOf(Value value);
  /// `value` with what is known of it because it follows from `from`.
  OpFoldResult derive(Value value, ArrayRef<OpFoldResult> from,
                      bool nonNegative);
  void record(Value value, const Polynomial &poly);
  /// An operation that polynomials do not have: emitted once for equal
  /// operands.
  template <typename OpT>
  OpFoldResult opaque(char tag, OpFoldResult lhs, OpFoldResult rhs,
                      bool nonNegative);
  OpFoldResult opaque(char tag, OpFoldResult lhs, OpFoldResult rhs,
                      bool nonNegative,
                      llvm::function_ref<Value(Value, Value)> emitOp);
  OpFoldResult combine(OpFoldResult lhs, OpFoldResult rhs, int64_t scale);
  OpFoldResult saturate(const llvm::APInt &number);
  bool isChecked(const Polynomial &lhs, const Polynomial &rhs,
                 Check check) const;

  struct Known {
    std::map<Polynomial, Value> values;
    std::map<std::tuple<char, Polynomial, Polynomial>, Value> opaque;
    std::set<std::tuple<Check, Polynomial, Polynomial>> checks;
  };

  OpBuilder &b;
  std::optional<Location> loc;
  std::vector<Known> known;
  llvm::DenseMap<Value, Polynomial> polynomials;
  llvm::DenseMap<Value, unsigned> atoms;
  std::vector<Value> atomValues;
  llvm::DenseSet<unsigned> nonNegativeAtoms, dataAtoms;
  /// The sizes that were broadcast to a size.
  std::map<Polynomial, std::set<Polynomial>> broadcastParts;
  std::set<Polynomial> wholes;
  bool overflowed = false;
};

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_CORE_INDEXMATH_H
