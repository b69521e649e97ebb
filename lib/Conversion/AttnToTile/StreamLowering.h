//===- StreamLowering.h - A stream as what its warps do ---------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOTILE_STREAMLOWERING_H
#define ATTN_LIB_CONVERSION_ATTNTOTILE_STREAMLOWERING_H

#include "attn/Dialect/Tile/IR/Tile.h"

namespace mlir::attn {

/// Replaces `op`, which is on memrefs and in a kernel of `rows / 16 + 1` warps,
/// by what the producer and the consumers do.
void lowerStream(tile::StreamOp op);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOTILE_STREAMLOWERING_H
