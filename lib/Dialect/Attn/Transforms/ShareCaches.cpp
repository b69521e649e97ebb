//===- ShareCaches.cpp - Outputs that may have an input's memory ----------===//

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"

namespace mlir::attn {
#define GEN_PASS_DEF_SHARECACHES
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;

/// The tensor of which `value` is a changed copy, or none.
static Value getDestination(Value value) {
  auto result = dyn_cast<OpResult>(value);
  if (!result)
    return {};
  Operation *op = result.getOwner();
  if (auto update = dyn_cast<attn::CacheUpdateOp>(op))
    return update.getCache();
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return loop.getInitArgs()[result.getResultNumber()];
  if (auto dps = dyn_cast<DestinationStyleOpInterface>(op))
    return dps.getTiedOpOperand(result)->get();
  return {};
}

static BlockArgument findOrigin(Value value, Block *entry) {
  while (Value destination = getDestination(value))
    value = destination;
  auto argument = dyn_cast<BlockArgument>(value);
  return argument && argument.getOwner() == entry ? argument : BlockArgument();
}

static void shareCaches(func::FuncOp function) {
  Operation *end = function.front().getTerminator();
  llvm::SmallDenseSet<unsigned> taken;
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    if (auto given =
            function.getResultAttrOfType<IntegerAttr>(i, "attn.shares"))
      taken.insert(given.getInt());
  for (auto [i, result] : llvm::enumerate(end->getOperands())) {
    // An argument that is given back as it is needs no memory of its own.
    BlockArgument origin = findOrigin(result, &function.front());
    if (!origin || origin == result || origin.getType() != result.getType() ||
        function.getResultAttr(i, "attn.shares") ||
        !taken.insert(origin.getArgNumber()).second)
      continue;
    function.setResultAttr(
        i, "attn.shares",
        Builder(function).getI64IntegerAttr(origin.getArgNumber()));
  }
}

namespace {
struct ShareCaches : attn::impl::ShareCachesBase<ShareCaches> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic() && !function.isExternal() &&
          llvm::hasSingleElement(function.getBody()))
        shareCaches(function);
  }
};
} // namespace
