//===- KeyTileLoops.h - Code for the visits of a query tile -----*- C++ -*-===//
//===----------------------------------------------------------------------===//
// Writes the bounds of the loops over key tiles that a query tile needs, from
// the closed forms of MaskAnalysis: what no loop covers is EMPTY, what a loop
// without mask covers is FULL.
//
//     for (const KeyTileLoop &loop : emitKeyTileLoops(builder, op, analysis,
//                                                     {b, h, I, Sq, Sk}))
//       ... scf.for %J = loop.lower to loop.upper ...
//===----------------------------------------------------------------------===//
#ifndef ATTN_ANALYSIS_EMISSION_KEYTILELOOPS_H
#define ATTN_ANALYSIS_EMISSION_KEYTILELOOPS_H

#include "attn/Analysis/MaskAnalysis.h"

namespace mlir::attn {

/// Key tiles lower <= J < upper (index values; none where lower >= upper).
/// Without `needsMask` every pair of them attends.
struct KeyTileLoop {
  Value lower, upper;
  bool needsMask;
};

/// Index values: batch, query head, the index of the query tile, Sq and Sk.
struct QueryTilePosition {
  Value batch, head, queryTile, queryLength, keyLength;
};

/// In ascending order and disjoint. The loops are a few, whatever the mask:
/// what would need more of them is visited with the mask. Where the mask reads
/// a captured tensor out of bounds (D21), all tiles are visited with the mask,
/// whose reads then fail.
SmallVector<KeyTileLoop> emitKeyTileLoops(OpBuilder &builder, AttentionOp op,
                                          const MaskAnalysis &analysis,
                                          const QueryTilePosition &at);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_EMISSION_KEYTILELOOPS_H
