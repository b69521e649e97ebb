//===- TileToNVVM.cpp - Tiles as what each lane does ----------------------===//
#include "Patterns.h"
#include "SharedMemory.h"
#include "attn/Conversion/Tile/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CONVERTTILETONVVM
#include "attn/Conversion/Tile/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::tile;

TileTypeConverter::TileTypeConverter() {
  addConversion([](Type type) { return type; });
  auto repeat = [](Type type, int64_t count, SmallVectorImpl<Type> &types) {
    types.append(count, type);
    return success();
  };
  addConversion([=](AccType type, SmallVectorImpl<Type> &types) {
    return repeat(Float32Type::get(type.getContext()), type.getColumns() / 2,
                  types);
  });
  addConversion([=](RowsType type, SmallVectorImpl<Type> &types) {
    return repeat(Float32Type::get(type.getContext()), 2, types);
  });
  addConversion([=](FragmentType type, SmallVectorImpl<Type> &types) {
    return repeat(IntegerType::get(type.getContext(), 32),
                  type.getColumns() / 4, types);
  });
  addConversion([](TileType type) -> Type {
    return LLVM::LLVMPointerType::get(type.getContext(), 3);
  });
  addConversion([](RingType type, SmallVectorImpl<Type> &types) {
    types.push_back(LLVM::LLVMPointerType::get(type.getContext(), 3));
    types.push_back(LLVM::LLVMPointerType::get(type.getContext()));
    return success();
  });
}

namespace {

struct ConvertTileToNVVM
    : attn::impl::ConvertTileToNVVMBase<ConvertTileToNVVM> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    TileTypeConverter types;
    RewritePatternSet patterns(context);
    populateRingPatterns(types, patterns);
    populateProductPatterns(types, patterns);
    populateElementPatterns(types, patterns);
    populateSlowChoicePatterns(types, patterns);
    populateMemoryPatterns(types, patterns);
    ConversionTarget target(*context);
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    target.addIllegalDialect<AttnTileDialect>();
    // Only those of a softmax on tiles, which say so.
    target.addDynamicallyLegalOp<math::Exp2Op>([](math::Exp2Op op) {
      return op.getFastmath() != arith::FastMathFlags::afn ||
             !op.getType().isF32();
    });
    scf::populateSCFStructuralTypeConversionsAndLegality(types, patterns,
                                                         target);
    if (failed(applyPartialConversion(getOperation(), target,
                                      std::move(patterns))))
      return signalPassFailure();
    finishShared(getOperation());
  }
};

} // namespace
