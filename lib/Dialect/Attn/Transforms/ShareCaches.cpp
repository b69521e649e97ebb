//===- ShareCaches.cpp - Outputs that may have an input's memory ----------===//

#include "Recognize/TensorReader.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
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

/// Whether `value` is `origin` with other elements: a loop may carry a tensor
/// of other sizes.
static bool keepsSizes(Value value, Value origin) {
  while (value && value != origin) {
    if (auto loop = value.getDefiningOp<scf::ForOp>()) {
      unsigned carried = cast<OpResult>(value).getResultNumber();
      if (!keepsSizes(loop.getBody()->getTerminator()->getOperand(carried),
                      loop.getRegionIterArg(carried)))
        return false;
    }
    value = getDestination(value);
  }
  return value == origin;
}

static BlockArgument findOrigin(Value value, Block *entry) {
  while (Value destination = getDestination(value))
    value = destination;
  auto argument = dyn_cast<BlockArgument>(value);
  return argument && argument.getOwner() == entry ? argument : BlockArgument();
}

/// Whether `slice` takes all of what it is from, of which the sizes are those
/// of `origin`.
static bool isWhole(attn::recognize::TensorReader &reader,
                    tensor::ExtractSliceOp slice, BlockArgument origin) {
  if (slice.getType() != origin.getType() ||
      slice.getSourceType() != origin.getType() ||
      !areAllConstantIntValue(slice.getMixedOffsets(), 0) ||
      !areAllConstantIntValue(slice.getMixedStrides(), 1) ||
      !keepsSizes(slice.getSource(), origin))
    return false;
  return llvm::all_of(
      llvm::enumerate(slice.getMixedSizes()), [&](auto indexed) {
        auto [dim, size] = indexed;
        auto value = dyn_cast<Value>(size);
        return !value || reader.scalarOf(value) == reader.sizeOf(origin, dim);
      });
}

/// A result that is all of a changed argument, in a slice whose sizes are
/// another argument's of the same names, is that without the slice.
static void returnWholes(func::FuncOp function) {
  Operation *end = function.front().getTerminator();
  std::optional<attn::recognize::ExprContext> context;
  std::optional<attn::recognize::TensorReader> reader;
  for (OpOperand &result : end->getOpOperands()) {
    auto slice = result.get().getDefiningOp<tensor::ExtractSliceOp>();
    BlockArgument origin =
        slice ? findOrigin(slice.getSource(), &function.front())
              : BlockArgument();
    if (!origin)
      continue;
    if (!reader) {
      context.emplace(function.getContext());
      reader.emplace(*context, function);
    }
    if (isWhole(*reader, slice, origin))
      result.set(slice.getSource());
  }
}

static void shareCaches(func::FuncOp function) {
  returnWholes(function);
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
