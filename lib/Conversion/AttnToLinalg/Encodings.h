//===- Encodings.h - Shared by the positional encodings -------------------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOLINALG_ENCODINGS_H
#define ATTN_LIB_CONVERSION_ATTNTOLINALG_ENCODINGS_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::attn {

/// A constant tensor<Nxf64>.
Value constantTable(OpBuilder &builder, Location loc, ArrayRef<double> values);

/// rotary_embedding.
void populateRotaryEmbeddingPatterns(RewritePatternSet &patterns);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOLINALG_ENCODINGS_H
