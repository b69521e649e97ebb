//===- PackedQueries.cpp - Queries packed once for several loops ----------===//
#include "State/PackedQueries.h"

using namespace mlir;
using namespace mlir::attn;

/// The one op that writes `alloc`, if that is a copy.
static memref::CopyOp getFill(memref::AllocOp alloc) {
  memref::CopyOp fill;
  for (Operation *user : alloc->getUsers()) {
    if (isa<AttendOp, memref::DimOp, memref::DeallocOp>(user))
      continue;
    auto copy = dyn_cast<memref::CopyOp>(user);
    if (fill || !copy || copy.getTarget() != alloc)
      return {};
    fill = copy;
  }
  return fill;
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
