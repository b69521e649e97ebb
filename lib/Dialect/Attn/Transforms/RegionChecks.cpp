//===- RegionChecks.cpp - Checks of regions, before their op --------------===//

#include "RegionChecks.h"

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Utils/Building.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace mlir::attn;

Operation *attn::getAttentionAround(Operation *op) {
  while ((op = op->getParentOp()))
    if (isa<AttentionOp, AttendOp>(op))
      return op;
  return nullptr;
}

/// How many batches, heads, queries and keys a region runs for.
template <typename OpTy>
static SmallVector<Value> getSizes(OpTy op, OpBuilder &b) {
  auto query =
      ShapedOperand::get("query", op.getQuery(), op.getQueryLayoutAttr());
  auto key = ShapedOperand::get("key", op.getKey(), op.getKeyLayoutAttr());
  SmallVector<Value> sizes;
  for (const auto &[operand, dim] :
       {std::pair(&query, Batch), std::pair(&query, Head),
        std::pair(&query, Sequence), std::pair(&key, Sequence)})
    sizes.push_back(getValueOrCreateConstantIndexOp(
        b, op.getLoc(), operand->size(b, op.getLoc(), dim)));
  return sizes;
}

namespace {

/// What one condition depends on.
class Slice {
public:
  explicit Slice(Block &block) : block(block), positions(4) {}

  /// False where a score is among it.
  bool add(const OpCheck &check) {
    Operation *top = block.findAncestorOpInBlock(*check.op);
    return top == check.op ? addValue(check.holds) : addOp(top);
  }

  bool uses(unsigned position) const { return positions.test(position); }

  void clone(OpBuilder &b, IRMapping &mapping) const {
    for (Operation &op : block)
      if (ops.contains(&op))
        b.clone(op, mapping);
  }

private:
  bool addValue(Value value) {
    Operation *inside =
        block.findAncestorOpInBlock(*value.getParentBlock()->getParentOp());
    if (Operation *definition = value.getDefiningOp())
      inside = block.findAncestorOpInBlock(*definition);
    if (inside)
      return addOp(inside);
    auto argument = dyn_cast<BlockArgument>(value);
    if (!argument || argument.getOwner() != &block)
      return true;
    unsigned scores = block.getNumArguments() - positions.size();
    if (argument.getArgNumber() < scores)
      return false;
    positions.set(argument.getArgNumber() - scores);
    return true;
  }

  bool addOp(Operation *top) {
    if (!ops.insert(top))
      return true;
    bool known = true;
    top->walk([&](Operation *nested) {
      for (Value operand : nested->getOperands())
        known &=
            top->isProperAncestor(operand.getParentBlock()->getParentOp()) ||
            operand.getParentBlock()->getParentOp() == top || addValue(operand);
    });
    return known;
  }

  Block &block;
  llvm::SetVector<Operation *> ops;
  llvm::SmallBitVector positions;
};

} // namespace

static void assertHolds(OpBuilder &b, const OpCheck &check, Value holds) {
  assertThat(b, check.op->getLoc(), holds, check.message);
}

void attn::checkForAllPairs(Operation *attention, const OpCheck &check) {
  Region *region = check.op->getParentRegion();
  while (region->getParentOp() != attention)
    region = region->getParentRegion();
  Block &block = region->front();
  Slice slice(block);
  if (!slice.add(check)) {
    OpBuilder b(check.op);
    return assertHolds(b, check, check.holds);
  }
  OpBuilder b(attention);
  Location loc = check.op->getLoc();
  auto op = dyn_cast<AttentionOp>(attention);
  SmallVector<Value> sizes =
      op ? getSizes(op, b) : getSizes(cast<AttendOp>(attention), b);
  Value zero = constantIndex(b, loc, 0), one = constantIndex(b, loc, 1);
  IRMapping mapping;
  for (auto [n, size] : llvm::enumerate(sizes)) {
    Value position = zero;
    if (slice.uses(n)) {
      auto loop = scf::ForOp::create(b, loc, zero, size, one);
      b.setInsertionPointToStart(loop.getBody());
      position = loop.getInductionVar();
    } else if (std::optional<int64_t> known = getConstantIntValue(size);
               !known || *known == 0) {
      Value some =
          arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, size, zero);
      auto branch = scf::IfOp::create(b, loc, some, /*withElse=*/false);
      b.setInsertionPointToStart(branch.thenBlock());
    }
    mapping.map(block.getArgument(block.getNumArguments() - 4 + n), position);
  }
  slice.clone(b, mapping);
  if (check.op->getBlock() != &block)
    b.setInsertionPoint(mapping.lookup(check.op));
  assertHolds(b, check, mapping.lookupOrDefault(check.holds));
}
