//===- KernelChecks.cpp - What a check in a kernel does -------------------===//

#include "KernelChecks.h"

#include "attn/Dialect/Tile/IR/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::attn;

/// The least number stays, in the word and in its copy where it has one: see
/// AttnGPUFailure in lib/Runtime/GPU.h.
static void record(OpBuilder &builder, Location loc, Value failures,
                   int64_t number) {
  Value value = arith::ConstantIntOp::create(builder, loc, number, 32);
  auto keepLeast = [&](Value word) {
    LLVM::AtomicRMWOp::create(builder, loc, LLVM::AtomicBinOp::umin, word,
                              value, LLVM::AtomicOrdering::monotonic);
  };
  keepLeast(failures);
  Type pointer = failures.getType(), i64 = builder.getI64Type();
  Value field = LLVM::GEPOp::create(builder, loc, pointer, i64, failures,
                                    ArrayRef<LLVM::GEPArg>{1});
  Value copy = LLVM::LoadOp::create(builder, loc, i64, field);
  Value none = arith::ConstantIntOp::create(builder, loc, -1, 64);
  Value exists =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, copy, none);
  auto branch = scf::IfOp::create(builder, loc, exists);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  keepLeast(LLVM::IntToPtrOp::create(builder, loc, pointer, copy));
}

static void leave(cf::AssertOp check, Value failures, int64_t number) {
  OpBuilder builder(check);
  Location loc = check.getLoc();
  Value no = arith::ConstantIntOp::create(builder, loc, 0, 1);
  Value fails = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                      check.getArg(), no);
  auto branch = scf::IfOp::create(builder, loc, fails);
  builder.setInsertionPointToStart(branch.thenBlock());
  record(builder, loc, failures, number);
  LLVM::CallIntrinsicOp::create(
      builder, loc, builder.getStringAttr("llvm.nvvm.exit"), ValueRange());
}

/// Whether it is a part of what warps do together.
static bool hasTileOp(Operation *op) {
  auto find = [](Operation *inner) {
    return isa<tile::AttnTileDialect>(inner->getDialect())
               ? WalkResult::interrupt()
               : WalkResult::advance();
  };
  return op->walk(find).wasInterrupted();
}

/// A remainder counts as pure, and has no value for a divisor of 0.
static bool isDoubtful(Operation *op) {
  return !isPure(op) || isa<arith::RemUIOp, arith::RemSIOp>(op);
}

/// What is behind `check`, to the last op that may go wrong.
static SmallVector<Operation *> getDoubtful(cf::AssertOp check) {
  SmallVector<Operation *> ops, doubtful;
  for (Operation *op = check->getNextNode();
       op && !op->hasTrait<OpTrait::IsTerminator>() && !hasTileOp(op);
       op = op->getNextNode()) {
    ops.push_back(op);
    if (isDoubtful(op))
      doubtful = ops;
  }
  return doubtful;
}

/// What ops behind `ops` read of them.
static SmallVector<Value> getResults(ArrayRef<Operation *> ops) {
  SmallVector<Value> results;
  auto isBehind = [&](Operation *user) {
    return llvm::none_of(ops,
                         [&](Operation *op) { return op->isAncestor(user); });
  };
  for (Operation *op : ops)
    for (Value result : op->getResults())
      if (llvm::any_of(result.getUsers(), isBehind))
        results.push_back(result);
  return results;
}

/// Runs `ops` where the check holds.
static void guard(cf::AssertOp check, ArrayRef<Operation *> ops,
                  ArrayRef<Value> results, Value failures, int64_t number) {
  OpBuilder builder(check);
  Location loc = check.getLoc();
  auto branch = scf::IfOp::create(builder, loc, TypeRange(ValueRange(results)),
                                  check.getArg(), /*addThenBlock=*/true,
                                  /*addElseBlock=*/true);
  auto isBehind = [&](OpOperand &use) {
    return llvm::none_of(
        ops, [&](Operation *op) { return op->isAncestor(use.getOwner()); });
  };
  for (auto [n, value] : llvm::enumerate(results))
    Value(value).replaceUsesWithIf(branch.getResult(n), isBehind);
  builder.setInsertionPointToStart(branch.thenBlock());
  Operation *end = scf::YieldOp::create(builder, loc, results);
  for (Operation *op : ops)
    op->moveBefore(end);
  builder.setInsertionPointToStart(branch.elseBlock());
  record(builder, loc, failures, number);
  SmallVector<Value> zeros;
  for (Value result : results)
    zeros.push_back(arith::ConstantOp::create(
        builder, loc, builder.getZeroAttr(result.getType())));
  scf::YieldOp::create(builder, loc, zeros);
}

void attn::lowerCheck(cf::AssertOp check, Value failures, int64_t number) {
  SmallVector<Operation *> ops = getDoubtful(check);
  SmallVector<Value> results = getResults(ops);
  const bool hasZeros = llvm::all_of(results, [](Value value) {
    return value.getType().isIntOrIndexOrFloat();
  });
  if (check->getParentOfType<tile::SpecializeOp>() && hasZeros)
    guard(check, ops, results, failures, number);
  else
    leave(check, failures, number);
  check.erase();
}
