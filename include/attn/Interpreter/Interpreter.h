//===- Interpreter.h - What a function means, element by element -*- C++-*-===//
//===----------------------------------------------------------------------===//
//
// Evaluates functions on tensors without compiling them: attn ops by the oracle
// (attn/Reference), everything else op by op. It shares no code with the
// lowerings and is slow; what compiled code gives is compared with it.
//
// Numbers: scalars are f64 or 64-bit integers. Floats are rounded where an op
// makes a tensor (once an element, so that a reduction is rounded once) and
// where a cast says so; integers wrap to their width after each op.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_INTERPRETER_INTERPRETER_H
#define ATTN_INTERPRETER_INTERPRETER_H

#include "attn/Support/Tensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir::attn {

/// What stands in the way of interpreting `function`, or a function that it
/// calls: the name of an op, such as `linalg.softmax`, with its type where that
/// is the reason. Nothing when it can be interpreted.
std::optional<std::string> findUninterpretable(func::FuncOp function);

/// The results of `function` on `inputs`. Arguments and results with
/// `attn.unsigned` are unsigned tensors, index tensors are i64. An input of
/// another type or shape, an index out of range, sizes that do not fit together
/// and a failing assertion are errors, emitted at the op; nothing ends the
/// program.
FailureOr<std::vector<::attn::Tensor>>
interpret(func::FuncOp function, ArrayRef<::attn::Tensor> inputs);

} // namespace mlir::attn

#endif // ATTN_INTERPRETER_INTERPRETER_H
