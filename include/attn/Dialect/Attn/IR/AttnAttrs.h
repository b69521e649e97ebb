//===- AttnAttrs.h - The attributes of the attn dialect ---------*- C++ -*-===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNATTRS_H
#define ATTN_DIALECT_ATTN_IR_ATTNATTRS_H

#include "mlir/Dialect/SCF/IR/DeviceMappingInterface.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OpImplementation.h"

#include "attn/Dialect/Attn/IR/AttnEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "attn/Dialect/Attn/IR/AttnAttrs.h.inc"

namespace mlir::attn {

/// Whether `size` can be the queries or keys of a tile.
inline bool isTileSize(int64_t size) {
  return size >= 1 && size <= (int64_t(1) << 20);
}

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
