//===- Decisions.h - What goes by elements of tensors -----------*- C++ -*-===//
#ifndef ATTN_LIB_TARGET_GPU_DECISIONS_H
#define ATTN_LIB_TARGET_GPU_DECISIONS_H

#include "HostCode.h"

namespace mlir::attn {

/// Whether `op` is a loop that becomes a kernel, or one.
bool isKernel(Operation *op);
/// Whether there is one in `op`.
bool hasKernels(Operation *op);
/// Whether `op` only computes, and can whichever way branches go.
bool isAlwaysDefined(Operation *op);
/// The outermost kernel around `op`; null on the host.
Operation *getKernelAround(Operation *op);

/// What the host code of a function does by elements of tensors, which lie on
/// the device: what the host must know, and what the device can do alone.
class Decisions {
public:
  explicit Decisions(func::FuncOp function);

  /// Whether `op`, on the host, can be code of the device: it reads an element
  /// or follows from one, and nothing on the host follows from it.
  bool isForDevice(Operation *op) const { return deviceOps.contains(op); }
  /// One that only picks a part of a buffer, where kernels may do that.
  static bool isView(Operation *op);
  void addForDevice(Operation *op) { deviceOps.insert(op); }
  /// The first op in `op`, or itself, that only the host can do; null where
  /// the device can do all of it.
  static Operation *getObstacle(Operation *op);

  /// The reads that the host waits for, with what it needs each for.
  ArrayRef<std::pair<memref::LoadOp, Operation *>> getReads() const {
    return reads;
  }

private:
  bool isRead(Operation *op) const;
  bool isFollowing(Operation *op) const;
  bool isRegionForDevice(Operation *op) const;
  bool goesByElements(Value value) const;
  bool goesByElements(Operation *op) const;
  void findNeeds();
  void need(Value value, Operation *reason);
  void findDeviceOps();

  func::FuncOp function;
  DenseSet<Value> addresses;
  /// Regions of which the host needs a result.
  DenseSet<Operation *> hostRegions;
  llvm::MapVector<Value, Operation *> needs;
  DenseSet<Operation *> deviceOps;
  SmallVector<std::pair<memref::LoadOp, Operation *>> reads;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_GPU_DECISIONS_H
