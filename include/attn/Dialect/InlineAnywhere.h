//===- InlineAnywhere.h - Ops that may be inlined anywhere ------*- C++ -*-===//
#ifndef ATTN_DIALECT_INLINEANYWHERE_H
#define ATTN_DIALECT_INLINEANYWHERE_H

#include "mlir/Transforms/InliningUtils.h"

namespace mlir::attn {

/// Of a dialect whose ops mean the same wherever they stand; so do those of
/// their regions.
struct InlineAnywhere : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final {
    return true;
  }
  bool isLegalToInline(Region *, Region *, bool, IRMapping &) const final {
    return true;
  }
};

} // namespace mlir::attn

#endif // ATTN_DIALECT_INLINEANYWHERE_H
