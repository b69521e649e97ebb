//===- LowerBools.cpp - Booleans in memory as bytes -----------------------===//

#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::attn {
#define GEN_PASS_DEF_LOWERBOOLS
#include "attn/Target/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Whatever is not 0 is true.
static void readByte(LLVM::LoadOp load) {
  OpBuilder b(load);
  Location loc = load.getLoc();
  Type byte = b.getI8Type();
  auto read = LLVM::LoadOp::create(b, loc, byte, load.getAddr(),
                                   load.getAlignment().value_or(0));
  Value zero = LLVM::ConstantOp::create(b, loc, byte, 0);
  Value isTrue =
      LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ne, read, zero);
  load.replaceAllUsesWith(isTrue);
  load.erase();
}

static void writeByte(LLVM::StoreOp store) {
  OpBuilder b(store);
  store.setOperand(0, LLVM::ZExtOp::create(b, store.getLoc(), b.getI8Type(),
                                           store.getValue()));
}

namespace {
struct LowerBools : attn::impl::LowerBoolsBase<LowerBools> {
  void runOnOperation() override {
    // Atomic and volatile ones are nobody's arrays.
    getOperation()->walk([](Operation *op) {
      if (auto load = dyn_cast<LLVM::LoadOp>(op);
          load && load.getType().isInteger(1) && !load.getVolatile_() &&
          load.getOrdering() == LLVM::AtomicOrdering::not_atomic)
        readByte(load);
      else if (auto store = dyn_cast<LLVM::StoreOp>(op);
               store && store.getValue().getType().isInteger(1) &&
               !store.getVolatile_() &&
               store.getOrdering() == LLVM::AtomicOrdering::not_atomic)
        writeByte(store);
    });
  }
};
} // namespace
