//===- PieceKernel.cpp - What kernels of attention share ------------------===//
#include "Kernels/PieceKernel.h"
#include "Steps/Matrix.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"

using namespace mlir;
using namespace mlir::attn;

PieceKernel::PieceKernel(AttendOp op, int64_t lanes, const StateScratch &state,
                         KernelContext &context)
    : op(op),
      b(op, context.target, op.getScoreType(), lanes, &context.functions),
      state(state), softmax(b, op, state),
      heads(cast<MemRefType>(op.getAcc().getType()).getDimSize(Head)),
      queries(context.queries) {}

void PieceKernel::forHeads(Value query, function_ref<void(Value matrix)> body) {
  SmallVector<int64_t> layout = getLayout(op.getQueryLayoutAttr(), 4);
  for (int64_t head = 0; head < heads; ++head)
    body(getMatrix(b, b.getLoc(), query, layout, head));
}

/// Loops over as many keys as there are and over tiles of them are then the
/// same code, in functions that they share.
static Value forgetRows(KernelBuilder &b, Value matrix) {
  auto type = cast<MemRefType>(matrix.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.front() = ShapedType::kDynamic;
  MemRefType any = MemRefType::Builder(type).setShape(shape);
  return b.createOrFold<memref::CastOp>(any, matrix);
}

void PieceKernel::emit() {
  key = getMatrix(b, b.getLoc(), op.getKey(),
                  getLayout(op.getKeyLayoutAttr(), 4));
  value = getMatrix(b, b.getLoc(), op.getValue(),
                    getLayout(op.getValueLayoutAttr(), 4));
  zero = b.index(0);
  numKeys = b.createOrFold<memref::DimOp>(key, zero);
  key = forgetRows(b, key);
  value = forgetRows(b, value);
  packedQuery =
      queries.get(b, op, getPackedType(), getPackName(),
                  [&](Value from, Value into) { packQuery(from, into); });
  allocate();
  emitLoop();
  op.erase();
}

void PieceKernel::emitLoop() {
  b.loop(zero, numKeys, keysAtOnce, [&](Value first) { emitKeys(first); });
}
