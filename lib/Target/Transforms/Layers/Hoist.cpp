//===- Hoist.cpp - What many use, as early as can be ----------------------===//

#include "Hoist.h"
#include "Segment.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/CallInterfaces.h"

using namespace mlir;
using namespace mlir::attn;

/// Whether `op` may be computed though a check before it fails.
static bool isNumber(Operation *op) {
  if (isa<tensor::DimOp>(op))
    return true;
  return op->getNumRegions() == 0 && isPure(op) &&
         llvm::none_of(op->getOperandTypes(), llvm::IsaPred<ShapedType>);
}

/// Whether `op` only makes the tensor that its one user writes, and goes with
/// it.
static bool isDestination(Operation *op) {
  return isa<tensor::EmptyOp, linalg::FillOp>(op) && op->hasOneUse();
}

/// Whether `op` computes and checks, and does nothing else.
static bool isComputation(Operation *op) {
  return !op->walk([](Operation *nested) {
              if (isa<cf::AssertOp>(nested))
                return WalkResult::advance();
              auto effects = dyn_cast<MemoryEffectOpInterface>(nested);
              bool isFree =
                  effects
                      ? effects.hasNoEffect()
                      : nested->hasTrait<OpTrait::HasRecursiveMemoryEffects>();
              return isFree ? WalkResult::advance() : WalkResult::interrupt();
            }).wasInterrupted();
}

/// Which ops of a block are moved.
static llvm::DenseSet<Operation *> findShared(Block &block) {
  llvm::DenseSet<Operation *> shared;
  auto isShared = [&](Operation *user) {
    return shared.contains(block.findAncestorOpInBlock(*user));
  };
  for (Operation &op : llvm::reverse(block.without_terminator())) {
    if (op.hasTrait<OpTrait::ConstantLike>() || isDestination(&op) ||
        !isComputation(&op))
      continue;
    llvm::SmallPtrSet<Operation *, 4> users;
    for (Operation *user : op.getUsers())
      users.insert(block.findAncestorOpInBlock(*user));
    if (users.size() > 1 || llvm::all_of(users, isShared))
      shared.insert(&op);
  }
  return shared;
}

static Operation *getLater(Operation *lhs, Operation *rhs) {
  if (!lhs || !rhs)
    return lhs ? lhs : rhs;
  return lhs->isBeforeInBlock(rhs) ? rhs : lhs;
}

namespace {

/// Moves an op, and what makes the tensor that it writes.
class Move {
public:
  explicit Move(Operation *op) { add(op); }

  /// The last op of the block that computes what is read.
  Operation *getLastOperand() const { return last; }

  /// Moves all behind `place`; gives the last of them.
  Operation *toBehind(Operation *place) {
    for (Operation *op : llvm::reverse(ops)) {
      if (place)
        op->moveAfter(place);
      else
        op->moveBefore(op->getBlock(), op->getBlock()->begin());
      place = op;
    }
    return place;
  }

private:
  void add(Operation *op) {
    ops.push_back(op);
    SmallVector<OpOperand *> operands;
    getOperands(op, operands);
    for (OpOperand *operand : operands) {
      Operation *definition = operand->get().getDefiningOp();
      if (!definition || definition->getBlock() != op->getBlock())
        continue;
      if (isDestination(definition))
        add(definition);
      else
        last = getLater(last, definition);
    }
  }

  /// Each before those that it reads.
  SmallVector<Operation *> ops;
  Operation *last = nullptr;
};

} // namespace

/// Whether `op` may end the call.
static bool hasCheck(Operation *op) {
  return op
      ->walk([](Operation *nested) {
        return isa<cf::AssertOp, CallOpInterface>(nested)
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

void attn::hoistShared(Block &block) {
  const llvm::DenseSet<Operation *> shared = findShared(block);
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator())
    ops.push_back(&op);
  Operation *lastCheck = nullptr;
  // What goes to one place stays in order.
  DenseMap<Operation *, Operation *> ends;
  for (Operation *op : ops) {
    if (shared.contains(op)) {
      Move move(op);
      Operation *last = move.getLastOperand();
      if (!isa<cf::AssertOp>(op) && !isNumber(op))
        last = getLater(last, lastCheck);
      Operation *end = ends.lookup(last);
      ends[last] = move.toBehind(end ? end : last);
    }
    if (hasCheck(op))
      lastCheck = getLater(lastCheck, op);
  }
}
