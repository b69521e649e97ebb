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

static LogicalResult runFor(const Step &step, Frame &frame) {
  const int64_t low = frame.integer(step.operands[0]);
  const int64_t high = frame.integer(step.operands[1]);
  const int64_t stride = frame.integer(step.operands[2]);
  if (stride <= 0)
    return fail(step,
                "expected a positive step, got " + std::to_string(stride));
  const Program &body = frame.programOf(step.op->getRegion(0));
  std::vector<Datum> carried =
      read(frame, ArrayRef(step.operands).drop_front(3));
  for (int64_t i = low; i < high;) {
    frame.scalar(body.arguments[0]).i = i;
    write(frame, ArrayRef(body.arguments).drop_front(), std::move(carried));
    if (failed(frame.run(body)))
      return failure();
    carried = read(frame, body.yielded);
    if (__builtin_add_overflow(i, stride, &i))
      break;
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
