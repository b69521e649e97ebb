//===- PackedQueries.cpp - Queries packed once for several loops ----------===//
#include "State/PackedQueries.h"

using namespace mlir;
using namespace mlir::attn;

static bool onlyReads(Operation *user, Value query) {
  if (auto attend = dyn_cast<AttendOp>(user))
    return !llvm::is_contained(attend.getWritten(), query);
  return isa<memref::DimOp, memref::DeallocOp>(user);
}

/// The one op that writes `alloc`, if that is a copy, and before all that
/// reads.
static memref::CopyOp getFill(memref::AllocOp alloc) {
  memref::CopyOp fill;
  SmallVector<Operation *> readers;
  for (Operation *user : alloc->getUsers()) {
    auto copy = dyn_cast<memref::CopyOp>(user);
    if (onlyReads(user, alloc))
      readers.push_back(user);
    else if (!fill && copy && copy.getTarget() == alloc)
      fill = copy;
    else
      return {};
  }
  auto isAfterFill = [&](Operation *reader) {
    Operation *ancestor = fill->getBlock()->findAncestorOpInBlock(*reader);
    return ancestor && fill->isBeforeInBlock(ancestor);
  };
  return fill && llvm::all_of(readers, isAfterFill) ? fill : memref::CopyOp();
}

Value PackedQueries::get(KernelBuilder &b, AttendOp op, MemRefType type,
                         StringRef name,
                         function_ref<void(Value, Value)> fill) {
  OpBuilder::InsertionGuard guard(b);
  auto pack = [&](Value from) {
    Value packed = b.scratch(type.getShape(), type.getElementType());
    b.call(name, [&]() -> Values {
      fill(from, packed);
      return {};
    });
    return packed;
  };
  memref::AllocOp alloc = scratch.find(op.getQuery());
  memref::CopyOp copy = alloc ? getFill(alloc) : memref::CopyOp();
  if (!copy)
    return pack(op.getQuery());
  SmallVector<Known> &candidates = known[copy];
  for (const Known &other : candidates)
    if (other.name == name && other.packed.getType() == type)
      return other.packed;
  b.setInsertionPoint(copy);
  candidates.push_back({name, pack(copy.getSource())});
  return candidates.back().packed;
}
