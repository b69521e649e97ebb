//===- MoveDecisions.cpp - Decisions by elements, on the device -----------===//

#include "MoveDecisions.h"
#include "Decisions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

class Mover {
public:
  explicit Mover(func::FuncOp function)
      : function(function), decisions(function), builder(function) {}

  void move() {
    for (auto [read, reason] : decisions.getReads())
      explainWait(read, reason);
    sinkViews();
    moveIn(function.getBody().front());
  }

private:
  static void explainWait(memref::LoadOp read, Operation *reason) {
    auto out = remark::missed(
        read.getLoc(),
        remark::RemarkOpts::name("Waits").category("attn-launch-kernels"));
    out << "expected host code that goes by sizes alone, got a '"
        << reason->getName().getStringRef() << "' by an element of a tensor";
    Operation *obstacle =
        reason->getNumRegions() ? Decisions::getObstacle(reason) : nullptr;
    if (obstacle && obstacle != reason)
      out << ", with a '" << obstacle->getName().getStringRef() << "' in it";
    out << ": the host waits for the kernels before, and reads it";
  }

  /// Into the kernels, and before the reads, that go by them.
  void sinkViews() {
    SmallVector<Operation *> views;
    function.walk([&](Operation *op) {
      if (decisions.isForDevice(op) && Decisions::isView(op))
        views.push_back(op);
    });
    for (Operation *view : llvm::reverse(views)) {
      DenseMap<Operation *, Value> copies;
      for (OpOperand &use :
           llvm::make_early_inc_range(view->getResult(0).getUses())) {
        Value &copy = copies[getPlaceOf(use.getOwner())];
        if (!copy)
          copy = copyTo(view, use.getOwner());
        use.set(copy);
      }
      view->erase();
    }
  }

  /// The kernel around `user`, or itself.
  static Operation *getPlaceOf(Operation *user) {
    Operation *kernel = getKernelAround(user);
    return kernel ? kernel : user;
  }

  void insertBefore(Operation *user) {
    Operation *place = getPlaceOf(user);
    if (place == user)
      builder.setInsertionPoint(user);
    else
      builder.setInsertionPointToStart(&place->getRegion(0).front());
  }

  Value copyTo(Operation *view, Operation *user) {
    insertBefore(user);
    Operation *copy = builder.clone(*view);
    if (getPlaceOf(user) == user)
      decisions.addForDevice(copy);
    return copy->getResult(0);
  }

  void moveIn(Block &block) {
    SmallVector<Operation *> group, frees;
    for (Operation *op = &block.front(); op; op = op->getNextNode()) {
      if (decisions.isForDevice(op)) {
        group.push_back(op);
        continue;
      }
      // What the group reads is there until the end of its kernel.
      if (isa<memref::DeallocOp>(op) && !group.empty()) {
        frees.push_back(op);
        continue;
      }
      if (endsGroup(op) && !group.empty()) {
        makeKernel(group, op);
        for (Operation *free : frees)
          free->moveBefore(op);
        group.clear();
        frees.clear();
      }
      if (isKernel(op))
        continue;
      for (Region &region : op->getRegions())
        for (Block &inner : region)
          moveIn(inner);
    }
  }

  /// Whether what reads before `op` must not read behind it.
  static bool endsGroup(Operation *op) {
    if (op->hasTrait<OpTrait::IsTerminator>() || op->getNumRegions() != 0)
      return true;
    if (isa<memref::AllocOp, cf::AssertOp>(op))
      return false;
    if (isa<func::CallOp>(op))
      return llvm::any_of(op->getOperandTypes(), llvm::IsaPred<MemRefType>);
    return !isMemoryEffectFree(op);
  }

  void makeKernel(ArrayRef<Operation *> group, Operation *before) {
    builder.setInsertionPoint(before);
    Location loc = group.front()->getLoc();
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
    Value one = arith::ConstantIndexOp::create(builder, loc, 1);
    auto kernel = scf::ParallelOp::create(builder, loc, ValueRange(zero),
                                          ValueRange(one), ValueRange(one));
    for (Operation *op : group) {
      op->moveBefore(kernel.getBody()->getTerminator());
      hoistBuffers(op, kernel);
    }
    for (Operation *op : group)
      for (Value result : op->getResults())
        keep(result, kernel);
  }

  /// A thread has no memory to give: buffers of a loop or branch are there
  /// before.
  static void hoistBuffers(Operation *region, Operation *kernel) {
    SmallVector<Operation *> frees;
    region->walk([&](Operation *op) {
      if (isa<memref::AllocOp, memref::GetGlobalOp>(op))
        op->moveBefore(kernel);
      if (isa<memref::DeallocOp>(op))
        frees.push_back(op);
    });
    for (Operation *op : frees)
      op->moveAfter(kernel);
  }

  /// Has what is behind `kernel` read `value` where the kernel leaves it.
  void keep(Value value, Operation *kernel) {
    auto isOutside = [&](OpOperand &use) {
      return !kernel->isProperAncestor(use.getOwner());
    };
    if (llvm::none_of(value.getUses(), isOutside))
      return;
    Location loc = value.getLoc();
    builder.setInsertionPoint(kernel);
    Value slot = memref::AllocOp::create(builder, loc,
                                         MemRefType::get({}, value.getType()));
    builder.setInsertionPoint(kernel->getBlock()->getTerminator());
    memref::DeallocOp::create(builder, loc, slot);
    builder.setInsertionPoint(kernel->getRegion(0).front().getTerminator());
    Operation *store = memref::StoreOp::create(builder, loc, value, slot);
    DenseMap<Operation *, Value> loads;
    for (OpOperand &use : llvm::make_early_inc_range(value.getUses())) {
      if (use.getOwner() == store || !isOutside(use))
        continue;
      Value &load = loads[getPlaceOf(use.getOwner())];
      if (!load)
        load = loadFor(use.getOwner(), slot);
      use.set(load);
    }
  }

  Value loadFor(Operation *user, Value slot) {
    insertBefore(user);
    auto load = memref::LoadOp::create(builder, slot.getLoc(), slot);
    if (getPlaceOf(user) == user)
      decisions.addForDevice(load);
    return load;
  }

  func::FuncOp function;
  Decisions decisions;
  OpBuilder builder;
};

} // namespace

void attn::moveDecisionsToDevice(func::FuncOp function) {
  Mover(function).move();
}
