//===- Patterns.h - The patterns of convert-attn-to-linalg ------*- C++ -*-===//
// One file per family of ops fills its part.
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOLINALG_PATTERNS_H
#define ATTN_LIB_CONVERSION_ATTNTOLINALG_PATTERNS_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::attn {

/// attention. `hasFastProducts`: the target has code for products of matrices,
/// so that the second product is one where no value can make NaN of a weight
/// of 0.
void populateAttentionPatterns(RewritePatternSet &patterns,
                               bool hasFastProducts);
/// init_state, merge_states, finalize_state.
void populateStatePatterns(RewritePatternSet &patterns);
/// attend, but for those with at most `keptFeatures` in a head, which the
/// target has code for.
void populateAttendPatterns(RewritePatternSet &patterns,
                            std::optional<int64_t> keptFeatures);
/// Inserts run-time checks of the sizes of each attend that is left: the
/// target's code has none.
void checkSizesOfKept(Operation *root, int64_t mostFeatures);
/// States of attends that are decomposed are tensors as any.
void keepStatesOfTensors(Operation *root, std::optional<int64_t> keptFeatures);
/// rotary_embedding, sinusoidal_encoding.
void populateEncodingPatterns(RewritePatternSet &patterns);
/// linear_attention.
/// `keepChunks` leaves attn.linear_chunk.
void populateLinearAttentionPatterns(RewritePatternSet &patterns,
                                     bool keepChunks);
/// cache_update.
void populateCacheUpdatePatterns(RewritePatternSet &patterns);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOLINALG_PATTERNS_H
