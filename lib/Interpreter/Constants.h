//===- Constants.h - Attributes as values -----------------------*- C++ -*-===//

#ifndef ATTN_LIB_INTERPRETER_CONSTANTS_H
#define ATTN_LIB_INTERPRETER_CONSTANTS_H

#include "Values.h"

#include "mlir/IR/Attributes.h"

namespace mlir::attn::interpreter {

/// Whether readConstant can read `value`.
bool isReadable(Attribute value);

/// The value of an arith.constant: a number, dense elements, or a dense
/// resource.
Datum readConstant(Attribute value);

} // namespace mlir::attn::interpreter

#endif // ATTN_LIB_INTERPRETER_CONSTANTS_H
