//===- SplitAttend.cpp - Kernel-sized pieces of attend --------------------===//
#include "State/SplitAttend.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/IR/AttnTiles.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;
using namespace mlir::attn;

static SmallVector<int64_t> getQueryLayout(AttendOp op) {
  return getLayout(op.getQueryLayoutAttr(), 4);
}

std::optional<int64_t> attn::getMaxRows(AttendOp op) {
  int64_t heads = cast<MemRefType>(op.getAcc().getType()).getDimSize(Head);
  if (ShapedType::isDynamic(heads) || heads == 0)
    return std::nullopt;
  int64_t dim = getTensorDim(getQueryLayout(op), Sequence);
  FailureOr<int64_t> bound = ValueBoundsConstraintSet::computeConstantBound(
      presburger::BoundType::UB, {op.getQuery(), dim}, nullptr,
      /*closedUB=*/true);
  bool isKnown = succeeded(bound) && (heads == 1 || *bound > 0);
  return isKnown ? std::optional(heads * *bound) : std::nullopt;
}

std::optional<int64_t> attn::getNumRows(AttendOp op) {
  auto type = cast<MemRefType>(op.getAcc().getType());
  if (type.isDynamicDim(Sequence) || type.getDimSize(Sequence) == 0)
    return std::nullopt;
  return type.getDimSize(Head) * type.getDimSize(Sequence);
}

namespace {

class Splitter {
public:
  Splitter(AttendOp op, int64_t maxRows)
      : op(op), b(op.getLoc(), op), maxRows(maxRows) {}

  AttendOp run() {
    SmallVector<int64_t> layout = getQueryLayout(op);
    Value zero = index(0);
    for (auto [dim, step] :
         {std::pair{Batch, int64_t(1)}, {Head, 1}, {Sequence, maxRows}}) {
      Value size =
          memref::DimOp::create(b, op.getQuery(), getTensorDim(layout, dim));
      sizes.push_back(size);
      auto loop = scf::ForOp::create(b, zero, size, index(step));
      position.push_back(loop.getInductionVar());
      b.setInsertionPointToStart(loop.getBody());
    }
    AttendOp piece = createPiece();
    op.erase();
    return piece;
  }

private:
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }

  AttendOp createPiece() {
    AffineExpr d0 = b.getAffineDimExpr(0), s0 = b.getAffineSymbolExpr(0);
    auto rest = AffineMap::get(
        1, 1, {b.getAffineConstantExpr(maxRows), s0 - d0}, b.getContext());
    OpFoldResult rows = affine::makeComposedFoldedAffineMin(
        b, b.getLoc(), rest, {position[2], sizes[1 + 1]});
    // Query head h reads kv head h floordiv group.
    SmallVector<int64_t> keyLayout = getLayout(op.getKeyLayoutAttr(), 4);
    Value kvHeads =
        memref::DimOp::create(b, op.getKey(), getTensorDim(keyLayout, Head));
    Value group = arith::DivUIOp::create(b, sizes[1], kvHeads);
    Value kvHead = arith::DivUIOp::create(b, position[1], group);
    auto ofQuery = [&](Value operand, DenseI64ArrayAttr layout) {
      return slice(operand, layout, position[1], rows);
    };
    auto ofKey = [&](Value operand, DenseI64ArrayAttr layout) {
      return slice(operand, layout, kvHead, {});
    };
    auto piece = AttendOp::create(
        b, TypeRange(), ofQuery(op.getQuery(), op.getQueryLayoutAttr()),
        ofKey(op.getKey(), op.getKeyLayoutAttr()),
        ofKey(op.getValue(), op.getValueLayoutAttr()), ofQuery(op.getAcc(), {}),
        ofQuery(op.getMax(), {}), ofQuery(op.getSum(), {}), op.getScaleAttr(),
        op.getQueryLayoutAttr(), op.getKeyLayoutAttr(),
        op.getValueLayoutAttr());
    shift(op.getScore(), piece.getScore());
    shift(op.getMask(), piece.getMask());
    return piece;
  }

  /// One batch and one head; `rows` from position[2] on, or all where null.
  Value slice(Value operand, DenseI64ArrayAttr attr, Value head,
              OpFoldResult rows) {
    auto type = cast<MemRefType>(operand.getType());
    OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
    SmallVector<OpFoldResult> offsets, lengths, strides(type.getRank(), one);
    for (auto [p, dim] : llvm::enumerate(getLayout(attr, type.getRank()))) {
      OpFoldResult all = memref::getMixedSize(b, b.getLoc(), operand, p);
      bool isRows = dim == Sequence && rows;
      offsets.push_back(dim == Batch  ? OpFoldResult(position[0])
                        : dim == Head ? OpFoldResult(head)
                        : isRows      ? OpFoldResult(position[2])
                                      : zero);
      lengths.push_back(dim == Batch || dim == Head ? one
                        : isRows                    ? rows
                                                    : all);
    }
    return memref::SubViewOp::create(b, operand, offsets, lengths, strides);
  }

  /// Moves a region; its positions start at those of the piece.
  void shift(Region &from, Region &to) {
    to.takeBody(from);
    if (to.empty())
      return;
    shiftPositions(b, to.front(), position); // a piece has all keys
  }

  AttendOp op;
  ImplicitLocOpBuilder b;
  int64_t maxRows;
  SmallVector<Value> sizes, position; // batch, head, query
};

} // namespace

AttendOp attn::splitAttend(AttendOp op, int64_t maxRows) {
  auto isOne = [](Value operand, DenseI64ArrayAttr attr, int64_t dim) {
    int64_t p = getTensorDim(getLayout(attr, 4), dim);
    return cast<MemRefType>(operand.getType()).getDimSize(p) == 1;
  };
  std::optional<int64_t> rows = getMaxRows(op);
  bool isUnit = isOne(op.getQuery(), op.getQueryLayoutAttr(), Batch) &&
                isOne(op.getKey(), op.getKeyLayoutAttr(), Head);
  if (isUnit && rows && *rows <= maxRows)
    return op;
  return Splitter(op, maxRows).run();
}
