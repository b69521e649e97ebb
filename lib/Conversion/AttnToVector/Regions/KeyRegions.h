//===- KeyRegions.h - Regions of kernels with keys in lanes -----*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONS_KEYREGIONS_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONS_KEYREGIONS_H

#include "Regions/RegionReads.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// The score and mask regions of a piece (see SplitAttend.h), applied to one
/// row and a vector of keys: the counterpart of RowRegions.
class KeyRegions {
public:
  /// Each head has `rowsOfHead` rows.
  KeyRegions(KernelBuilder &builder, AttendOp op, int64_t rowsOfHead)
      : b(builder), op(op), rowsOfHead(rowsOfHead) {}

  /// The scores of row `row` with a vector of keys of the block `keys`, from
  /// `key` on: -inf where the mask hides a pair, and beyond the block, which
  /// may be empty.
  Value apply(Value row, const RegionReads::Keys &keys, Value key, Value score);

private:
  KernelBuilder &b;
  AttendOp op;
  int64_t rowsOfHead;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONS_KEYREGIONS_H
