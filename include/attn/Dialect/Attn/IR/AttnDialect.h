//===- AttnDialect.h - The attn dialect ---------------------------*- C++
//-*-===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNDIALECT_H
#define ATTN_DIALECT_ATTN_IR_ATTNDIALECT_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Dialect.h"

#include "attn/Dialect/Attn/IR/AttnDialect.h.inc"

namespace mlir::attn {
/// Of ops that a target's pipeline leaves to the lowering to LLVM.
template <typename Op>
class Instruction : public OpTrait::TraitBase<Op, Instruction> {};
} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_IR_ATTNDIALECT_H
