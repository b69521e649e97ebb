//===- ConstantTables.h - Constants that are functions of positions -*- C++
//-*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_CONSTANTTABLES_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_CONSTANTTABLES_H

#include "Expr.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace mlir::attn::recognize {

/// The elements of a constant.
class ConstantElements {
public:
  explicit ConstantElements(ElementsAttr attribute);

  /// Elements can be read, and there is one.
  bool isReadable() const { return readable; }
  Type getElementType() const { return type.getElementType(); }
  ArrayRef<int64_t> getShape() const { return type.getShape(); }
  /// As an attribute.
  TypedAttr get(uint64_t flat) const;
  /// Equal bits are equal elements.
  uint64_t getBits(uint64_t flat) const;

private:
  ShapedType type;
  DenseElementsAttr dense;
  ArrayRef<char> raw;
  bool readable = false;
};

/// The element at `indices` as a function of them: one element, a function
/// that is affine in them, or in one index divided by a number, or one of two
/// values by whether they are within bounds that move by 0 or 1 from row to
/// row. Of more than two dimensions, those along which the constant repeats do
/// not count. It holds for every element of the constant; null where no such
/// function is found.
Expr readConstantTable(ExprContext &c, const ConstantElements &elements,
                       ArrayRef<Expr> indices);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_CONSTANTTABLES_H
