//===- MaterializePacked.cpp - Packed constants as text has them ----------===//

#include "attn/Dialect/Attn/IR/AttnPacked.h"
#include "attn/Target/Artifact/Parameters.h"
#include "attn/Target/Artifact/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::attn {
#define GEN_PASS_DEF_MATERIALIZEPACKED
#include "attn/Target/Artifact/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {
struct MaterializePacked
    : attn::impl::MaterializePackedBase<MaterializePacked> {
  using MaterializePackedBase::MaterializePackedBase;

  void runOnOperation() override {
    for (auto global : getOperation().getOps<LLVM::GlobalOp>()) {
      auto packed = dyn_cast_or_null<PackedAttr>(global.getValueOrNull());
      if (!packed || !isParameter(packed))
        continue;
      SmallVector<char> bytes;
      writeElements(packed, [&](StringRef part) {
        bytes.append(part.begin(), part.end());
        return true;
      });
      global.setValueAttr(
          DenseElementsAttr::getFromRawBuffer(packed.getType(), bytes));
    }
  }
};
} // namespace
