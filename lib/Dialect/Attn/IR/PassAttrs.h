//===- PassAttrs.h - Attributes that passes hand on -------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_IR_PASSATTRS_H
#define ATTN_LIB_DIALECT_ATTN_IR_PASSATTRS_H

#include "mlir/IR/Operation.h"

namespace mlir::attn {

/// That a discardable attribute `attn.…` of an op is one that a pass writes for
/// another, and of its kind. Who misspells one is told so.
LogicalResult verifyPassAttr(Operation *op, NamedAttribute attribute);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_IR_PASSATTRS_H
