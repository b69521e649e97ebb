//===- LowerAMX.cpp - Tile ops to intrinsics ------------------------------===//

#include "attn/Target/X86/Passes.h"

#include "attn/Dialect/Attn/IR/AttnOps.h"

#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
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

/// Upstream knows the load that fills the caches, and not the other one.
struct LowerStreamTile : ConvertOpToLLVMPattern<X86StreamTileOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult
  matchAndRewrite(X86StreamTileOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto load =
        amx::TileLoadOp::create(rewriter, op.getLoc(), op.getTile().getType(),
                                op.getBase(), op.getIndices());
    SmallVector<Value> operands = load.getIntrinsicOperands(
        llvm::to_vector(adaptor.getOperands()), *getTypeConverter(), rewriter);
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(
        op, getTypeConverter()->convertType(op.getTile().getType()),
        rewriter.getStringAttr("llvm.x86.tileloaddt164.internal"), operands);
    rewriter.eraseOp(load);
    return success();
  }
};

/// The same descriptor.
struct LowerBytes : ConvertOpToLLVMPattern<X86BytesOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult
  matchAndRewrite(X86BytesOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, adaptor.getBooleans());
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
    patterns.add<LowerStreamTile, LowerBytes>(converter);
    LLVMConversionTarget target(getContext());
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    target.addIllegalOp<X86StreamTileOp, X86BytesOp>();
    configureAMXLegalizeForExportTarget(target);
    if (failed(applyPartialConversion(getOperation(), target,
                                      std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
