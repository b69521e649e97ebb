//===- KernelCost.h - About how long kernels take ---------------*- C++ -*-===//
//
// Cycles for each key of a piece, to compare kernels by, from what each does:
// two vector instructions a cycle, softmax on vectors of scores, and keys and
// values from memory.
//
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_KERNELCOST_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_KERNELCOST_H

#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

class KernelCost {
public:
  KernelCost(AttendOp op, CPUTargetAttr target);

  /// Of `count` instructions on vectors.
  static double instructions(double count) { return count / 2; }
  /// Of the softmax of `rows` scores: scale, maximum, exponential, sum.
  double softmax(double rows) const { return instructions(20 * rows / lanes); }
  /// Of a key and its value from memory, 8 bytes a cycle where a kernel asks
  /// for them early, and goes on meanwhile; else it waits for half as many.
  double prefetched() const { return bytes / 8.0; }
  double waiting() const { return bytes / 4.0; }

  /// Sizes of heads, and how many scores fill a vector.
  int64_t features, valueFeatures, lanes;

private:
  int64_t bytes;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_KERNELCOST_H
