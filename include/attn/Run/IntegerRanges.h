//===- IntegerRanges.h - Integers that are valid for their use --*- C++ -*-===//

#ifndef ATTN_RUN_INTEGERRANGES_H
#define ATTN_RUN_INTEGERRANGES_H

#include "attn/Run/Inputs.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn {

/// For each argument of `function` the values that make sense as random inputs,
/// read from how its elements are used (through casts, reshapes, clamps and
/// elementwise ops); nothing where no use says anything.
///
/// - An index into a tensor, such as a gather's: [0, size - 1].
/// - Positions of rotary_embedding: the rows of its table, else [0, 1023], as
///   for sinusoidal_encoding.
/// - Positions of cache_update: where the update fits.
/// - Segments, also compared by `==` in a mask: [0, 2].
/// - Lengths and offsets in a mask: [0, number of keys].
///
/// Several uses: what all of them allow. Sizes that are dynamic say nothing.
std::vector<std::optional<NumberRange>>
inferIntegerRanges(func::FuncOp function);

} // namespace mlir::attn

#endif // ATTN_RUN_INTEGERRANGES_H
