//===- ContractOp.cpp - attn.contract -------------------------------------===//
#include "attn/Dialect/Attn/IR/AttnOps.h"

using namespace mlir;
using namespace mlir::attn;

/// `expected lhs dimension 1 to equal rhs dimension 0, got 3 and 4`.
static LogicalResult verifyEqual(ContractOp op, StringRef name, Value operand,
                                 int64_t dim, StringRef otherName, Value other,
                                 int64_t otherDim) {
  int64_t size = cast<ShapedType>(operand.getType()).getDimSize(dim);
  int64_t otherSize = cast<ShapedType>(other.getType()).getDimSize(otherDim);
  if (ShapedType::isDynamic(size) || ShapedType::isDynamic(otherSize) ||
      size == otherSize)
    return success();
  return op.emitOpError("expected ")
         << name << " dimension " << dim << " to equal " << otherName
         << " dimension " << otherDim << ", got " << size << " and "
         << otherSize;
}

/// Tensors become the result, memrefs are written where they lie.
static LogicalResult verifyResult(ContractOp op) {
  bool isTensor = isa<RankedTensorType>(op.getAcc().getType());
  for (Value operand : op->getOperands())
    if (isa<RankedTensorType>(operand.getType()) != isTensor)
      return op.emitOpError("expected only tensors or only memrefs, got ")
             << op.getAcc().getType() << " and " << operand.getType();
  SmallVector<Type> expected;
  if (isTensor)
    expected = {op.getAcc().getType()};
  if (op->getResultTypes() == TypeRange(expected))
    return success();
  return op.emitOpError("expected a result of acc's type on tensors, none on "
                        "memrefs, got ")
         << op->getResultTypes();
}

LogicalResult ContractOp::verify() {
  Type accumulator = getElementTypeOrSelf(getAcc().getType());
  for (auto [name, operand] : {std::pair("lhs", getLhs()), {"rhs", getRhs()}}) {
    auto type = cast<ShapedType>(operand.getType());
    if (type.getRank() != 2)
      return emitOpError("expected ")
             << name << " of rank 2, got " << type.getRank();
    if (type.getElementType() != accumulator &&
        type.getElementTypeBitWidth() >= accumulator.getIntOrFloatBitWidth())
      return emitOpError("expected ")
             << name << " to have elements of acc's " << accumulator
             << " or narrower, got " << type.getElementType();
  }
  if (failed(verifyEqual(*this, "lhs", getLhs(), 1 - getLhsRowDim(), "rhs",
                         getRhs(), 1 - getRhsColumnDim())) ||
      failed(verifyEqual(*this, "acc", getAcc(), 0, "lhs", getLhs(),
                         getLhsRowDim())) ||
      failed(verifyEqual(*this, "acc", getAcc(), 1, "rhs", getRhs(),
                         getRhsColumnDim())))
    return failure();
  return verifyResult(*this);
}

void ContractOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  if (isa<RankedTensorType>(getAcc().getType()))
    return;
  for (OpOperand &operand : getOperation()->getOpOperands())
    effects.emplace_back(MemoryEffects::Read::get(), &operand);
  effects.emplace_back(MemoryEffects::Write::get(), &getAccMutable());
}
