//===- SpreadBranches.cpp - Branches inside of kernels --------------------===//

#include "SpreadBranches.h"
#include "Decisions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::attn;

static SmallVector<Operation *> getBody(Block &block) {
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator())
    ops.push_back(&op);
  return ops;
}

namespace {

/// Spreads one branch over what is in it.
class Spreader {
public:
  explicit Spreader(scf::IfOp branch)
      : branch(branch), loc(branch.getLoc()), builder(branch) {}

  void spread() {
    Value condition = branch.getCondition();
    spreadBoth(branch, condition, negate(condition), branch);
    builder.setInsertionPoint(branch);
    for (OpResult result : branch.getResults()) {
      const unsigned number = result.getResultNumber();
      result.replaceAllUsesWith(arith::SelectOp::create(
          builder, loc, condition, branch.thenYield().getOperand(number),
          branch.elseYield().getOperand(number)));
    }
    for (Operation *free : frees)
      free->moveAfter(branch);
    branch.erase();
  }

private:
  Value negate(Value condition) {
    Value yes = arith::ConstantIntOp::create(builder, loc, true, 1);
    return arith::XOrIOp::create(builder, loc, condition, yes);
  }

  void spreadBoth(scf::IfOp op, Value holds, Value fails, Operation *place) {
    spread(*op.thenBlock(), holds, place);
    if (op.elseBlock())
      spread(*op.elseBlock(), fails, place);
  }

  /// What is in `block` goes before `place`, and does nothing unless
  /// `condition` holds.
  void spread(Block &block, Value condition, Operation *place) {
    for (Operation *op : getBody(block)) {
      if (isa<memref::DeallocOp>(op)) {
        free(op, condition, place);
      } else if (isHarmless(op) && (!isForChunk(op) || Decisions::isView(op))) {
        if (isForChunk(op))
          flush(condition, place);
        if (isLate(op))
          late.insert(op->result_begin(), op->result_end());
        op->moveBefore(place);
      } else if (isHarmless(op) || op->getNumResults() != 0 ||
                 !hasKernels(op)) {
        chunk.push_back(op);
      } else {
        flush(condition, place);
        spreadOne(op, condition, place);
      }
    }
    flush(condition, place);
  }

  /// With the buffer: outside, or where each turn of a loop has its own.
  void free(Operation *op, Value condition, Operation *place) {
    if (place == branch) {
      frees.push_back(op);
      return;
    }
    flush(condition, place);
    op->moveBefore(place);
  }

  /// Whether it may be done where the condition does not hold.
  static bool isHarmless(Operation *op) {
    return isa<memref::AllocOp, memref::GetGlobalOp>(op) ||
           (isAlwaysDefined(op) && op->getNumRegions() == 0);
  }

  /// Whether `op` goes by numbers of the chunk that is being gathered.
  bool isForChunk(Operation *op) const {
    return llvm::any_of(op->getOperands(), [&](Value operand) {
      return llvm::is_contained(chunk, operand.getDefiningOp());
    });
  }

  bool isLate(Operation *op) const {
    return llvm::any_of(op->getOperands(),
                        [&](Value operand) { return late.contains(operand); });
  }

  /// A kernel, or a loop or branch with kernels in it.
  void spreadOne(Operation *op, Value condition, Operation *place) {
    auto inner = dyn_cast<scf::IfOp>(op);
    if (isLate(op) && inner) {
      builder.setInsertionPoint(place);
      Value holds = inner.getCondition(), fails = negate(holds);
      spreadBoth(inner, arith::AndIOp::create(builder, loc, condition, holds),
                 arith::AndIOp::create(builder, loc, condition, fails), place);
      inner.erase();
    } else if (isLate(op) ||
               !isa<scf::ForOp, scf::IfOp, scf::ParallelOp, gpu::LaunchOp>(
                   op)) {
      chunk.push_back(op);
    } else {
      op->moveBefore(place);
      for (Region &region : op->getRegions())
        for (Block &block : region) {
          if (isKernel(op))
            guard(getBody(block), condition, block.getTerminator());
          else
            spread(block, condition, block.getTerminator());
        }
    }
  }

  /// `ops` run at `place` if `condition` holds; what they leave is 0 if not.
  scf::IfOp guard(ArrayRef<Operation *> ops, Value condition, Operation *place,
                  ValueRange results = {}) {
    builder.setInsertionPoint(place);
    auto guarded = scf::IfOp::create(builder, loc, TypeRange(results),
                                     condition, !results.empty());
    Block *body = guarded.thenBlock();
    if (!results.empty()) {
      auto inside = OpBuilder::atBlockEnd(body);
      scf::YieldOp::create(inside, loc, results);
      auto outside = OpBuilder::atBlockEnd(guarded.elseBlock());
      SmallVector<Value> zeros;
      for (Value result : results)
        zeros.push_back(arith::ConstantOp::create(
            outside, loc, outside.getZeroAttr(result.getType())));
      scf::YieldOp::create(outside, loc, zeros);
    }
    for (Operation *op : ops)
      op->moveBefore(body->getTerminator());
    return guarded;
  }

  void flush(Value condition, Operation *place) {
    if (chunk.empty())
      return;
    auto isBehind = [&](OpOperand &use) {
      return llvm::none_of(
          chunk, [&](Operation *op) { return op->isAncestor(use.getOwner()); });
    };
    SmallVector<Value> results;
    for (Operation *op : chunk)
      for (Value result : op->getResults())
        if (llvm::any_of(result.getUses(), isBehind))
          results.push_back(result);
    scf::IfOp guarded = guard(chunk, condition, place, results);
    for (auto [value, result] : llvm::zip_equal(results, guarded.getResults()))
      value.replaceUsesWithIf(result, [&](OpOperand &use) {
        return !guarded->isAncestor(use.getOwner());
      });
    late.insert(guarded.result_begin(), guarded.result_end());
    chunk.clear();
  }

  scf::IfOp branch;
  Location loc;
  OpBuilder builder;
  /// What one thread does, until the next kernel.
  SmallVector<Operation *> chunk;
  /// What follows from an element that was read in a chunk.
  DenseSet<Value> late;
  SmallVector<Operation *> frees;
};

} // namespace

/// One that the device goes by, with kernels in it; null where there is none.
static scf::IfOp findBranch(func::FuncOp function) {
  const Decisions decisions(function);
  scf::IfOp branch;
  function.walk([&](scf::IfOp op) {
    if (!decisions.isForDevice(op) || !hasKernels(op))
      return WalkResult::advance();
    branch = op;
    return WalkResult::interrupt();
  });
  return branch;
}

void attn::spreadBranches(func::FuncOp function) {
  // What was in a branch may be one itself.
  while (scf::IfOp branch = findBranch(function))
    Spreader(branch).spread();
}
