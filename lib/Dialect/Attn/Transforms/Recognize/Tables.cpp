//===- Tables.cpp - Expressions as tensors --------------------------------===//
#include "Tables.h"
#include "Emitter.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn::recognize;

OpFoldResult mlir::attn::recognize::emitSize(OpBuilder &builder, Location loc,
                                             Expr size, Operation *op) {
  if (std::optional<int64_t> constant = ExprContext::getInteger(size))
    return builder.getIndexAttr(*constant);
  return Emitter(builder, loc, builder.getF32Type(), op).emit(size);
}

Value mlir::attn::recognize::buildTable(Expr expr, ArrayRef<Expr> positions,
                                        Operation *op) {
  OpBuilder builder(op);
  Location loc = op->getLoc();
  Type element = expr->type.isIndex() ? Type(builder.getI64Type()) : expr->type;
  SmallVector<OpFoldResult> sizes;
  for (Expr position : positions)
    sizes.push_back(ExprContext::getInteger(position)
                        ? OpFoldResult(builder.getIndexAttr(1))
                        : emitSize(builder, loc, position->getExtent(), op));
  Value empty = tensor::EmptyOp::create(builder, loc, sizes, element);
  AffineMap identity = builder.getMultiDimIdentityMap(positions.size());
  SmallVector<utils::IteratorType> loops(positions.size(),
                                         utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      builder, loc, empty.getType(), ValueRange(), empty, identity, loops,
      [&](OpBuilder &b, Location l, ValueRange) {
        Type floats = isa<FloatType>(element) ? element : b.getF32Type();
        Emitter emitter(b, l, floats, op);
        for (auto [n, position] : llvm::enumerate(positions))
          if (!ExprContext::getInteger(position))
            emitter.bind(position, linalg::IndexOp::create(b, l, n));
        Value value = emitter.emit(expr);
        if (value.getType().isIndex())
          value = arith::IndexCastOp::create(b, l, element, value);
        linalg::YieldOp::create(b, l, value);
      });
  return generic.getResult(0);
}

/// A constant over positions whose extents are known; null where one is not.
static Value makeSplat(Expr expr, ArrayRef<Expr> positions, Operation *op) {
  SmallVector<int64_t> shape;
  for (Expr position : positions) {
    std::optional<int64_t> size =
        ExprContext::getInteger(position)
            ? 1
            : ExprContext::getInteger(position->getExtent());
    if (!size)
      return {};
    shape.push_back(*size);
  }
  OpBuilder builder(op);
  return arith::ConstantOp::create(
      builder, op->getLoc(),
      DenseElementsAttr::get(RankedTensorType::get(shape, expr->type),
                             expr->constant));
}

Value mlir::attn::recognize::makeTensor(ExprContext &c, Expr expr,
                                        ArrayRef<Expr> positions,
                                        Operation *op) {
  if (expr->kind == Kind::Constant)
    if (Value splat = makeSplat(expr, positions, op))
      return splat;
  if (!expr->isRead() || expr->operands != positions)
    return buildTable(expr, positions, op);
  for (auto [dim, position] : llvm::enumerate(positions))
    if (c.size(expr->value, dim) != (ExprContext::getInteger(position)
                                         ? c.integer(1)
                                         : position->getExtent()))
      return buildTable(expr, positions, op);
  return expr->value;
}

Value mlir::attn::recognize::toDims(OpBuilder &builder, Location loc,
                                    Value tensor, ArrayRef<int64_t> from,
                                    ArrayRef<int64_t> to) {
  SmallVector<int64_t> wanted;
  for (int64_t dim : from)
    if (!llvm::is_contained(to, dim))
      wanted.push_back(dim);
  unsigned missing = wanted.size();
  llvm::append_range(wanted, to);
  SmallVector<int64_t> permutation;
  for (int64_t dim : wanted)
    permutation.push_back(llvm::find(from, dim) - from.begin());
  if (!llvm::is_sorted(permutation)) {
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(builder, loc, tensor);
    SmallVector<OpFoldResult> permuted;
    for (int64_t dim : permutation)
      permuted.push_back(sizes[dim]);
    Value empty = tensor::EmptyOp::create(
        builder, loc, permuted, getElementTypeOrSelf(tensor.getType()));
    tensor =
        linalg::TransposeOp::create(builder, loc, tensor, empty, permutation)
            ->getResult(0);
  }
  if (!missing)
    return tensor;
  SmallVector<ReassociationIndices> groups(to.size());
  for (unsigned dim = 0; dim < wanted.size(); ++dim)
    groups[dim <= missing ? 0 : dim - missing].push_back(dim);
  return tensor::CollapseShapeOp::create(builder, loc, tensor, groups);
}
