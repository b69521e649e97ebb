//===- AttnAttrs.h - The attributes of the attn dialect ---------*- C++ -*-===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNATTRS_H
#define ATTN_DIALECT_ATTN_IR_ATTNATTRS_H

#include "mlir/Dialect/SCF/IR/DeviceMappingInterface.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OpImplementation.h"

#include "attn/Dialect/Attn/IR/AttnEnums.h.inc"

namespace mlir::attn {

/// How a CPU's kernels of attention go over their tiles: the parameters of
/// #attn.cpu beside sizes of tiles and exp. 0 and Auto are the tiling policy's.
struct CPUSchedule {
  int64_t unmaskedKeys = 0, panelKeys = 0;
  Packing packing = Packing::Auto;
  int64_t stages = 0;

  /// What is wrong with it: `expected stages of 1 or 3, got 2`; empty if
  /// nothing is. Names are joined by `separator`, as where it was written.
  std::string check(char separator) const;
};

/// Whether `size` can be the queries or keys of a tile.
inline bool isTileSize(int64_t size) {
  return size >= 1 && size <= (int64_t(1) << 20);
}

} // namespace mlir::attn

#define GET_ATTRDEF_CLASSES
#include "attn/Dialect/Attn/IR/AttnAttrs.h.inc"

namespace mlir::attn {

/// What the module around `op` is compiled for; null where it does not say.
Attribute getTarget(Operation *op);

/// The same where it has to be a CPU: what fits every x86-64 where the module
/// does not say, null and an error at `op` where it says something else.
CPUTargetAttr getCPUTarget(Operation *op);

/// Whether multiplying and adding is one instruction there: every GPU has it.
bool hasFusedMultiplyAdd(Operation *op);

void setTarget(ModuleOp module, Attribute target);

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_IR_ATTNATTRS_H
