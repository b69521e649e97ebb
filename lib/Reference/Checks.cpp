//===- Checks.cpp - Messages about operands -------------------------------===//

#include "Checks.h"

namespace attn::reference {

Status checkSize(const char *name, const char *what, int64_t expected,
                 const char *other, int64_t got) {
  if (expected == got)
    return success();
  return fail(name, ": expected ", what, " ", expected, " as in ", other,
              ", got ", got);
}

Status checkShape(const char *name, const Shape &expected,
                  const Tensor &tensor) {
  if (tensor.shape() == expected)
    return success();
  return fail(name, ": expected shape ", shapeString(expected), ", got ",
              shapeString(tensor.shape()));
}

Status checkRank(const char *name, int64_t expected, const Tensor &tensor) {
  if (tensor.rank() == expected)
    return success();
  return fail(name, ": expected rank ", expected, ", got ", tensor.rank());
}

Status checkIntegers(const char *name, const Tensor &tensor) {
  if (isInteger(tensor.dtype()) && tensor.dtype() != DType::i1)
    return success();
  return fail(name, ": expected integers, got ", dtypeName(tensor.dtype()));
}

Status checkFloats(const char *name, const Tensor &tensor) {
  if (isFloat(tensor.dtype()))
    return success();
  return fail(name, ": expected f16, bf16, f32 or f64, got ",
              dtypeName(tensor.dtype()));
}

Status checkIndex(const char *name, const char *what, int64_t size,
                  int64_t got) {
  if (got >= 0 && got < size)
    return success();
  return fail(name, ": expected ", what, " in [0, ", size, "), got ", got);
}

Status checkHeadGroups(int64_t queryHeads, int64_t kvHeads) {
  if (kvHeads == 0 ? queryHeads == 0 : queryHeads % kvHeads == 0)
    return success();
  return fail("key: expected a number of heads that divides query's ",
              queryHeads, ", got ", kvHeads);
}

} // namespace attn::reference
