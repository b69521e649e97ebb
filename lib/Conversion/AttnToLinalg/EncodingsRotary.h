//===- EncodingsRotary.h - The two steps of attn.rotary_embedding ---------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOLINALG_ENCODINGSROTARY_H
#define ATTN_LIB_CONVERSION_ATTNTOLINALG_ENCODINGSROTARY_H

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Utils/Building.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {

/// Cosines and sines of the angles, [B, S, r/2] each.
struct Angles {
  Value cos, sin;
};

/// Builds what the op means (D13) at the builder's place.
class Rotation {
public:
  Rotation(RotaryEmbeddingOp op, OpBuilder &builder)
      : op(op), builder(builder), loc(op.getLoc()),
        input(ShapedOperand::get("input", op.getInput(), op.getLayoutAttr())),
        computeType(input.type.getElementType().isF64() ? builder.getF64Type()
                                                        : builder.getF32Type()),
        featureDim(getTensorDim(input.layout, Dim::Feature)) {}

  /// The op's result.
  Value lower() {
    checkRotated();
    pairs = getPairs();
    checkTables();
    return rotate(getAngles());
  }

private:
  void checkRotated();
  void checkTables();
  void checkTable(StringRef name, Value table);

  Angles getAngles();
  Angles gatherAngles();
  Angles computeAngles();
  /// A generic over (batch, token, pair) that makes both tensors.
  Angles buildAngles(
      ValueRange ins, ArrayRef<AffineMap> maps,
      function_ref<SmallVector<Value>(OpBuilder &, Location, ValueRange)> body);
  Value computeRate(OpBuilder &b, Location l);

  Value rotate(Angles angles);
  Value sliceRotated(SmallVector<OpFoldResult> &sizes);
  Value expandPairs(Value rotated, SmallVector<OpFoldResult> sizes);
  SmallVector<ReassociationIndices> getFeatureGroups();
  SmallVector<AffineMap> getPairMaps();
  Value insertRotated(Value rotated, ArrayRef<OpFoldResult> sizes);

  OpFoldResult getPairs();
  bool rotatesAll() {
    int64_t features = getSize(input.type, input.layout, Dim::Feature);
    return op.getRotaryDim() == 0 ||
           static_cast<int64_t>(op.getRotaryDim()) == features;
  }
  Value toValue(OpFoldResult size) {
    return getValueOrCreateConstantIndexOp(builder, loc, size);
  }
  AffineMap loopMap(ArrayRef<unsigned> loops) {
    return AffineMap::getMultiDimMapWithTargets(3, loops, builder.getContext());
  }

  RotaryEmbeddingOp op;
  OpBuilder &builder;
  Location loc;
  ShapedOperand input;
  FloatType computeType;
  int64_t featureDim;
  /// Half the number of rotated features.
  OpFoldResult pairs;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOLINALG_ENCODINGSROTARY_H
