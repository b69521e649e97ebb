//===- Decisions.cpp - What goes by elements of tensors -------------------===//

#include "Decisions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace mlir::attn;

bool attn::isKernel(Operation *op) {
  return isa<scf::ParallelOp, gpu::LaunchOp>(op);
}

bool attn::hasKernels(Operation *op) {
  auto find = [](Operation *inner) {
    return isKernel(inner) ? WalkResult::interrupt() : WalkResult::advance();
  };
  return op->walk(find).wasInterrupted();
}

Operation *attn::getKernelAround(Operation *op) {
  Operation *kernel = nullptr;
  while ((op = op->getParentOp()))
    if (isKernel(op))
      kernel = op;
  return kernel;
}

/// One that only follows from numbers, or from sizes.
static bool isScalarOp(Operation *op) {
  return op->getNumRegions() == 0 && isPure(op) && op->getNumResults() > 0 &&
         llvm::all_of(op->getResultTypes(),
                      [](Type type) { return type.isIntOrIndexOrFloat(); });
}

bool Decisions::isView(Operation *op) {
  return isa<ViewLikeOpInterface>(op) && op->getNumResults() == 1 &&
         isa<MemRefType>(op->getResult(0).getType());
}

Decisions::Decisions(func::FuncOp function)
    : function(function), addresses(getAddressBuffers(function)) {
  // A region of which the host needs a result stays there, with what is in it.
  size_t before;
  do {
    before = hostRegions.size();
    findNeeds();
  } while (hostRegions.size() != before);
  findDeviceOps();
}

/// Whether `op` reads an element on the device.
bool Decisions::isRead(Operation *op) const {
  auto load = dyn_cast<memref::LoadOp>(op);
  return load && !addresses.contains(load.getMemRef());
}

bool Decisions::isFollowing(Operation *op) const {
  return isScalarOp(op) || isView(op);
}

/// Whether `value` follows from an element, through loops and branches too.
bool Decisions::goesByElements(Value value) const {
  SetVector<Value> worklist;
  worklist.insert(value);
  for (size_t n = 0; n < worklist.size(); ++n) {
    Value next = worklist[n];
    Operation *op = next.getDefiningOp();
    Operation *region = op ? op : next.getParentBlock()->getParentOp();
    if (op && isRead(op))
      return true;
    if (isa<func::FuncOp>(region) || isa<memref::AllocOp>(region))
      continue;
    worklist.insert(region->operand_begin(), region->operand_end());
    for (Region &part : region->getRegions())
      for (Block &block : part)
        worklist.insert(block.getTerminator()->operand_begin(),
                        block.getTerminator()->operand_end());
  }
  return false;
}

/// What decides how often what is in a region runs.
static SmallVector<Value> getControl(Operation *op) {
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return {branch.getCondition()};
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return {loop.getLowerBound(), loop.getUpperBound(), loop.getStep()};
  if (auto loop = dyn_cast<scf::WhileOp>(op))
    return {loop.getConditionOp().getCondition()};
  return {};
}

/// Whether `value` is at least `least`, 0 or 1, whichever way branches go.
static bool isAtLeast(Value value, int64_t least) {
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return *constant >= least;
  Operation *op = value.getDefiningOp();
  auto isSo = [&](Value operand) { return isAtLeast(operand, least); };
  if (isa_and_nonnull<arith::MaxSIOp>(op))
    return llvm::any_of(op->getOperands(), isSo);
  if (isa_and_nonnull<arith::AddIOp, arith::MulIOp>(op))
    return llvm::all_of(op->getOperands(), isSo);
  return least == 0 && isa_and_nonnull<memref::DimOp>(op);
}

bool attn::isAlwaysDefined(Operation *op) {
  return isPure(op) || (isa<arith::CeilDivSIOp>(op) &&
                        isAtLeast(op->getOperand(1), /*least=*/1));
}

static bool isAllocatedIn(Value buffer, Operation *region) {
  Operation *op = buffer.getDefiningOp();
  while (op && Decisions::isView(op))
    op = op->getOperand(0).getDefiningOp();
  return isa_and_nonnull<memref::AllocOp>(op) && region->isAncestor(op);
}

/// Whether `value` can be told before `region`, or in it without a read.
static bool isKnownBefore(Value value, Operation *region) {
  Operation *op = value.getDefiningOp();
  if (!region->isAncestor(value.getParentRegion()->getParentOp()))
    return true;
  if (!op) {
    auto loop = dyn_cast<scf::ForOp>(value.getParentBlock()->getParentOp());
    return loop && value == loop.getInductionVar();
  }
  return op->getNumRegions() == 0 &&
         (isAlwaysDefined(op) || isa<memref::AllocOp>(op)) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return isKnownBefore(operand, region);
         });
}

/// Whether `op`, in `region`, stays host code when kernels leave the branches
/// around it, which are spread over them.
static bool staysOnHost(Operation *op, Operation *region) {
  Operation *branch = op->getParentOp();
  while (isa<scf::IfOp>(branch) && branch->getNumResults() == 0 &&
         hasKernels(branch)) {
    if (branch == region)
      return true;
    branch = branch->getParentOp();
  }
  return false;
}

