//===- PackedAttr.cpp - #attn.packed --------------------------------------===//
#include "attn/Dialect/Attn/IR/AttnPacked.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// Of floats of whole bytes, no wider than those of the matrix.
static bool canHold(Type element, Type matrix) {
  auto from = dyn_cast<FloatType>(matrix);
  return from && (element == matrix ||
                  (from.isF32() && (element.isBF16() || element.isF16())));
}

LogicalResult PackedAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 ElementsAttr matrix, bool transposed,
                                 RankedTensorType type) {
  ShapedType from = matrix.getShapedType();
  if (from.getRank() != 2)
    return emitError() << "expected matrix of rank 2, got " << from.getRank();
  if (!canHold(type.getElementType(), from.getElementType()))
    return emitError() << "expected elements of the matrix's "
                       << from.getElementType()
                       << ", or bf16 or f16 for f32, got "
                       << type.getElementType();
  const bool isInPairs = type.getRank() == 4 && type.getDimSize(3) == 2;
  if ((type.getRank() != 3 && !isInPairs) || !type.hasStaticShape() ||
      type.getDimSize(2) == 0)
    return emitError() << "expected a type of panels, depth and columns, or of "
                          "panels, pairs, columns and 2, got "
                       << type;
  const int64_t columns = from.getDimSize(transposed ? 0 : 1);
  const int64_t depth = from.getDimSize(transposed ? 1 : 0);
  const int64_t panels = llvm::divideCeil(columns, type.getDimSize(2));
  const bool isDeepEnough =
      isInPairs ? 2 * type.getDimSize(1) >= depth : type.getDimSize(1) == depth;
  if (type.getDimSize(0) != panels || !isDeepEnough)
    return emitError() << "expected " << panels << " panels of depth " << depth
                       << ", got " << type.getDimSize(0) << " of "
                       << type.getDimSize(1) * (isInPairs ? 2 : 1);
  return success();
}
