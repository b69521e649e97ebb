//===- Frame.h - One call of an interpreted function ------------*- C++ -*-===//

#ifndef ATTN_LIB_INTERPRETER_FRAME_H
#define ATTN_LIB_INTERPRETER_FRAME_H

#include "Program.h"

#include <map>

namespace mlir::attn::interpreter {

/// The functions that were made ready, shared by all calls.
class Library {
public:
  const Code &get(func::FuncOp function) {
    auto &entry = codes[function];
    if (!entry)
      entry = std::make_unique<Code>(function);
    return *entry;
  }

private:
  llvm::DenseMap<Operation *, std::unique_ptr<Code>> codes;
};

/// The values of one call.
class Frame {
public:
  Frame(Library &library, const Code &code, unsigned depth)
      : library(library), depth(depth), code(code), slots(code.numSlots()) {}

  Datum &operator[](unsigned slot) { return slots[slot]; }
  Scalar &scalar(unsigned slot) { return slots[slot].scalar; }
  double number(unsigned slot) const { return slots[slot].scalar.f; }
  int64_t integer(unsigned slot) const { return slots[slot].scalar.i; }
  const Tensor &tensor(unsigned slot) const { return *slots[slot].tensor; }
  void setTensor(unsigned slot, Tensor tensor) {
    slots[slot].tensor = std::make_shared<const Tensor>(std::move(tensor));
  }

  /// The slot of a value that is not an operand of the current op in order.
  unsigned slotOf(Value value) const { return code.slotOf(value); }
  const Program &programOf(Region &region) const {
    return code[region.front()];
  }

  /// Runs the ops of a block; what its terminator yields stays in its slots.
  LogicalResult run(const Program &program) {
    for (const Step &step : program.steps)
      if (failed(step.run(step, *this)))
        return failure();
    return success();
  }

  /// The iteration of the innermost linalg op, for linalg.index.
  const int64_t *iteration = nullptr;

  Library &library;
  const unsigned depth;

private:
  const Code &code;
  std::vector<Datum> slots;
};

/// Emits a message of the oracle at the op of `step`.
inline LogicalResult fail(const Step &step, const std::string &message) {
  return step.op->emitOpError() << "failed: " << message;
}

/// Makes a zero-filled tensor for result `n` of `step`. A shape that has not
/// the sizes of the result's type is an error, as is one too large.
FailureOr<Tensor> makeResult(const Step &step, unsigned n, const Shape &shape);

/// Puts `tensor` into result `n`; its shape must fit the result's type.
LogicalResult setResult(const Step &step, Frame &frame, unsigned n,
                        Tensor tensor);

/// Puts an oracle's tensor, or its error, into result `n`.
LogicalResult setResult(const Step &step, Frame &frame, unsigned n,
                        ::attn::Result<Tensor> tensor);

/// The static and dynamic parts of offsets, sizes and strides, put together.
Shape readMixed(ArrayRef<OpFoldResult> values, Frame &frame);

/// Calls `function` on `arguments`.
FailureOr<std::vector<Datum>> callFunction(Library &library,
                                           func::FuncOp function,
                                           std::vector<Datum> arguments,
                                           unsigned depth);

} // namespace mlir::attn::interpreter

#endif // ATTN_LIB_INTERPRETER_FRAME_H
