//===- SplitKeys.h - Keys that several blocks share -------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOTILE_SPLITKEYS_H
#define ATTN_LIB_CONVERSION_ATTNTOTILE_SPLITKEYS_H

#include "attn/Dialect/Attn/IR/AttnOps.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::attn {

/// What attn-tile makes of few queries and many keys: a loop that leaves the
/// state of each part, one that merges them, and the end of the state.
struct SplitKeys {
  scf::ForallOp parts;
  scf::ForOp merge;
  FinalizeStateOp finalize;

  /// Of the first of the op's results; nothing where keys are not split.
  static std::optional<SplitKeys> find(Value result);

  /// Of parts that leave outputs and LSE, instead of states: merges all at
  /// once, by reductions over the parts.
  void mergeOutputs();
  void erase();
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOTILE_SPLITKEYS_H
