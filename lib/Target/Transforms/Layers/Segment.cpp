//===- Segment.cpp - Ops in a row, and what equal ones are ----------------===//

#include "Segment.h"

#include "mlir/IR/Block.h"

using namespace mlir;
using namespace mlir::attn;

Segment::Segment(ArrayRef<Operation *> ops)
    : ops(ops), members(ops.begin(), ops.end()) {}

bool Segment::contains(Operation *op) const {
  Operation *own =
      op ? ops.front()->getBlock()->findAncestorOpInBlock(*op) : nullptr;
  return own && members.contains(own);
}

bool Segment::isInside(Value value) const {
  Operation *op = value.getDefiningOp();
  return contains(op ? op : value.getParentBlock()->getParentOp());
}

bool Segment::isUsedOutside(Value value) const {
  return llvm::any_of(value.getUsers(),
                      [&](Operation *user) { return !contains(user); });
}

void attn::getOperands(Operation *op, SmallVectorImpl<OpOperand *> &operands) {
  op->walk<WalkOrder::PreOrder>([&](Operation *nested) {
    for (OpOperand &operand : nested->getOpOperands())
      operands.push_back(&operand);
  });
}

SmallVector<OpOperand *> Segment::getOperands() const {
  SmallVector<OpOperand *> operands;
  for (Operation *op : ops)
    attn::getOperands(op, operands);
  return operands;
}

/// What must be equal of two ops apart from operands and regions.
static llvm::hash_code getOwnKey(Operation *op) {
  llvm::hash_code key = llvm::hash_combine(
      op->getName(), op->getAttrDictionary(), op->getNumOperands(),
      op->getNumRegions(), op->getNumSuccessors());
  for (Type type : op->getOperandTypes())
    key = llvm::hash_combine(key, type);
  for (Type type : op->getResultTypes())
    key = llvm::hash_combine(key, type);
  return key;
}

size_t attn::getKey(Operation *op) {
  llvm::hash_code key = getOwnKey(op);
  for (Region &region : op->getRegions())
    for (Block &block : region) {
      key = llvm::hash_combine(key, block.getNumArguments());
      for (Operation &nested : block)
        key = llvm::hash_combine(key, getKey(&nested));
    }
  return key;
}

namespace {

/// Compares two segments, and remembers which values are the same in both.
class Comparison {
public:
  Comparison(const Segment &lhs, const Segment &rhs) : lhs(lhs), rhs(rhs) {}

  bool compare(Operation *a, Operation *b) {
    if (a->getName() != b->getName() ||
        a->getAttrDictionary() != b->getAttrDictionary() ||
        a->getOperandTypes() != b->getOperandTypes() ||
        a->getResultTypes() != b->getResultTypes() ||
        a->getNumRegions() != b->getNumRegions() || a->getNumSuccessors() != 0)
      return false;
    for (auto [x, y] : llvm::zip_equal(a->getOperands(), b->getOperands()))
      if (!compare(x, y))
        return false;
    for (auto [x, y] : llvm::zip_equal(a->getResults(), b->getResults()))
      same[x] = y;
    for (auto [x, y] : llvm::zip_equal(a->getRegions(), b->getRegions()))
      if (!compare(x, y))
        return false;
    return true;
  }

private:
  bool compare(Value a, Value b) {
    if (lhs.isInside(a))
      return same.lookup(a) == b;
    return !rhs.isInside(b);
  }

  bool compare(Region &a, Region &b) {
    if (!llvm::hasSingleElement(a) || !llvm::hasSingleElement(b))
      return a.empty() && b.empty();
    if (a.getArgumentTypes() != b.getArgumentTypes() ||
        a.front().getOperations().size() != b.front().getOperations().size())
      return false;
    for (auto [x, y] : llvm::zip_equal(a.getArguments(), b.getArguments()))
      same[x] = y;
    for (auto [x, y] : llvm::zip_equal(a.front(), b.front()))
      if (!compare(&x, &y))
        return false;
    return true;
  }

  const Segment &lhs, &rhs;
  DenseMap<Value, Value> same;
};

} // namespace

bool attn::isEquivalent(const Segment &lhs, const Segment &rhs) {
  Comparison comparison(lhs, rhs);
  return llvm::all_of(
      llvm::zip_equal(lhs.getOps(), rhs.getOps()), [&](auto pair) {
        return comparison.compare(std::get<0>(pair), std::get<1>(pair));
      });
}
