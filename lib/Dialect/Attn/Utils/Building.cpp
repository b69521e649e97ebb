//===- Building.cpp - Words that lowerings of attention are written in --===//
#include "attn/Dialect/Attn/Utils/Building.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Sizes and checks
//===----------------------------------------------------------------------===//

ShapedOperand ShapedOperand::get(StringRef name, Value value,
                                 DenseI64ArrayAttr layout) {
  auto shaped = cast<ShapedType>(value.getType());
  auto type = RankedTensorType::get(shaped.getShape(), shaped.getElementType());
  return {name, type, getLayout(layout, type.getRank()), value};
}

ShapedOperand ShapedOperand::getResult(StringRef name, Value result,
                                       DenseI64ArrayAttr layout) {
  ShapedOperand operand = get(name, result, layout);
  operand.value = {};
  return operand;
}

OpFoldResult ShapedOperand::size(OpBuilder &builder, Location loc,
                                 int64_t dim) const {
  const int64_t position = getTensorDim(layout, dim);
  return isa<MemRefType>(value.getType())
             ? memref::getMixedSize(builder, loc, value, position)
             : tensor::getMixedSize(builder, loc, value, position);
}

bool attn::isKnownEmpty(Type tensor) {
  return llvm::is_contained(cast<RankedTensorType>(tensor).getShape(), 0);
}

void attn::assertThat(OpBuilder &builder, Location loc, Value condition,
                      const Twine &message) {
  if (!matchPattern(condition, m_One()))
    cf::AssertOp::create(builder, loc, condition, message.str());
}

void attn::assertSameSize(OpBuilder &builder, Location loc,
                          const ShapedOperand &a, int64_t dimA,
                          const ShapedOperand &b, int64_t dimB) {
  int64_t p = getTensorDim(a.layout, dimA), q = getTensorDim(b.layout, dimB);
  bool isStatic = !a.type.isDynamicDim(p) && !b.type.isDynamicDim(q);
  // The verifier has compared static sizes; a result's dynamic size is right by
  // construction.
  const bool isSame = a.value && a.value == b.value && p == q;
  if (isStatic || isSame || (!a.value && a.type.isDynamicDim(p)) ||
      (!b.value && b.type.isDynamicDim(q)))
    return;
  auto sizeOf = [&](const ShapedOperand &of, int64_t dim, int64_t position) {
    return of.type.isDynamicDim(position)
               ? getValueOrCreateConstantIndexOp(builder, loc,
                                                 of.size(builder, loc, dim))
               : constantIndex(builder, loc, of.type.getDimSize(position));
  };
  Value same = builder.createOrFold<arith::CmpIOp>(
      loc, arith::CmpIPredicate::eq, sizeOf(a, dimA, p), sizeOf(b, dimB, q));
  assertThat(builder, loc, same,
             "expected dimension " + Twine(p) + " of " + a.name +
                 " to equal dimension " + Twine(q) + " of " + b.name);
}

Value attn::allElements(
    OpBuilder &builder, Location loc, Value tensor,
    function_ref<Value(OpBuilder &, Location, Value)> holds) {
  int64_t rank = cast<RankedTensorType>(tensor.getType()).getRank();
  Value yes = arith::ConstantIntOp::create(builder, loc, true, 1);
  Value all = tensor::FromElementsOp::create(
      builder, loc, RankedTensorType::get({}, yes.getType()), yes);
  auto result = buildGeneric(
      builder, loc, tensor, all,
      {builder.getMultiDimIdentityMap(rank),
       AffineMap::get(rank, 0, builder.getContext())},
      SmallVector<utils::IteratorType>(rank, utils::IteratorType::reduction),
      [&](OpBuilder &b, Location l, ValueRange args) -> SmallVector<Value> {
        Value one = holds(b, l, args[0]);
        return {arith::AndIOp::create(b, l, args[1], one)};
      });
  return tensor::ExtractOp::create(builder, loc, result.getResult(0),
                                   ValueRange{});
}

//===----------------------------------------------------------------------===//
// linalg.generic
//===----------------------------------------------------------------------===//

linalg::GenericOp attn::buildGeneric(
    OpBuilder &builder, Location loc, ValueRange ins, ValueRange outs,
    ArrayRef<AffineMap> maps, ArrayRef<utils::IteratorType> loops,
    function_ref<SmallVector<Value>(OpBuilder &, Location, ValueRange)> body) {
  return linalg::GenericOp::create(
      builder, loc, TypeRange(outs), ins, outs, maps, loops,
      [&](OpBuilder &b, Location l, ValueRange args) {
        linalg::YieldOp::create(b, l, body(b, l, args));
      });
}

Value attn::convertTensor(OpBuilder &builder, Location loc, Value tensor,
                          Value destination) {
  auto type = cast<RankedTensorType>(destination.getType());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  return buildGeneric(
             builder, loc, tensor, destination, {identity, identity},
             SmallVector<utils::IteratorType>(type.getRank(),
                                              utils::IteratorType::parallel),
             [&](OpBuilder &b, Location l,
                 ValueRange args) -> SmallVector<Value> {
               return {convertFloat(b, l, args[0], type.getElementType())};
             })
      .getResult(0);
}
