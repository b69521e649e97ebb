//===- RingCopies.cpp - Rows of memory into a tile ------------------------===//
#include "RingCopies.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::tile;

namespace {

class RowCopy {
public:
  RowCopy(LaneBuilder &lane, Value source, DenseI64ArrayAttr layout,
          PublishOp op, TileType type, Value tile)
      : lane(lane), b(lane.b), loc(lane.loc), source(source),
        order(getLayout(layout, 4)), op(op), type(type), tile(tile) {
    features = cast<MemRefType>(source.getType()).getDimSize(at(Feature));
  }

  void copy() {
    // A piece would reach into the next row.
    if (features % 8)
      return copyElements();
    findStart();
    auto branch =
        scf::IfOp::create(b, loc, isAligned(), /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    copyPieces();
    b.setInsertionPointToStart(branch.elseBlock());
    copyElements();
  }

private:
  int64_t at(int64_t dim) const {
    return llvm::find(order, dim) - order.begin();
  }

  /// The address of the first row, and bytes from one to the next.
  void findStart() {
    auto parts = memref::ExtractStridedMetadataOp::create(b, loc, source);
    auto times = [&](Value x, Value y) -> Value {
      return arith::MulIOp::create(b, loc, x, y);
    };
    Value element = parts.getOffset();
    for (auto [dim, position] :
         {std::pair<int64_t, Value>(Batch, op.getBatch()),
          {Head, op.getHead()},
          {Sequence, op.getFirst()}})
      element = lane.add(element, times(position, parts.getStrides()[at(dim)]));
    Value base = memref::ExtractAlignedPointerAsIndexOp::create(b, loc, source);
    start = lane.add(base, lane.mul(element, 2));
    rowBytes = lane.mul(parts.getStrides()[at(Sequence)], 2);
    featureStride = parts.getStrides()[at(Feature)];
  }

  Value isAligned() {
    Value either = arith::OrIOp::create(b, loc, start, rowBytes);
    auto equals = [&](Value x, int64_t y) -> Value {
      return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, x,
                                   lane.index(y));
    };
    Value isMultiple = equals(lane.rem(either, 16), 0);
    return arith::AndIOp::create(b, loc, isMultiple, equals(featureStride, 1));
  }

  /// Rows and parts of rows, all lanes together: `count` parts in each row.
  void forEach(int64_t count, function_ref<void(Value, Value)> body) {
    Value lower = lane.toIndex(lane.getLane());
    auto loop = scf::ForOp::create(
        b, loc, lower, lane.index(type.getRows() * count), lane.index(32));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value n = loop.getInductionVar();
    body(lane.div(n, count), lane.rem(n, count));
  }

  /// The last row that there is, for those behind it.
  Value clamp(Value position, Value size) {
    Value last = arith::SubIOp::create(b, loc, size, lane.index(1));
    return arith::MinUIOp::create(b, loc, position, last);
  }

  Value isInside(Value row, Value part, int64_t parts) {
    return arith::AndIOp::create(b, loc, lane.isBelow(row, op.getCount()),
                                 lane.isBelow(part, lane.index(parts)));
  }

  Value getTarget(Value row, Value bytes) {
    Value offset = lane.add(lane.mul(row, 2 * type.getStride()), bytes);
    return lane.advance(tile, lane.toI32(offset));
  }

  void copyPieces() {
    const int64_t pieces = features / 8;
    auto global = LLVM::LLVMPointerType::get(b.getContext(), 1);
    auto generic = LLVM::LLVMPointerType::get(b.getContext());
    forEach(type.getColumns() / 8, [&](Value row, Value piece) {
      Value bytes = arith::SelectOp::create(
          b, loc, isInside(row, piece, pieces), lane.i32(16), lane.i32(0));
      Value from =
          arith::MulIOp::create(b, loc, clamp(row, op.getCount()), rowBytes);
      from = lane.add(from, lane.mul(clamp(piece, lane.index(pieces)), 16));
      Value address = arith::IndexCastOp::create(b, loc, b.getI64Type(),
                                                 lane.add(start, from));
      address = LLVM::IntToPtrOp::create(b, loc, generic, address);
      address = LLVM::AddrSpaceCastOp::create(b, loc, global, address);
      NVVM::CpAsyncOp::create(b, loc, getTarget(row, lane.mul(piece, 16)),
                              address, 16, NVVM::LoadCacheModifierKind::CG,
                              bytes);
    });
  }

  void copyElements() {
    forEach(type.getColumns(), [&](Value row, Value feature) {
      SmallVector<Value> position(4);
      position[at(Batch)] = op.getBatch();
      position[at(Head)] = op.getHead();
      position[at(Sequence)] =
          lane.add(op.getFirst(), clamp(row, op.getCount()));
      position[at(Feature)] = clamp(feature, lane.index(features));
      Value element = memref::LoadOp::create(b, loc, source, position);
      Value bits =
          arith::BitcastOp::create(b, loc, b.getIntegerType(16), element);
      Value zero = arith::ConstantIntOp::create(b, loc, 0, 16);
      bits = arith::SelectOp::create(b, loc, isInside(row, feature, features),
                                     bits, zero);
      LLVM::StoreOp::create(b, loc, bits, getTarget(row, lane.mul(feature, 2)));
    });
  }

  LaneBuilder &lane;
  OpBuilder &b;
  Location loc;
  Value source;
  SmallVector<int64_t> order;
  PublishOp op;
  TileType type;
  Value tile;
  int64_t features;
  Value start, rowBytes, featureStride;
};

} // namespace

void attn::tile::copyRows(LaneBuilder &lane, Value source,
                          DenseI64ArrayAttr layout, PublishOp op, TileType type,
                          Value tile) {
  RowCopy(lane, source, layout, op, type, tile).copy();
}
