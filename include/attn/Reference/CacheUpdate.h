//===- CacheUpdate.h - Writing into a key or value cache --------*- C++ -*-===//

#ifndef ATTN_REFERENCE_CACHEUPDATE_H
#define ATTN_REFERENCE_CACHEUPDATE_H

#include "attn/Support/Tensor.h"

namespace attn::reference {

struct CacheUpdateOptions {
  /// Integers [B]; 0 when absent. Negative is an error (D21).
  const Tensor *positions = nullptr;
  /// The dimension along which tokens follow each other; not 0, the batch.
  int64_t axis = 2;
  /// Positions modulo the size of the axis; otherwise writing past its end is
  /// an error (D21). Of two tokens that meet in one place the later one stays.
  bool circular = false;
};

/// D19: the cache with out[b, .., positions[b] + t, ..] = update[b, .., t, ..].
/// Any type; both tensors agree in type and in all dimensions but the axis.
Result<Tensor> cacheUpdate(const Tensor &cache, const Tensor &update,
                           const CacheUpdateOptions &options = {});

} // namespace attn::reference

#endif // ATTN_REFERENCE_CACHEUPDATE_H
