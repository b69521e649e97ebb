//===- RowGroups.cpp - Ops that can run row by row ------------------------===//
#include "RowGroups.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace mlir::attn;

linalg::GenericOp RowGroup::getWidest() const {
  return *llvm::max_element(ops, [](linalg::GenericOp a, linalg::GenericOp b) {
    return a.getNumLoops() < b.getNumLoops();
  });
}

/// How many of the first results of `map` are the first loops, in order, which
/// no other result reads.
static unsigned countRows(AffineMap map) {
  unsigned rows = 0;
  while (rows < map.getNumResults() && rows < map.getNumDims() &&
         map.getResult(rows) == getAffineDimExpr(rows, map.getContext()))
    ++rows;
  for (unsigned n = 0; n < map.getNumResults(); ++n)
    for (unsigned loop = 0; loop < rows && n > loop; ++loop)
      if (n != loop && map.getResult(n).isFunctionOfDim(loop))
        rows = loop;
  return rows;
}

/// Whether a row of `map` can be cut out by single loops.
static bool isSliceable(AffineMap map, unsigned rows) {
  return llvm::all_of(map.getResults(), [&](AffineExpr expr) {
    if (isa<AffineDimExpr, AffineConstantExpr>(expr))
      return true;
    for (unsigned loop = 0; loop < rows; ++loop)
      if (expr.isFunctionOfDim(loop))
        return false;
    return true;
  });
}

/// The rows of an op alone: all its parallel loops but the last, which stays
/// whole. 0 if it has none.
static unsigned countRows(linalg::GenericOp op) {
  unsigned rows = 0;
  while (rows < op.getNumLoops() &&
         op.getIteratorTypesArray()[rows] == utils::IteratorType::parallel)
    ++rows;
  if (rows == op.getNumLoops() && rows > 1)
    --rows;
  for (OpOperand &init : op.getDpsInitsMutable())
    rows = std::min(rows, countRows(op.getMatchingIndexingMap(&init)));
  return rows;
}

static bool canBeSliced(linalg::GenericOp op, unsigned rows) {
  return llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
    return isSliceable(op.getMatchingIndexingMap(&operand), rows);
  });
}

/// Whether all that uses results of `group`, but its ops and `op`, comes after.
static bool comesFirst(const RowGroup &group, linalg::GenericOp op) {
  for (Operation *member : group.ops)
    for (Operation *user : member->getUsers()) {
      Operation *ancestor = op->getBlock()->findAncestorOpInBlock(*user);
      if (ancestor != op && !group.contains(ancestor) &&
          ancestor->isBeforeInBlock(op))
        return false;
    }
  return true;
}

/// Whether `op` reads of what `group` computes its own row alone, and anything.
static bool follows(const RowGroup &group, linalg::GenericOp op) {
  bool isLinked = false;
  for (OpOperand &operand : op->getOpOperands()) {
    if (!group.defines(operand.get()))
      continue;
    if (countRows(op.getMatchingIndexingMap(&operand)) < group.numRows)
      return false;
    isLinked |= op.isDpsInput(&operand);
  }
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  return isLinked && llvm::none_of(captured, [&](Value value) {
           return group.defines(value);
         });
}

SmallVector<RowGroup> attn::findRowGroups(Block &block) {
  constexpr size_t maxOps = 32;
  SmallVector<RowGroup> groups;
  for (auto op : block.getOps<linalg::GenericOp>()) {
    unsigned rows = countRows(op);
    if (!op.hasPureTensorSemantics() || rows == 0 || !canBeSliced(op, rows))
      continue;
    auto joins = [&](RowGroup &group) {
      return rows >= group.numRows && group.ops.size() < maxOps &&
             follows(group, op) && comesFirst(group, op);
    };
    auto found = llvm::find_if(groups, joins);
    if (found == groups.end())
      groups.push_back({{op}, rows});
    else
      found->ops.push_back(op);
  }
  return groups;
}
