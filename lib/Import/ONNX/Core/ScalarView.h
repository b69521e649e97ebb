//===- ScalarView.h - One element of a tensor computation -------*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// FlexAttention's modifiers are graphs on whole (batch, head, query, key)
// tensors. They are imported as such, and then read the other way round: what
// is the element at one position? Ranges become positions, broadcasts vanish,
// and nothing of the size of the scores is left.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_IMPORT_ONNX_CORE_SCALARVIEW_H
#define ATTN_LIB_IMPORT_ONNX_CORE_SCALARVIEW_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

#include <map>
#include <vector>

namespace mlir::attn::onnx {

class ScalarView {
public:
  /// Emits at the insertion point of `builder`. At `position` the tensor
  /// `placeholder` has the element `element`.
  ScalarView(OpBuilder &builder, Location loc, Value placeholder,
             ValueRange position, Value element);

  /// The element of `tensor` at `indices`, or null where that takes more of the
  /// placeholder than its element at the same position.
  Value at(Value tensor, ValueRange indices);

private:
  Value compute(Value tensor, ArrayRef<Value> indices);
  Value viewConstant(Attribute value, ArrayRef<Value> indices);
  Value viewGeneric(Operation *op, ArrayRef<Value> indices);
  Value viewExpanded(Operation *op, ArrayRef<Value> indices);
  Value viewCollapsed(Operation *op, ArrayRef<Value> indices);
  Value viewSlice(Operation *op, ArrayRef<Value> indices);
  Value cloneBody(Block &body, IRMapping &mapping, ArrayRef<Value> indices);
  Value sizeOf(Value tensor, int64_t dim);
  bool isUnit(Value tensor, int64_t dim);
  bool depends(Value value);
  bool computeDepends(Operation *op);
  Value index(int64_t value);

  OpBuilder &b;
  Location loc;
  Value placeholder;
  SmallVector<Value> position;
  Value element;
  std::map<std::vector<void *>, Value> known;
  llvm::DenseMap<Value, bool> dependence;
  /// How deep the recursion is; a graph may be deeper than the stack.
  unsigned depth = 0;
};

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_CORE_SCALARVIEW_H
