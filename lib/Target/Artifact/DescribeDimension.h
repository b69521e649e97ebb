//===- DescribeDimension.h - Output sizes in terms of input sizes ---------===//

#ifndef ATTN_LIB_TARGET_ARTIFACT_DESCRIBEDIMENSION_H
#define ATTN_LIB_TARGET_ARTIFACT_DESCRIBEDIMENSION_H

#include "attn/Target/Artifact/Signature.h"

#include <optional>

namespace mlir::attn {

/// Says in words what a shape function computes: `size` is a number, or a term
/// over the names of the dimensions that the function loads from `dimensions`,
/// such as `past + sequence`. Nothing where the term has other parts.
std::optional<Dimension> describeDimension(Value size, Value dimensions,
                                           ArrayRef<Dimension> inputs);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_ARTIFACT_DESCRIBEDIMENSION_H
