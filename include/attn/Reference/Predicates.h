//===- Predicates.h - Which pairs attend ------------------------*- C++ -*-===//

#ifndef ATTN_REFERENCE_PREDICATES_H
#define ATTN_REFERENCE_PREDICATES_H

#include "attn/Reference/Attention.h"

namespace attn::reference {

/// D8: j <= i + offset.
bool causal(int64_t i, int64_t j, int64_t offset = 0);

/// D9: p - left <= j <= p + right with p = i + offset; -1 is unbounded.
/// Bounds below -1 are an error.
Result<bool> window(int64_t i, int64_t j, int64_t offset, int64_t left,
                    int64_t right);

/// D17: j < length.
bool prefix(int64_t j, int64_t length);

/// D17: querySegments[b, i] == keySegments[b, j]; integers of rank 2. An index
/// outside of them is an error (D21).
Result<bool> sameSegment(const Tensor &querySegments, const Tensor &keySegments,
                         const Position &at);

/// D17: table[b, h, floor(i / queryBlock), floor(j / keyBlock)], of i1. An
/// index outside of it is an error (D21).
Result<bool> blockSparse(const Tensor &table, int64_t queryBlock,
                         int64_t keyBlock, const Position &at);

} // namespace attn::reference

#endif // ATTN_REFERENCE_PREDICATES_H
