//===- LinearAttention.h - The recurrence of attn.linear_attention --------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOLINALG_LINEARATTENTION_H
#define ATTN_LIB_CONVERSION_ATTNTOLINALG_LINEARATTENTION_H

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Utils/Building.h"

namespace mlir::attn {

/// Builds the loop over the tokens at the builder's place.
class Recurrence {
public:
  Recurrence(LinearAttentionOp op, OpBuilder &builder);

  /// The op's results; `sizes` are their reified shapes.
  SmallVector<Value> lower(ArrayRef<SmallVector<OpFoldResult>> sizes);

private:
  void readSizes();
  Value getGroup();
  Value getScale();
  Value initialState();
  Value finalState(Value state, ArrayRef<OpFoldResult> sizes);

  Value updateState(Value token, Value state);
  Value decayState(Value token, Value state);
  Value deltaValue(Value token, Value state);
  Value addOuterProduct(Value token, Value written, AffineMap map, Value state);
  Value readState(Value token, Value state);
  Value writeOutput(Value token, Value read, Value scale, Value whole);

  Value sliceToken(const ShapedOperand &operand, Value token);
  AffineMap tokenMap(const ShapedOperand &operand, unsigned feature);
  AffineMap elementMap(const ShapedOperand &operand);
  AffineMap loopMap(ArrayRef<unsigned> loops);
  Value makeEmpty(ArrayRef<OpFoldResult> sizes, Type elementType);
  Value makeZeros(ArrayRef<OpFoldResult> sizes);
  Value toValue(OpFoldResult size) {
    return getValueOrCreateConstantIndexOp(builder, loc, size);
  }

  LinearAttentionOp op;
  OpBuilder &builder;
  Location loc;
  FloatType type; // of the state and all sums
  ShapedOperand query, key, value, output;
  OpFoldResult batch, queryHeads, kvHeads, keyFeatures, valueFeatures;
  Value group;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOLINALG_LINEARATTENTION_H
