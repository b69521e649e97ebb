//===- OutputGuard.h - Rows of the output that are set to 0 -----*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_OUTPUTGUARD_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_OUTPUTGUARD_H

#include "TensorReader.h"

namespace mlir::attn::recognize {

/// `op` is 0 where `condition` holds, and elsewhere what it reads.
struct OutputGuard {
  Operation *op;
  Expr condition;
};

/// The op that alone uses `output`, where it is such a guard. `positions` are
/// those of the output's dimensions.
std::optional<OutputGuard> findOutputGuard(TensorReader &reader, Value output,
                                           ArrayRef<Expr> positions);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_OUTPUTGUARD_H
