//===- ControlFlow.cpp - Calls, loops, conditions, assertions -------------===//

#include "Frame.h"
#include "Handlers.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::attn::interpreter {

static std::vector<Datum> read(Frame &frame, ArrayRef<unsigned> slots) {
  std::vector<Datum> values;
  for (unsigned slot : slots)
    values.push_back(frame[slot]);
  return values;
}

static void write(Frame &frame, ArrayRef<unsigned> slots,
                  std::vector<Datum> values) {
  for (auto [slot, value] : llvm::zip_equal(slots, values))
    frame[slot] = std::move(value);
}

static LogicalResult runCall(const Step &step, Frame &frame) {
  auto call = cast<func::CallOp>(step.op);
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
      call, call.getCalleeAttr());
  auto results = callFunction(frame.library, callee, read(frame, step.operands),
                              frame.depth + 1);
  if (failed(results))
    return failure();
  write(frame, step.results, std::move(*results));
  return success();
}

static LogicalResult runIf(const Step &step, Frame &frame) {
  auto op = cast<scf::IfOp>(step.op);
  Region &region =
      frame.integer(step.operands[0]) ? op.getThenRegion() : op.getElseRegion();
  if (region.empty())
    return success();
  const Program &body = frame.programOf(region);
  if (failed(frame.run(body)))
    return failure();
  write(frame, step.results, read(frame, body.yielded));
  return success();
}

/// The counter of a loop as a number that does not wrap.
static __int128 readCounter(const Step &step, Frame &frame, unsigned operand) {
  const int64_t value = frame.integer(step.operands[operand]);
  if (cast<scf::ForOp>(step.op).getUnsignedCmp())
    return step.in.asUnsigned(value);
  return step.in.asSigned(value);
}

static LogicalResult runFor(const Step &step, Frame &frame) {
  const bool isUnsigned = cast<scf::ForOp>(step.op).getUnsignedCmp();
  const __int128 low = readCounter(step, frame, 0);
  const __int128 high = readCounter(step, frame, 1);
  const __int128 stride = readCounter(step, frame, 2);
  const __int128 largest = (__int128(1) << (step.in.width - !isUnsigned)) - 1;
  if (stride <= 0)
    return fail(step, "expected a positive step, got " +
                          std::to_string(int64_t(stride)));
  if (low < high && high > largest - stride + 1)
    return fail(step, "expected an upper bound that the counter can reach "
                      "without wrapping around");
  const Program &body = frame.programOf(step.op->getRegion(0));
  std::vector<Datum> carried =
      read(frame, ArrayRef(step.operands).drop_front(3));
  for (__int128 i = low; i < high; i += stride) {
    frame.scalar(body.arguments[0]).i = step.in.wrap(int64_t(i));
    write(frame, ArrayRef(body.arguments).drop_front(), std::move(carried));
    if (failed(frame.run(body)))
      return failure();
    carried = read(frame, body.yielded);
  }
  write(frame, step.results, std::move(carried));
  return success();
}

/// `before` yields a condition and what `after`, or the loop, is given.
static LogicalResult runWhile(const Step &step, Frame &frame) {
  auto op = cast<scf::WhileOp>(step.op);
  const Program &before = frame.programOf(op.getBefore());
  const Program &after = frame.programOf(op.getAfter());
  std::vector<Datum> carried = read(frame, step.operands);
  while (true) {
    write(frame, before.arguments, std::move(carried));
    if (failed(frame.run(before)))
      return failure();
    carried = read(frame, ArrayRef(before.yielded).drop_front());
    if (!frame.integer(before.yielded[0]))
      break;
    write(frame, after.arguments, std::move(carried));
    if (failed(frame.run(after)))
      return failure();
    carried = read(frame, after.yielded);
  }
  write(frame, step.results, std::move(carried));
  return success();
}

static LogicalResult runAssert(const Step &step, Frame &frame) {
  if (frame.integer(step.operands[0]))
    return success();
  return step.op->emitError() << cast<cf::AssertOp>(step.op).getMsg();
}

void addControlFlowHandlers(Handlers &handlers) {
  handlers[func::CallOp::getOperationName()] = {runCall};
  handlers[scf::IfOp::getOperationName()] = {runIf};
  handlers[scf::ForOp::getOperationName()] = {runFor};
  handlers[scf::WhileOp::getOperationName()] = {runWhile};
  handlers[cf::AssertOp::getOperationName()] = {runAssert};
}

} // namespace mlir::attn::interpreter
