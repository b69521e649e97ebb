//===- Passes.h - To tiles of tensor cores and below ------------*- C++ -*-===//
#ifndef ATTN_CONVERSION_TILE_PASSES_H
#define ATTN_CONVERSION_TILE_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::attn {

#define GEN_PASS_DECL
#include "attn/Conversion/Tile/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "attn/Conversion/Tile/Passes.h.inc"

} // namespace mlir::attn

#endif // ATTN_CONVERSION_TILE_PASSES_H
