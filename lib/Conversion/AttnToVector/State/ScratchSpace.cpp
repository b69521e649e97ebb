//===- ScratchSpace.cpp - Memory that kernels own -------------------------===//
#include "State/ScratchSpace.h"
#include "attn/Dialect/Attn/IR/AttnAttrs.h"

using namespace mlir;
using namespace mlir::attn;

static bool isInScratch(BaseMemRefType type) {
  return isa_and_nonnull<ScratchAttr>(type.getMemorySpace());
}

ScratchSpace::ScratchSpace(ModuleOp module) {
  module.walk([&](memref::AllocOp op) {
    if (isInScratch(op.getType()))
      allocs.insert(op);
  });
  AttrTypeReplacer replacer;
  replacer.addReplacement([](MemRefType type) -> std::optional<Type> {
    if (!isInScratch(type))
      return std::nullopt;
    return MemRefType(MemRefType::Builder(type).setMemorySpace({}));
  });
  replacer.addReplacement([](UnrankedMemRefType type) -> std::optional<Type> {
    if (!isInScratch(type))
      return std::nullopt;
    return UnrankedMemRefType::get(type.getElementType(), {});
  });
  replacer.recursivelyReplaceElementsIn(module, /*replaceAttrs=*/true,
                                        /*replaceLocs=*/false,
                                        /*replaceTypes=*/true);
}

memref::AllocOp ScratchSpace::find(Value buffer) const {
  Operation *alloc = buffer.getDefiningOp();
  return allocs.contains(alloc) ? cast<memref::AllocOp>(alloc)
                                : memref::AllocOp();
}

void ScratchSpace::erase(memref::AllocOp alloc) {
  allocs.remove(alloc);
  alloc.erase();
}

void ScratchSpace::eraseUnread() {
  for (Operation *alloc : allocs) {
    auto isWrite = [&](Operation *user) {
      auto copy = dyn_cast<memref::CopyOp>(user);
      return isa<memref::DeallocOp>(user) ||
             (copy && copy.getSource() != alloc->getResult(0));
    };
    if (!llvm::all_of(alloc->getUsers(), isWrite))
      continue;
    for (Operation *user : llvm::make_early_inc_range(alloc->getUsers()))
      user->erase();
    alloc->erase();
  }
  allocs.clear();
}
