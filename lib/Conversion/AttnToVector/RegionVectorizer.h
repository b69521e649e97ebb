//===- RegionVectorizer.h - Score and mask regions on vectors ---*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONVECTORIZER_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONVECTORIZER_H

#include "KernelBuilder.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::attn {

/// Clones the ops of a one-block region at the builder's insertion point, with
/// some of the arguments given as vectors. What depends on a vector becomes a
/// vector: elementwise ops as they are, any other op (a load, control flow)
/// once for each lane.
class RegionVectorizer {
public:
  explicit RegionVectorizer(KernelBuilder &builder) : builder(builder) {}

  /// Returns what the region yields, scalars where it is the same in all lanes.
  Values inlineRegion(Region &region, ValueRange arguments);

private:
  void clone(Operation &op);
  void cloneElementwise(Operation &op);
  void cloneLanes(Operation &op, ArrayRef<Value> varying);
  /// The values of `op` and its regions that are vectors here.
  Values getVarying(Operation &op);

  KernelBuilder &builder;
  IRMapping mapping;
  DenseSet<Value> vectors;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONVECTORIZER_H
