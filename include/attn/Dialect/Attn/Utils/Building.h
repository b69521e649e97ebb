//===- Building.h - Words that lowerings of attention are written in ----===//
// Sizes, run-time checks and conversions: what rewrites of
// attention to linalg and to tiles share.
//===----------------------------------------------------------------------===//
#ifndef ATTN_DIALECT_ATTN_UTILS_BUILDING_H
#define ATTN_DIALECT_ATTN_UTILS_BUILDING_H

#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/IR/Scalars.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir::attn {

/// An operand or result of an op with the meaning of its dimensions.
struct ShapedOperand {
  StringRef name;
  RankedTensorType type;
  SmallVector<int64_t> layout;
  /// Null for a result, which has no sizes yet but those of its type.
  Value value;

  static ShapedOperand get(StringRef name, Value value,
                           DenseI64ArrayAttr layout = {});
  static ShapedOperand getResult(StringRef name, Value result,
                                 DenseI64ArrayAttr layout = {});

  /// The size of a canonical dimension: an attribute when static, else a
  /// tensor.dim.
  OpFoldResult size(OpBuilder &builder, Location loc, int64_t dim) const;
};

/// Whether a size is zero whatever the input. Such a tensor has no slices: an
/// offset must lie inside, also where nothing is taken.
bool isKnownEmpty(Type tensor);

/// cf.assert that canonical dimensions of `a` and `b` have one size: `expected
/// dimension P of A to equal dimension Q of B`. Nothing when that is known.
void assertSameSize(OpBuilder &builder, Location loc, const ShapedOperand &a,
                    int64_t dimA, const ShapedOperand &b, int64_t dimB);

/// cf.assert, unless the condition folds to true.
void assertThat(OpBuilder &builder, Location loc, Value condition,
                const Twine &message);

/// Whether `holds` says true (i1) for every element of a tensor.
Value allElements(OpBuilder &builder, Location loc, Value tensor,
                  function_ref<Value(OpBuilder &, Location, Value)> holds);

/// linalg.generic whose result sizes are those of `outs`; `loops` are its
/// iterator types, `maps` its indexing maps (operands, then outs).
linalg::GenericOp buildGeneric(
    OpBuilder &builder, Location loc, ValueRange ins, ValueRange outs,
    ArrayRef<AffineMap> maps, ArrayRef<utils::IteratorType> loops,
    function_ref<SmallVector<Value>(OpBuilder &, Location, ValueRange)> body);

/// `tensor` copied to the type of `destination` (an empty tensor): other float
/// elements, or more static sizes.
Value convertTensor(OpBuilder &builder, Location loc, Value tensor,
                    Value destination);

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_UTILS_BUILDING_H
