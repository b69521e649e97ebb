//===- RegionOrder.h - An order in which few values live --------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONORDER_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONORDER_H

#include "mlir/IR/Operation.h"

namespace mlir::attn {

/// The ops of a slice of a block, which end in its root, each before its users
/// and soon before one: of the operands of an op, the longest chain first, so
/// that the others do not wait for it. Left out are elementwise ops close to
/// arguments and constants, which cost less again than kept. No op has effects.
SmallVector<Operation *> orderByUse(ArrayRef<Operation *> slice);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONORDER_H
