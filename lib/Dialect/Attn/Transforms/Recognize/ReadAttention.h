//===- ReadAttention.h - The parts of an attn.attention ---------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_READATTENTION_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_READATTENTION_H

#include "MatchAttention.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn::recognize {

/// The parts of an op that is there already, where its regions read tensors
/// that the graph computes, or its heads are repeated: built again, it does
/// not. Nothing where there is nothing to gain, or where a region holds what is
/// not read here.
std::optional<AttentionParts> readAttention(TensorReader &reader,
                                            AttentionOp op);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_READATTENTION_H
