//===- AttentionTiling.h - TilingInterface of attention, attend -*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_IR_ATTENTIONTILING_H
#define ATTN_LIB_DIALECT_ATTN_IR_ATTENTIONTILING_H

#include "mlir/IR/MLIRContext.h"

namespace mlir::attn {

/// Lets attn.attention and attn.attend be tiled from outside
/// (scf::tileUsingSCF, transform.structured.tile_using_forall) over batch, kv
/// head, query head in its group, and query. Keys stay whole: attn-tile cuts
/// them.
void attachAttentionTiling(MLIRContext &context);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_IR_ATTENTIONTILING_H
