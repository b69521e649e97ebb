//===- ScoreModifiers.h - What predicates and score modifiers share -------===//
#ifndef ATTN_LIB_DIALECT_ATTN_UTILS_SCOREMODIFIERS_H
#define ATTN_LIB_DIALECT_ATTN_UTILS_SCOREMODIFIERS_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::attn {

/// i + offset, where an absent offset is 0.
Value addOffset(OpBuilder &builder, Location loc, Value query, Value offset);

/// softcap, alibi, relative_position_bias.
void populateScoreModifierPatterns(RewritePatternSet &patterns);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_UTILS_SCOREMODIFIERS_H
