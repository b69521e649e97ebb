//===- Reduce.cpp - Loops that fold dimensions ----------------------------===//

#include "Core/Emit.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::attn::onnx;

Type mlir::attn::onnx::accumulatorType(OpBuilder &b, Type type) {
  return isa<FloatType>(type) && type.getIntOrFloatBitWidth() == 16
             ? Type(b.getF32Type())
             : type;
}

Operand mlir::attn::onnx::reduce(
    Node &n, const Operand &operand, ArrayRef<int64_t> axes, Value neutral,
    llvm::function_ref<Value(ScalarBuilder &, Value, Value)> combine) {
  int64_t rank = operand.rank();
  SmallVector<AffineExpr> kept;
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  Sizes sizes;
  for (int64_t d = 0; d < rank; ++d) {
    if (llvm::is_contained(axes, d)) {
      iterators[d] = utils::IteratorType::reduction;
      continue;
    }
    kept.push_back(n.b.getAffineDimExpr(d));
    sizes.push_back(operand.shape[d]);
  }
  Value init = filledTensor(n, sizes, neutral);
  SmallVector<AffineMap> maps{n.b.getMultiDimIdentityMap(rank),
                              AffineMap::get(rank, 0, kept, n.b.getContext())};
  auto body = [&](OpBuilder &nested, Location loc, ValueRange arguments) {
    ScalarBuilder s(nested, loc, operand.isUnsigned);
    linalg::YieldOp::create(nested, loc,
                            combine(s, arguments[0], arguments[1]));
  };
  auto generic = linalg::GenericOp::create(
      n.b, n.loc, init.getType(), operand.value, init, maps, iterators, body);
  return makeOperand(n, generic.getResult(0), sizes, operand.isUnsigned);
}
