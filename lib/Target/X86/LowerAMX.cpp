//===- LowerAMX.cpp - Tile ops to intrinsics ------------------------------===//

#include "attn/Target/X86/Passes.h"

#include "attn/Dialect/Attn/IR/AttnDialect.h"

#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/AMX/Transforms.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::attn {
#define GEN_PASS_DEF_LOWERAMX
#include "attn/Target/X86/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

struct LowerAMX : attn::impl::LowerAMXBase<LowerAMX> {
  void runOnOperation() override {
    LLVMTypeConverter converter(&getContext());
    converter.addConversion([](amx::TileType type) -> Type {
      return LLVM::LLVMX86AMXType::get(type.getContext());
    });
    RewritePatternSet patterns(&getContext());
    populateAMXLegalizeForLLVMExportPatterns(converter, patterns);
    LLVMConversionTarget target(getContext());
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    configureAMXLegalizeForExportTarget(target);
    if (failed(applyPartialConversion(getOperation(), target,
                                      std::move(patterns))))
      return signalPassFailure();
    streamLoads();
  }

  /// Upstream knows the load that fills the caches, and not the other one.
  void streamLoads() {
    getOperation().walk([](LLVM::CallIntrinsicOp op) {
      if (op->removeAttr(AttnDialect::kStreamed))
        op.setIntrin("llvm.x86.tileloaddt164.internal");
    });
  }
};

} // namespace
