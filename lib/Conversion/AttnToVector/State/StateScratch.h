//===- StateScratch.h - A state as kernels keep it --------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_STATESCRATCH_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_STATESCRATCH_H

#include "mlir/IR/Value.h"

namespace mlir::attn {

/// Rows are queries, of one head after the other.
struct StateScratch {
  Value acc; // [value features][rows], or [rows][value features]
  Value max; // [rows]
  Value sum; // [rows]
};

struct StateLayout {
  bool queriesInLanes; // acc is [value features][rows]
  int64_t rows;        // that there is room for: whole vectors
  int64_t features;    // of V: a multiple of this, padded

  bool operator==(const StateLayout &other) const {
    return queriesInLanes == other.queriesInLanes && rows == other.rows &&
           features == other.features;
  }
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_STATESCRATCH_H
