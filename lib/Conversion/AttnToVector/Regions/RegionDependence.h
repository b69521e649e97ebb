//===- RegionDependence.h - How a region moves with positions ---*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONS_REGIONDEPENDENCE_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONS_REGIONDEPENDENCE_H

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/DenseSet.h"

namespace mlir::attn {

/// What of a one-block region depends on some of its arguments.
class RegionDependence {
public:
  RegionDependence(Region &region, ArrayRef<Value> arguments);

  bool contains(Value value) const { return values.contains(value); }
  bool contains(Operation &op) const;

private:
  DenseSet<Value> values;
};

/// How an index grows from one key to the next: by `step`, which is 1, 0 or -1,
/// or, unless it is exact, by that or by 0.
struct KeyStep {
  int64_t step;
  bool isExact;
};

/// How the last index of a read of a captured buffer moves with the key, where
/// no other index does: elements of following keys lie side by side. The step
/// is not 0. Keys are what `keys` depends on, and `key` is the position.
std::optional<KeyStep> getKeyStep(memref::LoadOp read,
                                  const RegionDependence &keys, Value key);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONS_REGIONDEPENDENCE_H
