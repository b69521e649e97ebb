//===- AttachCPUTarget.cpp - attn-attach-cpu-target -----------------------===//
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTACHCPUTARGET
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {
struct AttachCPUTarget : attn::impl::AttachCPUTargetBase<AttachCPUTarget> {
  using AttachCPUTargetBase::AttachCPUTargetBase;

  void runOnOperation() override {
    if (getTarget(getOperation()) && !isGiven())
      return; // of whatever kind it is
    CPUTargetAttr old = getCPUTarget(getOperation());
    if (!old)
      return signalPassFailure();
    auto choose = [](const auto &option, auto other) {
      return option.hasValue() ? decltype(other)(option.getValue()) : other;
    };
    auto target = CPUTargetAttr::getChecked(
        [&] { return emitError(getOperation().getLoc()); }, &getContext(),
        choose(vectorBits, old.getVectorBits()),
        choose(registers, old.getRegisters()), choose(fma, old.getFma()),
        choose(amx, old.getAmx()), choose(features, old.getFeatures()),
        choose(exp, old.getExp()), choose(tileQuery, old.getTileQuery()),
        choose(tileKey, old.getTileKey()),
        choose(unmaskedKeys, old.getUnmaskedKeys()),
        choose(panelKeys, old.getPanelKeys()),
        choose(packing, old.getPacking()), choose(stages, old.getStages()));
    if (!target)
      return signalPassFailure();
    setTarget(getOperation(), target);
  }

  bool isGiven() const {
    return vectorBits.hasValue() || registers.hasValue() || fma.hasValue() ||
           amx.hasValue() || features.hasValue() || exp.hasValue() ||
           tileQuery.hasValue() || tileKey.hasValue() ||
           unmaskedKeys.hasValue() || panelKeys.hasValue() ||
           packing.hasValue() || stages.hasValue();
  }
};
} // namespace
