//===- LowerAMX.cpp - Tile ops to intrinsics ------------------------------===//

#include "attn/Target/Passes.h"

#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/AMX/Transforms.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::attn {
#define GEN_PASS_DEF_LOWERAMX
#include "attn/Target/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Upstream knows the load that fills the caches, and not this one.
struct LowerStreamedLoad : ConvertOpToLLVMPattern<amx::TileLoadOp> {
  LowerStreamedLoad(const LLVMTypeConverter &converter)
      : ConvertOpToLLVMPattern(converter, /*benefit=*/2) {}

  LogicalResult
  matchAndRewrite(amx::TileLoadOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (!op->hasAttr("attn.streamed"))
      return rewriter.notifyMatchFailure(op, "expected attn.streamed");
    SmallVector<Value> converted(adaptor.getOperands());
    auto operands =
        op.getIntrinsicOperands(converted, *getTypeConverter(), rewriter);
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(
        op, getTypeConverter()->convertType(op.getType()),
        rewriter.getStringAttr("llvm.x86.tileloaddt164.internal"), operands);
    return success();
  }
};

struct LowerAMX : attn::impl::LowerAMXBase<LowerAMX> {
  void runOnOperation() override {
    LLVMTypeConverter converter(&getContext());
    converter.addConversion([](amx::TileType type) -> Type {
      return LLVM::LLVMX86AMXType::get(type.getContext());
    });
    RewritePatternSet patterns(&getContext());
    populateAMXLegalizeForLLVMExportPatterns(converter, patterns);
    patterns.add<LowerStreamedLoad>(converter);
    LLVMConversionTarget target(getContext());
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    configureAMXLegalizeForExportTarget(target);
    if (failed(applyPartialConversion(getOperation(), target,
                                      std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
