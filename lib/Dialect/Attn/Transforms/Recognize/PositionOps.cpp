//===- PositionOps.cpp - Ops on positions as expressions ------------------===//
#include "TensorReader.h"
#include "attn/Dialect/Attn/IR/PositionOpInterface.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

/// What the op means, read from ops that are gone afterwards.
Expr TensorReader::evaluatePositionOp(Operation *op, ArrayRef<Expr> operands) {
  Block block;
  OpBuilder builder(op->getContext());
  builder.setInsertionPointToEnd(&block);
  Value expanded = cast<PositionOpInterface>(op).expand(builder, readUnchecked);
  Scalars scalars;
  for (auto [operand, expr] : llvm::zip(op->getOperands(), operands))
    if (!isa<RankedTensorType>(operand.getType()))
      scalars[operand] = expr;
  return evaluate(expanded, scalars, {});
}
