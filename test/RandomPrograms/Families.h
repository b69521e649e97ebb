//===- Families.h - What programs are about ---------------------*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// Each draws one program of its family into the writer: arguments, body, and
// results with their tolerances.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_RANDOMPROGRAMS_FAMILIES_H
#define ATTN_TEST_RANDOMPROGRAMS_FAMILIES_H

#include "Program.h"

namespace attn::random_programs {

/// One `attn.attention` with everything it can have.
void drawAttention(ProgramWriter &writer);
/// One of f16 or bf16 with several tiles of queries and of keys.
void drawTiledAttention(ProgramWriter &writer);
/// Keys in tiles: attended in a chain or apart and merged, then finalized.
void drawStates(ProgramWriter &writer);
void drawRotary(ProgramWriter &writer);
void drawSinusoidal(ProgramWriter &writer);
void drawLinearAttention(ProgramWriter &writer);
void drawCacheUpdate(ProgramWriter &writer);
/// Arithmetic on data that MLIR leaves undefined at times.
void drawUndefined(ProgramWriter &writer);
/// Products, norms, activations, reductions: whole models without attention.
void drawGraph(ProgramWriter &writer);

} // namespace attn::random_programs

#endif // ATTN_TEST_RANDOMPROGRAMS_FAMILIES_H
