//===- PackedQueries.cpp - Queries packed once for several loops ----------===//
#include "State/PackedQueries.h"

using namespace mlir;
using namespace mlir::attn;

/// The place before all loops around `op` in which its query stays the same.
static Operation *getInvariantPoint(AttendInPlaceOp op) {
  Operation *point = op;
  while (auto loop = dyn_cast<scf::ForOp>(point->getParentOp())) {
    if (!loop.isDefinedOutsideOfLoop(op.getQuery()))
      break;
    point = loop;
  }
  return point;
}

static bool onlyReads(Operation *user, Value query) {
  if (auto attend = dyn_cast<AttendInPlaceOp>(user))
    return attend.getAcc() != query;
  return isa<memref::DimOp>(user);
}

/// Whether `end` comes before `point` on every way, and no user of `query` that
/// may come between them writes to it.
static bool reaches(Operation *end, Operation *point, Value query) {
  Block *block = end->getBlock();
  auto isAfterEnd = [&](Operation *op) {
    Operation *ancestor = block->findAncestorOpInBlock(*op);
    return ancestor && end->isBeforeInBlock(ancestor);
  };
  return isAfterEnd(point) &&
         llvm::all_of(query.getUsers(), [&](Operation *user) {
           return !isAfterEnd(user) || onlyReads(user, query);
         });
}

Value PackedQueries::get(KernelBuilder &b, AttendInPlaceOp op, MemRefType type,
                         StringRef name, function_ref<void(Value)> fill) {
  Operation *point = getInvariantPoint(op);
  SmallVector<Known> &candidates = known[op.getQuery()];
  for (const Known &other : candidates)
    if (other.name == name && other.scratch.getType() == type &&
        reaches(other.end, point, op.getQuery()))
      return other.scratch;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(point);
  Value scratch = b.scratch(type.getShape(), type.getElementType());
  b.call(name, [&]() -> Values {
    fill(scratch);
    return {};
  });
  candidates.push_back({name, scratch, point->getPrevNode()});
  return scratch;
}
