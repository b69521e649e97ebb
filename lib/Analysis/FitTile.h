//===- FitTile.h - Query tiles that fit an op -------------------*- C++ -*-===//
#ifndef ATTN_LIB_ANALYSIS_FITTILE_H
#define ATTN_LIB_ANALYSIS_FITTILE_H

#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// Queries of a tile, at most `tile`. Where the mask goes by blocks of queries,
/// i floordiv n: the largest divisor of n, if it is a third of `tile` or more,
/// so that a tile lies in one block. Where it has a band around the diagonal of
/// no more than twelve tiles' keys: two thirds of `tile`, for fewer keys that
/// few queries attend to. Else `tile`. Ops on positions count as what they
/// expand to.
int64_t fitToMask(AttentionOp op, int64_t tile);

/// `tile`, which is two blocks of three vectors, or two thirds of it, two
/// blocks of two vectors: whichever computes less that nobody wants, in the
/// last block of static lengths and on the diagonal of a causal mask, weighed
/// by what a block of two vectors takes longer for each query: less where its
/// register tiles are tall (KernelShape). `tile` for no more queries than a
/// block of two has.
int64_t fitToLengths(AttentionOp op, int64_t tile, bool isTall);

} // namespace mlir::attn

#endif // ATTN_LIB_ANALYSIS_FITTILE_H
