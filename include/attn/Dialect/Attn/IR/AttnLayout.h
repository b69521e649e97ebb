//===- AttnLayout.h - Named dimensions and their order ------------*- C++
//-*-===//
// The ops of this dialect think in canonical dimensions (batch, head, sequence,
// feature). A layout says in which order a tensor holds them: tensor dimension
// p is the canonical dimension layout[p]. An absent layout is the canonical
// order.
//===----------------------------------------------------------------------===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNLAYOUT_H
#define ATTN_DIALECT_ATTN_IR_ATTNLAYOUT_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/SmallVector.h"

namespace mlir::attn {

/// Canonical dimensions of query, key, value and output. Scores use Key in
/// place of Feature.
enum Dim : int64_t { Batch = 0, Head = 1, Sequence = 2, Feature = 3, Key = 3 };

/// The name of a canonical dimension: batch, head, sequence (query for scores),
/// feature (key for scores).
llvm::StringRef getDimName(int64_t dim, bool scores = false);

/// The layout as a list, 0 .. rank-1 when `attr` is null.
llvm::SmallVector<int64_t> getLayout(DenseI64ArrayAttr attr, int64_t rank);

/// Null for the canonical order, so that equal layouts are equal attributes.
DenseI64ArrayAttr getLayoutAttr(MLIRContext *context,
                                llvm::ArrayRef<int64_t> layout);

/// The tensor dimension that holds canonical dimension `dim`.
int64_t getTensorDim(llvm::ArrayRef<int64_t> layout, int64_t dim);

/// The size of canonical dimension `dim` of a tensor in `layout`; may be
/// ShapedType::kDynamic.
int64_t getSize(RankedTensorType type, llvm::ArrayRef<int64_t> layout,
                int64_t dim);

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_IR_ATTNLAYOUT_H
