//===- AttentionKernel.h - What makes code of attention ---------*- C++ -*-===//
// A new kernel is a class behind this interface in its own files, and a line in
// AttentionKernels.cpp.
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_ATTENTIONKERNEL_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_ATTENTIONKERNEL_H

#include "State/PackedQueries.h"
#include "State/SharedValues.h"
#include "State/StateBuffers.h"
#include "attn/Analysis/TilingPolicy.h"

namespace mlir::attn {

/// What the kernels of a module share.
struct KernelContext {
  KernelContext(ModuleOp module, CPUTargetAttr target)
      : target(target), functions(module), scratch(module), states(scratch),
        queries(scratch) {}
  CPUTilingPolicy getPolicy() const { return CPUTilingPolicy(target); }

  CPUTargetAttr target;
  KernelFunctions functions;
  ScratchSpace scratch;
  StateBuffers states;
  PackedQueries queries;
  SharedValues values;
};

/// One way to make code of an op on memrefs with static head sizes: a piece of
/// attention (see SplitAttend.h), or attn.linear_chunk.
class AttentionKernel {
public:
  virtual ~AttentionKernel() = default;

  virtual StringRef getName() const = 0;
  /// Whether the code is for AMX, which machines may lack and systems may deny.
  virtual bool usesTiles() const { return false; }
  /// About how many cycles `op` takes for each key (see KernelCost.h); none
  /// where the kernel does not suit it.
  virtual std::optional<double> getCost(Operation *op,
                                        CPUTargetAttr target) const = 0;
  /// Emits the code in place of `op`.
  virtual void emit(Operation *op, KernelContext &context) const = 0;
};

/// One for ops of type `OpTy`.
template <typename OpTy> class KernelOf : public AttentionKernel {
public:
  virtual std::optional<double> getCost(OpTy op,
                                        CPUTargetAttr target) const = 0;
  virtual void emit(OpTy op, KernelContext &context) const = 0;

  std::optional<double> getCost(Operation *op,
                                CPUTargetAttr target) const final {
    auto typed = dyn_cast<OpTy>(op);
    return typed ? getCost(typed, target) : std::nullopt;
  }
  void emit(Operation *op, KernelContext &context) const final {
    emit(cast<OpTy>(op), context);
  }
};

/// The kernel for `op`: of those that suit it, the one that costs least.
const AttentionKernel &chooseKernel(Operation *op, CPUTargetAttr target);
/// A remark says what each costs.
void explainKernels(Operation *op, CPUTargetAttr target);

/// Features in lanes, for few rows: see DecodeKernel.h.
const AttentionKernel &getDecodeKernel();
/// bf16 on tiles, for few rows: see AMXDecode.h.
const AttentionKernel &getAMXDecodeKernel();
/// bf16 on tiles: see AMXKernel.h.
const AttentionKernel &getAMXKernel();
/// Queries in lanes, for all attention: see PrefillKernel.h.
const AttentionKernel &getPrefillKernel();
/// attn.linear_chunk of bf16 on tiles: see AMXLinear.h.
const AttentionKernel &getAMXLinearKernel();
/// For every attn.linear_chunk: see LinearKernel.h.
const AttentionKernel &getLinearKernel();

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_ATTENTIONKERNEL_H
