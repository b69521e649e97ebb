//===- AttendKernel.h - What makes code of attention ------------*- C++ -*-===//
// A new kernel is a class behind this interface in its own files, and a line in
// AttendKernels.cpp.
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_ATTENDKERNEL_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_ATTENDKERNEL_H

#include "State/PackedQueries.h"
#include "State/StateScratch.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// What the kernels of a module share.
struct KernelContext {
  CPUTargetAttr target;
  KernelFunctions functions;
  PackedQueries queries;
};

/// One way to make code of a piece (see SplitAttend.h).
class AttendKernel {
public:
  virtual ~AttendKernel() = default;

  /// Whether it can take `op`.
  virtual bool suits(AttendInPlaceOp op, CPUTargetAttr target) const = 0;
  /// How it keeps the op's state.
  virtual StateLayout getStateLayout(AttendInPlaceOp op,
                                     CPUTargetAttr target) const = 0;
  /// Emits the code in place of the op.
  virtual void emit(AttendInPlaceOp op, const StateScratch &state,
                    KernelContext &context) const = 0;
};

/// The kernel for `op`: of those that suit it, the one that costs least.
const AttendKernel &chooseKernel(AttendInPlaceOp op, CPUTargetAttr target);

/// Features in lanes, for few rows: see DecodeKernel.h.
const AttendKernel &getDecodeKernel();
/// bf16 on tiles: see AMXKernel.h.
const AttendKernel &getAMXKernel();
/// Queries in lanes, for everything: see RowKernel.h.
const AttendKernel &getRowKernel();

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_ATTENDKERNEL_H
