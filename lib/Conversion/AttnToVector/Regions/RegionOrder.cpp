//===- RegionOrder.cpp - An order in which few values live ----------------===//
#include "Regions/RegionOrder.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::attn;

/// Computing it again costs less than keeping it.
/// Positions are arguments with an offset: a comparison is a second step.
static bool isCheap(Operation &op, unsigned steps = 2) {
  return OpTrait::hasElementwiseMappableTraits(&op) &&
         llvm::all_of(op.getOperands(), [&](Value operand) {
           Operation *producer = operand.getDefiningOp();
           return !producer || producer->getBlock() != op.getBlock() ||
                  matchPattern(producer, m_Constant()) ||
                  (steps > 1 && isCheap(*producer, steps - 1));
         });
}

using Chains = DenseMap<Operation *, int64_t>;

/// The ops of the slice that `op` reads from.
static SmallVector<Operation *> getProducers(Operation *op,
                                             const Chains &slice) {
  llvm::SetVector<Operation *> producers;
  op->walk([&](Operation *nested) {
    for (Value operand : nested->getOperands())
      if (slice.contains(operand.getDefiningOp()))
        producers.insert(operand.getDefiningOp());
  });
  return producers.takeVector();
}

static Chains getChains(ArrayRef<Operation *> slice) {
  Chains chains;
  for (Operation *op : slice) {
    int64_t longest = 0;
    for (Operation *producer : getProducers(op, chains))
      longest = std::max(longest, chains.lookup(producer));
    chains[op] = longest + 1;
  }
  return chains;
}

SmallVector<Operation *> attn::orderByUse(ArrayRef<Operation *> slice) {
  if (slice.empty())
    return {};
  Chains chains = getChains(slice);
  SmallVector<Operation *> order;
  DenseSet<Operation *> seen;
  // Of each op, itself; and whether its producers are in the order.
  SmallVector<std::pair<Operation *, bool>> stack{{slice.back(), false}};
  while (!stack.empty()) {
    auto [op, isReady] = stack.pop_back_val();
    if (isReady)
      order.push_back(op);
    if (isReady || !seen.insert(op).second)
      continue;
    stack.emplace_back(op, true);
    SmallVector<Operation *> producers = getProducers(op, chains);
    llvm::stable_sort(producers, [&](Operation *a, Operation *b) {
      return chains.lookup(a) < chains.lookup(b);
    });
    for (Operation *producer : producers)
      if (!isCheap(*producer))
        stack.emplace_back(producer, false);
  }
  return order;
}
