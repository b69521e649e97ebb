//===- Program.cpp - A function, made ready to be interpreted -------------===//

#include "Program.h"
#include "Constants.h"
#include "Handlers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace mlir::attn::interpreter {

static Handlers makeHandlers() {
  Handlers handlers;
  addArithHandlers(handlers);
  addMathHandlers(handlers);
  addTensorHandlers(handlers);
  addTensorShapeHandlers(handlers);
  addTensorSliceHandlers(handlers);
  addLinalgHandlers(handlers);
  addSoftmaxHandlers(handlers);
  addControlFlowHandlers(handlers);
  addAffineHandlers(handlers);
  addPositionHandlers(handlers);
  addAttentionHandlers(handlers);
  addStateHandlers(handlers);
  addEncodingHandlers(handlers);
  return handlers;
}

const Handlers &getHandlers() {
  static const Handlers handlers = makeHandlers();
  return handlers;
}

Code::Code(func::FuncOp function) {
  auto number = [&](Value value) {
    unsigned slot = slots.size();
    slots.insert({value, slot});
  };
  function->walk<WalkOrder::PreOrder>([&](Operation *op) {
    llvm::for_each(op->getResults(), number);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        llvm::for_each(block.getArguments(), number);
  });
  function->walk([&](Block *block) { addBlock(*block); });
}

llvm::SmallVector<unsigned, 4> Code::slotsOf(ValueRange values) const {
  llvm::SmallVector<unsigned, 4> result;
  for (Value value : values)
    result.push_back(slotOf(value));
  return result;
}

Step Code::makeStep(Operation &op) {
  Step step;
  step.op = &op;
  const OpHandler &handler =
      getHandlers().find(op.getName().getStringRef())->second;
  step.run = handler.run;
  step.scalar = handler.scalar;
  step.operands = slotsOf(op.getOperands());
  step.results = slotsOf(op.getResults());
  if (op.getNumOperands())
    step.in = Element::of(op.getOperand(0).getType()).value_or(Element());
  if (op.getNumResults())
    step.out = Element::of(op.getResult(0).getType()).value_or(Element());
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    step.predicate = uint64_t(compare.getPredicate());
  if (auto compare = dyn_cast<arith::CmpFOp>(op))
    step.predicate = uint64_t(compare.getPredicate());
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    step.constant = readConstant(constant.getValue());
  return step;
}

void Code::addBlock(Block &block) {
  Program program;
  program.arguments = slotsOf(block.getArguments());
  program.terminator =
      block.mightHaveTerminator() ? block.getTerminator() : nullptr;
  for (Operation &op : block)
    if (&op != program.terminator)
      program.steps.push_back(makeStep(op));
  if (program.terminator)
    program.yielded = slotsOf(program.terminator->getOperands());
  programs.insert({&block, std::move(program)});
}

} // namespace mlir::attn::interpreter
