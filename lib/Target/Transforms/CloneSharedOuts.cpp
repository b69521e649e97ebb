//===- CloneSharedOuts.cpp - A buffer for each op that writes one -----===//

#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CLONESHAREDOUTS
#include "attn/Target/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Whether the op's result may lie where the operand does.
static bool isDestination(OpOperand &use) {
  Operation *op = use.getOwner();
  if (auto style = dyn_cast<DestinationStyleOpInterface>(op))
    return style.isDpsInit(&use);
  if (auto loop = dyn_cast<LoopLikeOpInterface>(op))
    return llvm::is_contained(loop.getInits(), use.get());
  return false;
}

static bool hasOneUser(Value value) {
  return llvm::all_equal(value.getUsers());
}

namespace {
struct CloneSharedOuts : attn::impl::CloneSharedOutsBase<CloneSharedOuts> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops)
      for (Value result : op->getResults())
        if (!hasOneUser(result))
          clone(op, result);
    // Also those that the fills just made share.
    SmallVector<tensor::EmptyOp> empties;
    getOperation().walk([&](tensor::EmptyOp op) { empties.push_back(op); });
    for (tensor::EmptyOp op : empties)
      clone(op);
  }

  static void clone(tensor::EmptyOp op) {
    for (OpOperand *use : getDestinations(op)) {
      OpBuilder builder(use->getOwner());
      use->set(builder.clone(*op)->getResult(0));
    }
    if (op->use_empty())
      op->erase();
  }

  /// In the order of the operands: equal ops have equal ones before them.
  static SmallVector<OpOperand *> getDestinations(Value value) {
    SmallVector<OpOperand *> destinations;
    for (OpOperand &use : value.getUses())
      if (isDestination(use))
        destinations.push_back(&use);
    llvm::stable_sort(destinations, [](OpOperand *lhs, OpOperand *rhs) {
      return lhs->getOperandNumber() < rhs->getOperandNumber();
    });
    return destinations;
  }

  static void clone(Operation *op, Value result) {
    for (OpOperand *use : getDestinations(result)) {
      OpBuilder builder(use->getOwner());
      // To fill again costs less than to copy.
      if (isa<linalg::FillOp>(op))
        use->set(builder.clone(*op)->getResult(0));
      else
        use->set(bufferization::AllocTensorOp::create(
            builder, op->getLoc(), cast<RankedTensorType>(result.getType()),
            /*dynamicSizes=*/ValueRange(), /*copy=*/result));
    }
    if (isa<linalg::FillOp>(op) && op->use_empty())
      op->erase();
  }
};
} // namespace
