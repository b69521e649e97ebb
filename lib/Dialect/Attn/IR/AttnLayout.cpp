//===- AttnLayout.cpp - Named dimensions and their order ------------------===//
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::attn;

StringRef attn::getDimName(int64_t dim, bool scores) {
  static constexpr StringLiteral names[] = {"batch", "head", "sequence",
                                            "feature"};
  static constexpr StringLiteral scoreNames[] = {"batch", "head", "query",
                                                 "key"};
  return scores ? scoreNames[dim] : names[dim];
}

SmallVector<int64_t> attn::getLayout(DenseI64ArrayAttr attr, int64_t rank) {
  if (attr)
    return llvm::to_vector(attr.asArrayRef());
  return llvm::to_vector(llvm::seq<int64_t>(0, rank));
}

DenseI64ArrayAttr attn::getLayoutAttr(MLIRContext *context,
                                      ArrayRef<int64_t> layout) {
  if (llvm::equal(layout, llvm::seq<int64_t>(0, layout.size())))
    return {};
  return DenseI64ArrayAttr::get(context, layout);
}

int64_t attn::getTensorDim(ArrayRef<int64_t> layout, int64_t dim) {
  return llvm::find(layout, dim) - layout.begin();
}

int64_t attn::getSize(RankedTensorType type, ArrayRef<int64_t> layout,
                      int64_t dim) {
  return type.getDimSize(getTensorDim(layout, dim));
}
