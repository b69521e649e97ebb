//===- InitAllDialects.h - The dialects, without the passes -----*- C++ -*-===//
// For tools that read attn and lower nothing. Registration has no effect but on
// the registry.
//===----------------------------------------------------------------------===//
#ifndef ATTN_INITALLDIALECTS_H
#define ATTN_INITALLDIALECTS_H

#include "attn/Dialect/Attn/IR/AttnDialect.h"
#include "attn/Dialect/Attn/Transforms/BufferizableOpInterfaceImpl.h"
#include "attn/Dialect/Tile/IR/Tile.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"

namespace mlir::attn {

/// The dialects of this project alone: what a plugin adds to a tool that has
/// MLIR's own.
inline void registerAttnDialect(DialectRegistry &registry) {
  registry.insert<AttnDialect, tile::AttnTileDialect>();
  registerBufferizableOpInterfaceExternalModels(registry);
}

/// The attn dialect and every upstream dialect and extension.
inline void registerAllDialects(DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registerAttnDialect(registry);
}

} // namespace mlir::attn

#endif // ATTN_INITALLDIALECTS_H
