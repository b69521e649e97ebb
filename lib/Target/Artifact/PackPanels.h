//===- PackPanels.h - The elements of packed constants ----------*- C++ -*-===//
#ifndef ATTN_LIB_TARGET_ARTIFACT_PACKPANELS_H
#define ATTN_LIB_TARGET_ARTIFACT_PACKPANELS_H

#include "attn/Dialect/Attn/IR/AttnPacked.h"
#include "attn/Target/Artifact/Parameters.h"

namespace mlir::attn {

/// Hands on the panels of `packed`, whose matrix isParameter, a few at a time.
bool writePanels(PackedAttr packed, ByteSink sink);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_ARTIFACT_PACKPANELS_H
