//===- TileFallback.cpp - Attention where tiles are denied ----------------===//
#include "Kernels/TileFallback.h"
#include "attn/Dialect/Attn/Utils/RuntimeCalls.h"
#include "attn/Runtime/Symbols.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::attn;

/// Ops that are copied together.
static Block::iterator getFirst(Operation *op) {
  auto loop = op->getParentOfType<scf::ForallOp>();
  return loop ? loop.getBody()->begin() : op->getIterator();
}
static Block::iterator getEnd(Operation *op) {
  auto loop = op->getParentOfType<scf::ForallOp>();
  return loop ? loop.getBody()->getTerminator()->getIterator()
              : std::next(op->getIterator());
}

/// Of lib/Runtime/CPU.c, which has asked once.
Value attn::createHasTiles(OpBuilder &builder, Location loc) {
  return callRuntime(builder, loc, ATTN_HAS_TILES, builder.getI1Type());
}

/// Makes `if has tiles { ops } else { copies }` of the ops in [first, end).
static void branch(Block::iterator first, Block::iterator end,
                   IRMapping &copies) {
  Location loc = first->getLoc();
  Block *block = first->getBlock();
  OpBuilder builder(block, end);
  Value hasTiles = createHasTiles(builder, loc);
  auto op = scf::IfOp::create(builder, loc, hasTiles, /*withElseRegion=*/true);
  end = hasTiles.getDefiningOp()->getIterator();
  builder.setInsertionPointToStart(op.elseBlock());
  for (Operation &original : llvm::make_range(first, end))
    builder.clone(original, copies);
  op.thenBlock()->getOperations().splice(op.thenBlock()->begin(),
                                         block->getOperations(), first, end);
}

SmallVector<Operation *> attn::addTileFallback(ArrayRef<Operation *> onTiles) {
  SmallVector<Operation *> fallbacks;
  IRMapping copies;
  for (Operation *op : onTiles) {
    if (!copies.contains(op))
      branch(getFirst(op), getEnd(op), copies);
    fallbacks.push_back(copies.lookup(op));
  }
  return fallbacks;
}

CPUTargetAttr attn::getForFallback(CPUTargetAttr target) {
  return CPUTargetAttr::get(target.getContext(), target.getVectorBits(),
                            target.getRegisters() / 2, target.getFma(),
                            /*amx=*/false, target.getFeatures(),
                            target.getExp(), target.getTileQuery(),
                            target.getTileKey(), target.getSchedule());
}
