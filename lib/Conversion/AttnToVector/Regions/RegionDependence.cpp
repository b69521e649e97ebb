//===- RegionDependence.cpp - How a region moves with positions -----------===//
#include "Regions/RegionDependence.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::attn;

RegionDependence::RegionDependence(Region &region, ArrayRef<Value> arguments) {
  values.insert(arguments.begin(), arguments.end());
  for (Operation &op : region.front())
    if (contains(op))
      values.insert(op.result_begin(), op.result_end());
}

bool RegionDependence::contains(Operation &op) const {
  return op
      .walk([&](Operation *nested) {
        return llvm::any_of(nested->getOperands(),
                            [&](Value operand) { return contains(operand); })
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

static constexpr unsigned maxDepth = 16;

static std::optional<KeyStep> getStep(Value index, const RegionDependence &keys,
                                      Value key, unsigned depth = 0) {
  if (!keys.contains(index))
    return KeyStep{0, true};
  if (index == key)
    return KeyStep{1, true};
  Operation *op = index.getDefiningOp();
  if (!op || depth == maxDepth)
    return std::nullopt;
  SmallVector<KeyStep, 2> of;
  for (Value operand : op->getOperands()) {
    std::optional<KeyStep> step = getStep(operand, keys, key, depth + 1);
    if (!step)
      return std::nullopt;
    of.push_back(*step);
  }
  if (isa<arith::SubIOp>(op))
    of[1].step = -of[1].step;
  // Sums where both sides move could grow by 2.
  bool oneMoves = of.size() == 2 && (of[0].step == 0 || of[1].step == 0);
  if (isa<arith::AddIOp, arith::SubIOp>(op) && oneMoves)
    return KeyStep{of[0].step + of[1].step, of[0].isExact && of[1].isExact};
  if (isa<arith::MinSIOp, arith::MaxSIOp>(op) &&
      (oneMoves || of[0].step == of[1].step))
    return KeyStep{of[0].step != 0 ? of[0].step : of[1].step, false};
  // Others than these are cut off.
  if (isa<arith::IndexCastOp>(op) &&
      llvm::all_of(
          ArrayRef<Type>{index.getType(), op->getOperand(0).getType()},
          [](Type type) { return type.isIndex() || type.isInteger(64); }))
    return of[0];
  return std::nullopt;
}

static bool canBeInVectors(Type type) {
  return type.isIndex() || type.isF16() || type.isBF16() || type.isF32() ||
         type.isF64() ||
         (isa<IntegerType>(type) &&
          llvm::is_contained({1u, 8u, 16u, 32u, 64u},
                             type.getIntOrFloatBitWidth()));
}

std::optional<KeyStep>
attn::getKeyStep(memref::LoadOp read, const RegionDependence &keys, Value key) {
  MemRefType type = read.getMemRefType();
  if (type.getRank() == 0 || !type.isLastDimUnitStride() ||
      !canBeInVectors(type.getElementType()) || keys.contains(read.getMemRef()))
    return std::nullopt;
  for (Value index : read.getIndices().drop_back())
    if (keys.contains(index))
      return std::nullopt;
  std::optional<KeyStep> last = getStep(read.getIndices().back(), keys, key);
  return last && last->step != 0 ? last : std::nullopt;
}
