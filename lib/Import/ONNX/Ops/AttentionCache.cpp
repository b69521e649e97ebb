//===- AttentionCache.cpp - Keys and values in buffers --------------------===//

#include "Ops/AttentionCache.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::onnx;

Operand mlir::attn::onnx::generatePerBatch(
    Node &n, OpFoldResult batch,
    llvm::function_ref<Value(ScalarBuilder &, Value)> element) {
  Type i64 = n.b.getI64Type();
  return generate(n, {batch}, i64, [&](ScalarBuilder &s, ValueRange at) {
    return s.make<arith::IndexCastOp>(i64, element(s, at[0]));
  });
}

/// `buffer` with zeros behind, `length` in all.
static FailureOr<Operand> grow(Node &n, const Operand &buffer,
                               OpFoldResult length) {
  if (n.math.equal(buffer.shape[2], length))
    return buffer;
  Sizes sizes = buffer.shape, zeros(sizes.size(), n.math.constant(0));
  sizes[2] = length;
  if (failed(checkSizes(n, sizes)))
    return failure();
  ScalarBuilder s(n.b, n.loc);
  if (!constantOf(length) || !constantOf(buffer.shape[2]))
    emitAssert(n,
               s.less(n.math.materialize(buffer.shape[2]),
                      n.math.materialize(length), true),
               "expected '" + buffer.name +
                   "' to be no longer than the present");
  Value whole = filledTensor(n, sizes, s.floating(buffer.elementType(), 0));
  return makeOperand(
      n, insertSlice(n, buffer.value, buffer.shape, whole, zeros), sizes);
}

FailureOr<HeadTensor>
mlir::attn::onnx::writeToBuffer(Node &n, const HeadTensor &fresh,
                                const Operand &buffer, OpFoldResult length,
                                const Operand &positions, size_t present) {
  HeadTensor update = unpackHeads(n, fresh);
  const Operand &data = update.operand;
  if (buffer.rank() != 4 || buffer.elementType() != data.elementType())
    return n.error() << "expected '" << buffer.name
                     << "' to have rank 4 and the type of the new, got "
                     << buffer.type() << " for " << data.type();
  for (int64_t d : {0, 1, 3})
    if (failed(requireEqualDims(n, buffer, d, data, d)))
      return failure();
  FailureOr<Operand> whole = grow(n, buffer, length);
  if (failed(whole))
    return failure();
  auto op = CacheUpdateOp::create(n.b, n.loc, whole->type(), whole->value,
                                  data.value, positions.value,
                                  n.b.getI64IntegerAttr(2), UnitAttr());
  HeadTensor all{makeOperand(n, op.getOutput(), whole->shape), false};
  all.operand.name = data.name;
  if (failed(n.setOutput(present, all.operand)))
    return failure();
  return all;
}
