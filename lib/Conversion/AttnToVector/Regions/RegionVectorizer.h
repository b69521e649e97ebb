//===- RegionVectorizer.h - Score and mask regions on vectors ---*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONS_REGIONVECTORIZER_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONS_REGIONVECTORIZER_H

#include "Steps/KernelBuilder.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::attn {

/// The most ops of a region that are copied to where they are needed, and the
/// ops of a function that others are in: LLVM's time for a block grows with its
/// square, and so do the registers that a loop would keep of a large region.
constexpr int64_t kInlinedOps = 256;
bool isLarge(Region &region);

/// Clones the ops of a one-block region at the builder's insertion point, with
/// some of the arguments given as vectors. What depends on a vector becomes a
/// vector: elementwise ops as they are, loops that take the same iterations in
/// all lanes, and any other op (a load, a branch) once for each lane. A copy of
/// this object goes on with what was cloned.
class RegionVectorizer {
public:
  explicit RegionVectorizer(KernelBuilder &builder) : builder(builder) {}

  /// Values of all arguments, null for those that are not known yet.
  void bind(Region &region, ValueRange arguments);
  /// Gives `original` the value `value`, a scalar or a vector.
  void define(Value original, Value value);

  /// Clones those ops that `roots` need and that have no value yet, of those
  /// that `where` accepts. What `other`, whose code comes before, has as
  /// scalars is shared.
  void inlineSlice(
      Region &region, ValueRange roots,
      function_ref<bool(Operation &)> where = [](Operation &) { return true; },
      const RegionVectorizer *other = nullptr);
  Value lookup(Value original) const {
    return mapping.lookupOrDefault(original);
  }

  /// Returns what the region yields, its arguments being bound: scalars where
  /// it is the same in all lanes. A large region is a row of calls.
  Value yield(Region &region, const RegionVectorizer *other = nullptr);

private:
  bool has(Operation &op) const;
  bool share(Operation &op, const RegionVectorizer *other);
  void clone(Operation &op);
  void callPart(ArrayRef<Operation *> part);
  void cloneWithProducers(Operation &op);
  void cloneElementwise(Operation &op);
  bool isUniform(scf::ForOp loop);
  void cloneLoop(scf::ForOp loop);
  void cloneLanes(Operation &op, ArrayRef<Value> varying);
  /// The values of `op` and its regions that are vectors here.
  Values getVarying(Operation &op);

  KernelBuilder &builder;
  IRMapping mapping;
  DenseSet<Value> vectors;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONS_REGIONVECTORIZER_H
