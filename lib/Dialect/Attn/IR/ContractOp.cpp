//===- ContractOp.cpp - attn.contract -------------------------------------===//
#include "Verify.h"
#include "attn/Dialect/Attn/IR/AttnPacked.h"
#include "llvm/Support/MathExtras.h"

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

/// As many pairs as the sum has, or more.
static LogicalResult verifyPairs(ContractOp op) {
  auto panels = cast<ShapedType>(op.getRhs().getType());
  if (panels.getDimSize(3) != 2)
    return op.emitOpError("expected rhs of panels of pairs, got ") << panels;
  int64_t depth =
      cast<ShapedType>(op.getLhs().getType()).getDimSize(1 - op.getLhsRowDim());
  if (panels.isDynamicDim(1) || ShapedType::isDynamic(depth) ||
      2 * panels.getDimSize(1) >= depth)
    return success();
  return op.emitOpError("expected rhs of at least ")
         << llvm::divideCeil(depth, 2) << " pairs for lhs dimension "
         << 1 - op.getLhsRowDim() << " of " << depth << ", got "
         << panels.getDimSize(1);
}

/// As many panels as the columns of acc fill.
static LogicalResult verifyPanels(ContractOp op) {
  auto panels = cast<ShapedType>(op.getRhs().getType());
  if (op.getRhsTransposed())
    return op.emitOpError(
        "expected rhs that is packed or transposed, got both");
  int64_t columns = cast<ShapedType>(op.getAcc().getType()).getDimSize(1);
  if (panels.isDynamicDim(2) || panels.getDimSize(2) == 0)
    return op.emitOpError("expected panels of a known number of columns, got ")
           << panels;
  if (panels.isDynamicDim(0) || ShapedType::isDynamic(columns))
    return success();
  int64_t wanted = llvm::divideCeil(columns, panels.getDimSize(2));
  if (panels.getDimSize(0) == wanted)
    return success();
  return op.emitOpError("expected rhs of ")
         << wanted << " panels for acc's " << columns << " columns, got "
         << panels.getDimSize(0);
}

static LogicalResult verifyColumns(ContractOp op) {
  if (isPacked(op.getRhs()))
    return verifyPanels(op);
  return verifyEqual(op, "acc", op.getAcc(), 1, "rhs", op.getRhs(),
                     op.getRhsColumnDim());
}

LogicalResult ContractOp::verify() {
  if (failed(verifyTensorsOrMemRefs(*this)))
    return failure();
  Type accumulator = getElementTypeOrSelf(getAcc().getType());
  for (auto [name, operand] : {std::pair("lhs", getLhs()), {"rhs", getRhs()}}) {
    auto type = cast<ShapedType>(operand.getType());
    if (type.getRank() != 2 && !(operand == getRhs() && isPacked(getRhs())))
      return emitOpError("expected ")
             << name << " of rank 2, got " << type.getRank();
    if (type.getElementType() != accumulator &&
        type.getElementTypeBitWidth() >= accumulator.getIntOrFloatBitWidth())
      return emitOpError("expected ")
             << name << " to have elements of acc's " << accumulator
             << " or narrower, got " << type.getElementType();
  }
  LogicalResult isDeepEnough =
      isPackedInPairs(getRhs())
          ? verifyPairs(*this)
          : verifyEqual(*this, "lhs", getLhs(), 1 - getLhsRowDim(), "rhs",
                        getRhs(),
                        isPacked(getRhs()) ? 1 : 1 - getRhsColumnDim());
  if (failed(isDeepEnough) ||
      failed(verifyEqual(*this, "acc", getAcc(), 0, "lhs", getLhs(),
                         getLhsRowDim())) ||
      failed(verifyColumns(*this)))
    return failure();
  return success();
}

void ContractOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  if (hasPureTensorSemantics())
    return;
  for (OpOperand &operand : getOperation()->getOpOperands())
    effects.emplace_back(MemoryEffects::Read::get(), &operand);
  effects.emplace_back(MemoryEffects::Write::get(), &getAccMutable());
}
