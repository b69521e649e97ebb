//===- SharedMemory.cpp - The shared memory of a kernel -------------------===//
#include "SharedMemory.h"
#include "LaneBuilder.h"
#include "attn/Dialect/Tile/IR/Tile.h"

using namespace mlir;
using namespace mlir::attn::tile;

/// On a kernel: the name of its array.
static constexpr StringLiteral kSharedAttr = "attn_tile.shared";

static LLVM::GlobalOp createArray(func::FuncOp kernel, RewriterBase &rewriter) {
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(kernel);
  std::string name = (kernel.getName() + "_shared").str();
  while (SymbolTable::lookupNearestSymbolFrom(kernel,
                                              rewriter.getStringAttr(name)))
    name += "_";
  rewriter.modifyOpInPlace(kernel, [&] {
    kernel->setAttr(kSharedAttr, rewriter.getStringAttr(name));
  });
  return LLVM::GlobalOp::create(
      rewriter, kernel.getLoc(),
      LLVM::LLVMArrayType::get(rewriter.getI8Type(), 0), /*isConstant=*/false,
      LLVM::Linkage::Internal, name, Attribute(), /*alignment=*/128,
      /*addrSpace=*/3);
}

static LLVM::GlobalOp getArray(func::FuncOp kernel, RewriterBase &rewriter) {
  auto name = kernel->getAttrOfType<StringAttr>(kSharedAttr);
  if (!name)
    return createArray(kernel, rewriter);
  return SymbolTable::lookupNearestSymbolFrom<LLVM::GlobalOp>(kernel, name);
}

Value attn::tile::getShared(Operation *op, int64_t offset, int64_t bytes,
                            RewriterBase &rewriter) {
  LLVM::GlobalOp array =
      getArray(op->getParentOfType<func::FuncOp>(), rewriter);
  auto type = cast<LLVM::LLVMArrayType>(array.getGlobalType());
  const int64_t end = offset + bytes;
  if (int64_t(type.getNumElements()) < end)
    rewriter.modifyOpInPlace(array, [&] {
      array.setGlobalType(LLVM::LLVMArrayType::get(type.getElementType(), end));
    });
  LaneBuilder lane(rewriter, op->getLoc());
  return lane.advance(LLVM::AddressOfOp::create(rewriter, op->getLoc(), array),
                      offset);
}

void attn::tile::finishShared(ModuleOp module) {
  Builder builder(module.getContext());
  for (auto kernel : module.getOps<func::FuncOp>()) {
    auto name = dyn_cast_or_null<StringAttr>(kernel->removeAttr(kSharedAttr));
    if (!name)
      continue;
    auto array = module.lookupSymbol<LLVM::GlobalOp>(name);
    auto type = cast<LLVM::LLVMArrayType>(array.getGlobalType());
    const int64_t bytes = type.getNumElements();
    if (bytes <= kStaticSharedBytes)
      continue;
    array.setGlobalType(LLVM::LLVMArrayType::get(type.getElementType(), 0));
    array.setLinkage(LLVM::Linkage::External);
    kernel->setAttr(kDynamicSharedAttr, builder.getI32IntegerAttr(bytes));
  }
}
