//===- Passes.td - Graph-level passes --------------------------*- tablegen -*-===//
#ifndef ATTN_DIALECT_ATTN_TRANSFORMS_PASSES_TD
#define ATTN_DIALECT_ATTN_TRANSFORMS_PASSES_TD

include "attn/Dialect/Attn/Transforms/GraphPasses.td"
include "attn/Dialect/Attn/Transforms/TilePasses.td"

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_PASSES_TD
