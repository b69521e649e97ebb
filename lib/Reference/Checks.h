//===- Checks.h - Messages about operands -----------------------*- C++ -*-===//

#ifndef ATTN_LIB_REFERENCE_CHECKS_H
#define ATTN_LIB_REFERENCE_CHECKS_H

#include "attn/Support/Tensor.h"

namespace attn::reference {

/// `NAME: expected WHAT N as in OTHER, got M` unless they are equal.
Status checkSize(const char *name, const char *what, int64_t expected,
                 const char *other, int64_t got);
/// `NAME: expected shape X, got Y` unless they are equal.
Status checkShape(const char *name, const Shape &expected,
                  const Tensor &tensor);
Status checkRank(const char *name, int64_t expected, const Tensor &tensor);
/// Integers, but not i1.
Status checkIntegers(const char *name, const Tensor &tensor);
Status checkFloats(const char *name, const Tensor &tensor);
/// `NAME: expected WHAT in [0, size), got N` unless it is there (D21).
Status checkIndex(const char *name, const char *what, int64_t size,
                  int64_t got);
/// That the kv heads divide the query heads.
Status checkHeadGroups(int64_t queryHeads, int64_t kvHeads);

} // namespace attn::reference

/// Hands an error on to the caller of the enclosing function.
#define ATTN_TRY(expression)                                                   \
  if (auto &&attnStatus = (expression); !attnStatus)                           \
  return attnStatus.error()

#endif // ATTN_LIB_REFERENCE_CHECKS_H
