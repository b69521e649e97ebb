//===- Reorder.h - (Q K^T) V as Q (K^T V) -----------------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_REORDER_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_REORDER_H

#include "Match.h"

namespace mlir::attn::recognize {

/// Multiplies keys and values first where weights are the product of queries
/// and keys itself, times one number, and that takes fewer products of numbers.
/// Whether it did.
bool reorderProducts(TensorReader &reader, const Contraction &output);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_REORDER_H
