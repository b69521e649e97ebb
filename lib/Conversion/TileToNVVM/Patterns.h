//===- Patterns.h - Tiles as what each lane does ----------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_TILETONVVM_PATTERNS_H
#define ATTN_LIB_CONVERSION_TILETONVVM_PATTERNS_H

#include "attn/Dialect/Tile/IR/Tile.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Transforms/DialectConversion.h"

namespace mlir::attn::tile {

/// acc, rows and fragments become a value for each register of a lane; tiles
/// and rings addresses in shared memory.
class TileTypeConverter : public TypeConverter {
public:
  TileTypeConverter();
};

/// `ring`: its address, and where the producer counts what it has published.
void populateRingPatterns(const TypeConverter &types,
                          RewritePatternSet &patterns);
void populateProductPatterns(const TypeConverter &types,
                             RewritePatternSet &patterns);
void populateElementPatterns(const TypeConverter &types,
                             RewritePatternSet &patterns);
/// For maps whose condition takes long, before the other patterns for maps.
void populateSlowChoicePatterns(const TypeConverter &types,
                                RewritePatternSet &patterns);
void populateMemoryPatterns(const TypeConverter &types,
                            RewritePatternSet &patterns);

} // namespace mlir::attn::tile

#endif // ATTN_LIB_CONVERSION_TILETONVVM_PATTERNS_H
