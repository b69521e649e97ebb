//===- Program.h - A function, made ready to be interpreted -----*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// Regions run once for each element, so names are resolved once, before: each
// SSA value of a function has a slot, each op a handler and its slots.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_INTERPRETER_PROGRAM_H
#define ATTN_LIB_INTERPRETER_PROGRAM_H

#include "Values.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

#include <vector>

namespace mlir::attn::interpreter {

class Frame;
struct Step;

/// Runs one op. Errors are emitted at it.
using Handler = LogicalResult (*)(const Step &step, Frame &frame);

/// The result of an elementwise op on scalars; nullptr, or what is wrong.
using ScalarFunction = const char *(*)(const Step &step, const Scalar *operands,
                                       Scalar &result);

/// What is known of an op by its name.
struct OpHandler {
  Handler run = nullptr;
  /// For elementwise ops, whose `run` is runElementwise.
  ScalarFunction scalar = nullptr;
};
using Handlers = llvm::StringMap<OpHandler>;

/// All handlers, by the names of ops.
const Handlers &getHandlers();

/// One op.
struct Step {
  Operation *op = nullptr;
  Handler run = nullptr;
  ScalarFunction scalar = nullptr;
  llvm::SmallVector<unsigned, 4> operands, results; // slots
  /// Of the first operand and of the first result.
  Element in, out;
  /// cmpi's and cmpf's predicate.
  uint64_t predicate = 0;
  /// A constant's value.
  Datum constant;
};

/// The ops of one block up to its terminator.
struct Program {
  Operation *terminator = nullptr;
  llvm::SmallVector<unsigned, 4> arguments; // slots
  std::vector<Step> steps;
  llvm::SmallVector<unsigned, 4> yielded; // slots
};

/// The blocks of a function.
class Code {
public:
  /// Every op of `function` must have a handler.
  explicit Code(func::FuncOp function);

  const Program &operator[](Block &block) const {
    return programs.find(&block)->second;
  }
  unsigned slotOf(Value value) const { return slots.lookup(value); }
  unsigned numSlots() const { return slots.size(); }

private:
  void addBlock(Block &block);
  Step makeStep(Operation &op);
  llvm::SmallVector<unsigned, 4> slotsOf(ValueRange values) const;

  llvm::DenseMap<Value, unsigned> slots;
  llvm::DenseMap<Block *, Program> programs;
};

} // namespace mlir::attn::interpreter

#endif // ATTN_LIB_INTERPRETER_PROGRAM_H
