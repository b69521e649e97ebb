//===- AttachGPUTarget.cpp - A module for a GPU ---------------------------===//

#include "attn/Dialect/Attn/IR/AttnAttrs.h"
#include "attn/Dialect/Attn/IR/AttnDialect.h"
#include "attn/Target/GPU/GPUOptions.h"
#include "attn/Target/GPU/Passes.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTACHGPUTARGET
#include "attn/Target/GPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

struct AttachGPUTarget : attn::impl::AttachGPUTargetBase<AttachGPUTarget> {
  using AttachGPUTargetBase::AttachGPUTargetBase;

  void runOnOperation() override {
    auto machine = createGPUTargetMachine(arch);
    if (!machine) {
      getOperation().emitError(llvm::toString(machine.takeError()));
      return signalPassFailure();
    }
    setTarget(getOperation(), GPUTargetAttr::get(&getContext(), arch, 0, 0));
  }
};

} // namespace
