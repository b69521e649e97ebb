//===- CacheUpdate.cpp - Writing into a key or value cache ----------------===//

#include "attn/Reference/CacheUpdate.h"

#include "Checks.h"

#include <cstring>

namespace attn::reference {

static Status checkOperands(const Tensor &cache, const Tensor &update,
                            const CacheUpdateOptions &options) {
  if (update.dtype() != cache.dtype())
    return fail("update: expected type ", dtypeName(cache.dtype()),
                " as in cache, got ", dtypeName(update.dtype()));
  ATTN_TRY(checkRank("update", cache.rank(), update));
  if (options.axis < 1 || options.axis >= cache.rank())
    return fail("axis: expected one in [1, ", cache.rank(), "), got ",
                options.axis);
  Shape expected = cache.shape();
  expected[options.axis] = update.dim(options.axis);
  ATTN_TRY(checkShape("update", expected, update));
  if (!options.positions)
    return success();
  ATTN_TRY(checkIntegers("positions", *options.positions));
  return checkShape("positions", {cache.dim(0)}, *options.positions);
}

/// Where token t of batch b goes (D19), or D21's error.
static Result<int64_t> target(const Tensor &cache, int64_t b, int64_t t,
                              const CacheUpdateOptions &options) {
  const int64_t size = cache.dim(options.axis);
  const int64_t first = options.positions ? options.positions->getInt(b) : 0;
  if (first < 0)
    return fail("positions: expected no negative position, got ", first);
  if (options.circular && size > 0)
    return (first % size + t % size) % size;
  ATTN_TRY(checkIndex("positions", "position", size, first));
  ATTN_TRY(checkIndex("positions", "position", size, first + t));
  return first + t;
}

Result<Tensor> cacheUpdate(const Tensor &cache, const Tensor &update,
                           const CacheUpdateOptions &options) {
  ATTN_TRY(checkOperands(cache, update, options));
  // A tensor is batch x outer x axis x inner; inner elements stay together.
  int64_t outer = 1;
  size_t inner = byteSize(cache.dtype());
  for (int64_t axis = 1; axis < cache.rank(); ++axis)
    if (axis < options.axis)
      outer *= cache.dim(axis);
    else if (axis > options.axis)
      inner *= cache.dim(axis);

  Tensor result = cache;
  const int64_t size = cache.dim(options.axis);
  const int64_t tokens = update.dim(options.axis);
  for (int64_t b = 0; b < cache.dim(0); ++b)
    for (int64_t t = 0; t < tokens; ++t) {
      Result<int64_t> place = target(cache, b, t, options);
      ATTN_TRY(place);
      for (int64_t o = 0; o < outer; ++o)
        std::memcpy(static_cast<char *>(result.data()) +
                        ((b * outer + o) * size + *place) * inner,
                    static_cast<const char *>(update.data()) +
                        ((b * outer + o) * tokens + t) * inner,
                    inner);
    }
  return result;
}

} // namespace attn::reference