/// Whether the host can allocate it before it knows the way that `region` goes.
static bool isThereBefore(memref::AllocOp allocation, Operation *region) {
  return llvm::all_of(allocation.getDynamicSizes(), [&](Value size) {
    const bool isOutside =
        !region->isAncestor(size.getParentBlock()->getParentOp());
    return isAtLeast(size, /*least=*/0) &&
           (isOutside ||
            (staysOnHost(allocation, region) && isKnownBefore(size, region)));
  });
}

/// Whether a thread can do what `op` does, in `region`. Buffers are there
/// before, wanted or not, and freed as they were made: whether another is to be
/// freed, such as what a branch made or was given, its condition alone says.
static bool isForThread(Operation *op, Operation *region) {
  if (auto free = dyn_cast<memref::DeallocOp>(op))
    return isAllocatedIn(free.getMemref(), region);
  if (auto allocation = dyn_cast<memref::AllocOp>(op))
    return isThereBefore(allocation, region);
  if (isa<scf::SCFDialect>(op->getDialect()))
    return llvm::all_of(op->getResultTypes(),
                        [](Type type) { return type.isIntOrIndexOrFloat(); });
  return isScalarOp(op) || Decisions::isView(op) || isAlwaysDefined(op) ||
         isa<memref::LoadOp, memref::StoreOp, memref::GetGlobalOp,
             cf::AssertOp>(op);
}

/// Whether `launch` can be outside of `branch`, and ask for its condition
/// itself: one thread launches nothing.
static bool canLeave(gpu::LaunchOp launch, Operation *branch) {
  auto isKnown = [&](Value value) { return isKnownBefore(value, branch); };
  if (!llvm::all_of(launch->getOperands(), isKnown))
    return false;
  Operation *op = launch->getParentOp();
  for (; op != branch && isa<scf::IfOp, scf::ForOp>(op); op = op->getParentOp())
    if (isa<scf::ForOp>(op) && !llvm::all_of(op->getOperands(), isKnown))
      return false;
  return op == branch && isa<scf::IfOp>(op);
}

bool Decisions::goesByElements(Operation *op) const {
  return llvm::any_of(getControl(op),
                      [&](Value value) { return goesByElements(value); });
}

Operation *Decisions::getObstacle(Operation *op) {
  Operation *obstacle = nullptr;
  op->walk<WalkOrder::PreOrder>([&](Operation *inner) {
    auto launch = dyn_cast<gpu::LaunchOp>(inner);
    if (launch ? canLeave(launch, op) : isForThread(inner, op))
      return launch ? WalkResult::skip() : WalkResult::advance();
    obstacle = inner;
    return WalkResult::interrupt();
  });
  return obstacle;
}

bool Decisions::isRegionForDevice(Operation *op) const {
  return !hostRegions.contains(op) && goesByElements(op) && !getObstacle(op);
}

void Decisions::need(Value value, Operation *reason) {
  SmallVector<Value> worklist{value};
  while (!worklist.empty()) {
    const Value next = worklist.pop_back_val();
    if (!needs.insert({next, reason}).second)
      continue;
    Operation *op = next.getDefiningOp();
    if (!op)
      continue;
    if (op->getNumRegions() != 0)
      hostRegions.insert(op);
    else if (isRead(op) || isFollowing(op))
      llvm::append_range(worklist, op->getOperands());
  }
}

/// What the host does itself goes by these.
void Decisions::findNeeds() {
  needs.clear();
  function.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isRegionForDevice(op)) {
      // Its buffers are there before.
      op->walk([&](memref::AllocOp inner) {
        for (Value size : inner.getDynamicSizes())
          need(size, inner);
      });
      return WalkResult::skip();
    }
    const bool canMove =
        isRead(op) || isFollowing(op) || isa<cf::AssertOp>(op) ||
        (isa<memref::StoreOp>(op) &&
         !addresses.contains(cast<memref::StoreOp>(op).getMemRef()));
    if (!canMove)
      for (Value operand : op->getOperands())
        need(operand, op);
    return isKernel(op) ? WalkResult::skip() : WalkResult::advance();
  });
}

void Decisions::findDeviceOps() {
  DenseSet<Value> values;
  auto add = [&](Operation *op) {
    deviceOps.insert(op);
    values.insert(op->result_begin(), op->result_end());
  };
  function.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isKernel(op))
      return WalkResult::skip();
    if (isRegionForDevice(op)) {
      add(op);
      return WalkResult::skip();
    }
    const bool follows = llvm::any_of(
        op->getOperands(), [&](Value value) { return values.contains(value); });
    if (isRead(op) && needs.contains(op->getResult(0)))
      reads.push_back({cast<memref::LoadOp>(op), needs[op->getResult(0)]});
    else if (isRead(op) || follows)
      add(op);
    return WalkResult::advance();
  });
}
