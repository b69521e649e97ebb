//===- Verify.h - Relations between operands, shared by verifiers ---------===//
#ifndef ATTN_LIB_DIALECT_ATTN_IR_VERIFY_H
#define ATTN_LIB_DIALECT_ATTN_IR_VERIFY_H

#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// An operand or result, tensor or memref, with the meaning of its dimensions.
struct NamedTensor {
  StringRef name;
  RankedTensorType type;
  SmallVector<int64_t> layout;
  bool scores = false;

  int64_t size(int64_t dim) const { return getSize(type, layout, dim); }
};

NamedTensor makeNamed(StringRef name, Value value, DenseI64ArrayAttr layout,
                      bool scores = false);

/// `expected <a> dimension p (name) to equal <b> dimension q (name), got m and
/// n`, unless equal or dynamic.
LogicalResult verifySameSize(Operation *op, const NamedTensor &a, int64_t dimA,
                             const NamedTensor &b, int64_t dimB);

/// The layout names each dimension once.
LogicalResult verifyLayout(Operation *op, StringRef name,
                           DenseI64ArrayAttr layout, int64_t rank);

/// The key head count divides the query head count (grouped heads).
LogicalResult verifyHeadGroups(Operation *op, const NamedTensor &query,
                               const NamedTensor &key);

/// The region's arguments are (first..., index x 4) and it yields `yields`; an
/// empty region is fine.
LogicalResult verifyPositionRegion(Operation *op, StringRef name,
                                   Region &region, TypeRange first, Type yields,
                                   unsigned maxYields = 1);

/// The scale, when given, is finite.
LogicalResult verifyScale(Operation *op, std::optional<APFloat> scale);

/// All operands of an op in destination style are tensors, or all are memrefs.
LogicalResult verifyTensorsOrMemRefs(Operation *op);

/// f64 if one of the types has f64 elements, else f32 (D5).
FloatType getScoreTypeOf(ArrayRef<Type> types);

/// The attribute's value, else 1/sqrt(feature size) when that is static (D1).
std::optional<double> getScaleOf(std::optional<APFloat> scale, Value query,
                                 DenseI64ArrayAttr layout);

/// Size of `dim` of `value` as an attribute when static, a tensor.dim
/// otherwise.
OpFoldResult reifyDim(OpBuilder &builder, Location loc, Value value,
                      ArrayRef<int64_t> layout, int64_t dim);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_IR_VERIFY_H
