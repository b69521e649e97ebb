//===- SharedInputs.cpp - Inputs whose memory an output has ---------------===//

#include "SharedInputs.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

/// Whether the element that the op computes at a place depends on no other
/// place of the operand.
static bool readsWhereItWrites(OpOperand &operand) {
  Operation *op = operand.getOwner();
  if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
    return operand.get() != insert.getSource();
  if (isa<scf::ForOp, scf::ForallOp>(op))
    return true;
  auto structured = dyn_cast<linalg::LinalgOp>(op);
  if (!structured || structured.getNumDpsInits() != 1)
    return false;
  AffineMap map = structured.getMatchingIndexingMap(&operand);
  return structured.isDpsInit(&operand) ||
         (map.isPermutation() && map == structured.getMatchingIndexingMap(
                                            structured.getDpsInitOperand(0)));
}

static bool dependsOn(Value result, Operation *op) {
  if (result.getDefiningOp() == op)
    return true;
  BackwardSliceOptions options;
  options.omitUsesFromAbove = false;
  SetVector<Operation *> slice;
  return succeeded(getBackwardSlice(result, &slice, options)) &&
         slice.contains(op);
}

bool attn::canOverwrite(func::FuncOp function, unsigned argument,
                        unsigned result) {
  OpOperand *reader = nullptr;
  for (OpOperand &use : function.getArgument(argument).getUses()) {
    if (isa<tensor::DimOp>(use.getOwner()))
      continue;
    if (reader)
      return false;
    reader = &use;
  }
  Operation *end = function.back().getTerminator();
  return !reader || (readsWhereItWrites(*reader) &&
                     dependsOn(end->getOperand(result), reader->getOwner()));
}
