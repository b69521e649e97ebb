//===- LoopTranspose.cpp - Operands across the vector loop ----------------===//
#include "Loops/LoopKernel.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

/// As many rows as 128 bits have lanes, in the function's own memory: hundreds
/// of ops may be in one caller.
void LoopKernel::allocateRows() {
  if (plan.across.empty())
    return;
  int64_t size = op.getStaticLoopRanges()[plan.vectorLoop];
  auto type = MemRefType::get(
      {b.blockLanes(), int64_t(llvm::alignTo(size, b.lanes()))}, b.element);
  for (size_t n = 0; n < plan.across.size(); ++n)
    rows.push_back(memref::AllocaOp::create(b, type, b.getI64IntegerAttr(64)));
}

/// The cross loop, some rows at a time.
void LoopKernel::runAcross(unsigned loop) {
  Values matrices;
  for (OpOperand *operand : plan.across)
    matrices.push_back(getAcross(*operand));
  b.loop(b.index(0), sizes[loop], b.blockLanes(), [&](Value first) {
    Value count = b.blockSize(sizes[loop], first, b.blockLanes());
    for (auto [matrix, into] : llvm::zip_equal(matrices, rows))
      copyAcross(matrix, into, first, count);
    b.loop(b.index(0), count, 1, [&](Value n) {
      row = n;
      position[loop] = b.add(first, n);
      runParallel(loop + 1);
    });
  });
}

/// [vector loop][cross loop], at the position of the loops around.
Value LoopKernel::getAcross(OpOperand &operand) {
  auto metadata = memref::ExtractStridedMetadataOp::create(b, operand.get());
  SmallVector<OpFoldResult> strides = metadata.getConstifiedMixedStrides();
  auto get = [&](OpFoldResult value) {
    return getValueOrCreateConstantIndexOp(b, b.getLoc(), value);
  };
  Value offset = get(metadata.getConstifiedMixedOffset());
  OpFoldResult rowStride;
  AffineMap map = op.getMatchingIndexingMap(&operand);
  for (auto [expr, stride] : llvm::zip_equal(map.getResults(), strides)) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    if (loop == plan.vectorLoop)
      rowStride = stride;
    else if (loop != plan.crossLoop)
      offset = b.add(
          offset, b.createOrFold<arith::MulIOp>(position[loop], get(stride)));
  }
  auto size = [&](unsigned loop) { return getAsOpFoldResult(sizes[loop]); };
  return memref::ReinterpretCastOp::create(
      b, metadata.getBaseBuffer(), OpFoldResult(offset),
      ArrayRef<OpFoldResult>{size(plan.vectorLoop), size(plan.crossLoop)},
      ArrayRef<OpFoldResult>{rowStride, b.getIndexAttr(1)});
}

/// `count` columns of `matrix` from `first` on as rows of `into`.
void LoopKernel::copyAcross(Value matrix, Value into, Value first,
                            Value count) {
  auto block = VectorType::get({b.blockLanes()}, b.element);
  Value zero = b.index(0), size = sizes[plan.vectorLoop];
  Value isWhole = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, count,
                                        b.index(b.blockLanes()));
  Value whole = b.createOrFold<arith::SelectOp>(
      isWhole, b.wholeSteps(size, b.lanes()), zero);
  b.loop(zero, whole, b.lanes(), [&](Value at) {
    Values joined = b.joinRows([&](int64_t n) -> Value {
      return vector::LoadOp::create(b, block, matrix,
                                    ValueRange{b.add(at, n), first});
    });
    for (auto [n, vector] : llvm::enumerate(b.transposeJoined(joined)))
      b.store(vector, into, ValueRange{b.index(n), at});
  });
  b.loop(whole, size, 1, [&](Value at) {
    b.loop(zero, count, 1, [&](Value n) {
      Value x =
          memref::LoadOp::create(b, matrix, ValueRange{at, b.add(first, n)});
      memref::StoreOp::create(b, x, into, ValueRange{n, at});
    });
  });
}
