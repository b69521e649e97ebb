//===- CacheUpdates.h - Writes at a position --------------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_CACHEUPDATES_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_CACHEUPDATES_H

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::attn::recognize {

/// Every nest of loops that writes a tensor into a larger one, from one
/// position of one dimension on, becomes an attn.cache_update.
void recognizeCacheUpdates(FunctionOpInterface function);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_CACHEUPDATES_H
