//===- RegionChecks.h - Checks of regions, before their op ------*- C++ -*-===//

#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_REGIONCHECKS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_REGIONCHECKS_H

#include "UndefinedOps.h"

namespace mlir::attn {

/// The attention op in whose region `op` is, or null.
Operation *getAttentionAround(Operation *op);

/// Asserts that `check`, of an op in a region of `attention`, holds for every
/// pair of positions, attending or not (D22). What the condition depends on is
/// computed before `attention`, in loops over the positions that occur in it.
/// Where it depends on a score it is asserted in the region.
void checkForAllPairs(Operation *attention, const OpCheck &check);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_REGIONCHECKS_H
