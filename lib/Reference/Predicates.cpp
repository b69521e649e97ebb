//===- Predicates.cpp - Which pairs attend --------------------------------===//

#include "attn/Reference/Predicates.h"

#include "Checks.h"

namespace attn::reference {

bool causal(int64_t i, int64_t j, int64_t offset) { return j <= i + offset; }

Result<bool> window(int64_t i, int64_t j, int64_t offset, int64_t left,
                    int64_t right) {
  if (left < -1 || right < -1)
    return fail("window: expected bounds of at least -1, got left ", left,
                " and right ", right);
  const int64_t p = i + offset;
  // Distances, not sums: a bound may be near the largest integer.
  return (left == -1 || p - j <= left) && (right == -1 || j - p <= right);
}

bool prefix(int64_t j, int64_t length) { return j < length; }

Result<bool> sameSegment(const Tensor &querySegments, const Tensor &keySegments,
                         const Position &at) {
  ATTN_TRY(checkIntegers("query segments", querySegments));
  ATTN_TRY(checkIntegers("key segments", keySegments));
  ATTN_TRY(checkRank("query segments", 2, querySegments));
  ATTN_TRY(checkRank("key segments", 2, keySegments));
  ATTN_TRY(checkIndex("query segments", "batch", querySegments.dim(0), at.b));
  ATTN_TRY(checkIndex("key segments", "batch", keySegments.dim(0), at.b));
  ATTN_TRY(checkIndex("query segments", "query", querySegments.dim(1), at.i));
  ATTN_TRY(checkIndex("key segments", "key", keySegments.dim(1), at.j));
  return querySegments.getInt(at.b * querySegments.dim(1) + at.i) ==
         keySegments.getInt(at.b * keySegments.dim(1) + at.j);
}

static int64_t floorDiv(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

Result<bool> blockSparse(const Tensor &table, int64_t queryBlock,
                         int64_t keyBlock, const Position &at) {
  if (queryBlock <= 0 || keyBlock <= 0)
    return fail("block table: expected positive block sizes, got ", queryBlock,
                " and ", keyBlock);
  ATTN_TRY(checkRank("block table", 4, table));
  const Shape index = {at.b, at.h, floorDiv(at.i, queryBlock),
                       floorDiv(at.j, keyBlock)};
  const char *names[] = {"batch", "head", "query block", "key block"};
  for (int64_t axis = 0; axis < 4; ++axis)
    ATTN_TRY(
        checkIndex("block table", names[axis], table.dim(axis), index[axis]));
  return table.at(index) != 0;
}

} // namespace attn::reference
