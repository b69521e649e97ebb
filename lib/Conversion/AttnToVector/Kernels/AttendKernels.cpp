//===- AttendKernels.cpp - The kernels, and which one is taken ------------===//
#include "Kernels/AttendKernel.h"

using namespace mlir;
using namespace mlir::attn;

/// What costs least where it suits comes first; the last one suits everything.
/// Few rows are bound by memory: reading keys and values once, as they lie,
/// costs less than tiles, which want values transposed.
static ArrayRef<const AttendKernel *> getKernels() {
  static const AttendKernel *const kernels[] = {
      &getDecodeKernel(), &getAMXKernel(), &getRowKernel()};
  return kernels;
}

const AttendKernel &attn::chooseKernel(AttendInPlaceOp op,
                                       CPUTargetAttr target) {
  return **llvm::find_if(getKernels(), [&](const AttendKernel *kernel) {
    return kernel->suits(op, target);
  });
}
