//===- RowCopies.cpp - Rows of memory into a tile -------------------------===//
#include "RowCopies.h"
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
  RowCopy(LaneBuilder &lane, const RowSource &source, Value first,
          int64_t count, TileType type, Value tile)
      : lane(lane), b(lane.b), loc(lane.loc), source(source),
        order(getLayout(source.layout, 4)), first(first), count(count),
        type(type), tile(tile) {
    features =
        cast<MemRefType>(source.memory.getType()).getDimSize(at(Feature));
  }

  void copy() {
    // A piece would reach into the next row.
    if (features % 8)
      return copyElements();
    findStrides();
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

  Value times(Value x, Value y) {
    return b.createOrFold<arith::MulIOp>(loc, x, y);
  }

  /// In bytes, but for that of features.
  void findStrides() {
    auto parts =
        memref::ExtractStridedMetadataOp::create(b, loc, source.memory);
    Value base =
        memref::ExtractAlignedPointerAsIndexOp::create(b, loc, source.memory);
    start = lane.add(base, lane.mul(parts.getOffset(), 2));
    auto stride = [&](int64_t dim) {
      return lane.mul(parts.getStrides()[at(dim)], 2);
    };
    strides = {stride(Batch), stride(Head), stride(Sequence)};
    featureStride = parts.getStrides()[at(Feature)];
  }

  /// The address of a row.
  Value getAddress(Value row) {
    RowSource::Position position = locate(row);
    Value address = lane.add(start, times(position.batch, strides.batch));
    address = lane.add(address, times(position.head, strides.head));
    return lane.add(address, times(position.sequence, strides.sequence));
  }

  /// All rows, if the first one is and those behind it are whole pieces away.
  Value isAligned() {
    auto either = [&](Value x, Value y) -> Value {
      return arith::OrIOp::create(b, loc, x, y);
    };
    Value all = either(getAddress(first), strides.sequence);
    if (source.hasHeads)
      all = either(all, strides.head);
    auto equals = [&](Value x, int64_t y) -> Value {
      return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, x,
                                   lane.index(y));
    };
    Value isMultiple = equals(lane.rem(all, 16), 0);
    return arith::AndIOp::create(b, loc, isMultiple, equals(featureStride, 1));
  }

  /// Rows and parts of rows, all lanes together: `parts` in each row.
  void forEach(int64_t parts, function_ref<void(Value, Value)> body) {
    Value lower = lane.toIndex(lane.getLane());
    auto loop = scf::ForOp::create(b, loc, lower, lane.index(count * parts),
                                   lane.index(32));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value n = loop.getInductionVar();
    body(lane.add(first, lane.div(n, parts)), lane.rem(n, parts));
  }

  /// The last one that there is, for those behind it.
  Value clamp(Value position, Value size) {
    Value last = arith::SubIOp::create(b, loc, size, lane.index(1));
    return arith::MinUIOp::create(b, loc, position, last);
  }

  RowSource::Position locate(Value row) {
    return source.locate(clamp(row, source.count));
  }

  Value isInside(Value row, Value part, int64_t parts) {
    return arith::AndIOp::create(b, loc, lane.isBelow(row, source.count),
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
      Value from = lane.mul(clamp(piece, lane.index(pieces)), 16);
      Value address = arith::IndexCastOp::create(
          b, loc, b.getI64Type(), lane.add(getAddress(row), from));
      address = LLVM::IntToPtrOp::create(b, loc, generic, address);
      address = LLVM::AddrSpaceCastOp::create(b, loc, global, address);
      NVVM::CpAsyncOp::create(b, loc, getTarget(row, lane.mul(piece, 16)),
                              address, 16, NVVM::LoadCacheModifierKind::CG,
                              bytes);
    });
  }

  void copyElements() {
    forEach(type.getColumns(), [&](Value row, Value feature) {
      RowSource::Position in = locate(row);
      SmallVector<Value> position(4);
      position[at(Batch)] = in.batch;
      position[at(Head)] = in.head;
      position[at(Sequence)] = in.sequence;
      position[at(Feature)] = clamp(feature, lane.index(features));
      Value element = memref::LoadOp::create(b, loc, source.memory, position);
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
  const RowSource &source;
  SmallVector<int64_t> order;
  Value first;
  int64_t count;
  TileType type;
  Value tile;
  int64_t features;
  Value start, featureStride;
  RowSource::Position strides;
};

} // namespace

void attn::tile::copyRows(LaneBuilder &lane, const RowSource &source,
                          Value first, int64_t count, TileType type,
                          Value tile) {
  RowCopy(lane, source, first, count, type, tile).copy();
}
