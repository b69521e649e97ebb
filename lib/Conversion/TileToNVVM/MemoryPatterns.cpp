//===- MemoryPatterns.cpp - Queries from memory, outputs to memory --------===//
#include "LaneBuilder.h"
#include "Patterns.h"
#include "RowCopies.h"
#include "SharedMemory.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/IR/Scalars.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::tile;

namespace {

/// Rows of a tile in a memref of [1, heads, queries] or of these and features.
class RowMemory : public LaneBuilder {
public:
  RowMemory(OpBuilder &builder, Location loc, Value memory,
            DenseI64ArrayAttr layout)
      : LaneBuilder(builder, loc), memory(memory),
        order(getLayout(layout, getType().getRank())) {
    Value heads = getSize(Head);
    queries = getSize(Sequence);
    hasOneHead = getConstantIntValue(heads) == int64_t(1);
    rows = b.createOrFold<arith::MulIOp>(loc, heads, queries);
  }

  MemRefType getType() const { return cast<MemRefType>(memory.getType()); }
  int64_t getFeatures() const { return getType().getDimSize(at(Feature)); }
  Value isInside(Value row) { return isBelow(row, rows); }

  /// Positions of `feature` of a row; without one, of the row. Rows behind the
  /// last one are the last one.
  SmallVector<Value> locate(Value row, Value feature = {}) {
    Value last = arith::SubIOp::create(b, loc, rows, index(1));
    RowSource::Position inside =
        locateInside(arith::MinUIOp::create(b, loc, row, last));
    SmallVector<Value> position(order.size());
    position[at(Batch)] = inside.batch;
    position[at(Head)] = inside.head;
    position[at(Sequence)] = inside.sequence;
    if (feature)
      position[at(Feature)] = feature;
    return position;
  }

  RowSource getSource(DenseI64ArrayAttr layout) {
    return {memory, layout, rows, !hasOneHead,
            [this](Value row) { return locateInside(row); }};
  }

  Value memory;

private:
  RowSource::Position locateInside(Value row) {
    if (hasOneHead)
      return {index(0), index(0), row};
    return {index(0), arith::DivUIOp::create(b, loc, row, queries),
            arith::RemUIOp::create(b, loc, row, queries)};
  }

  int64_t at(int64_t dim) const {
    return llvm::find(order, dim) - order.begin();
  }
  Value getSize(int64_t dim) {
    return b.createOrFold<memref::DimOp>(loc, memory, at(dim));
  }

  SmallVector<int64_t> order;
  Value queries, rows;
  bool hasOneHead = false;
};

/// Pair by pair, each lane what it holds of the fragment.
class FragmentLoad : public RowMemory {
public:
  using RowMemory::RowMemory;

  SmallVector<Value> load(FragmentType type) {
    SmallVector<Value> words;
    for (int64_t k = 0; k < type.getColumns(); k += 16)
      for (int64_t n = 0; n < 4; ++n)
        words.push_back(loadPair(n % 2, k / 4 + n / 2 * 2));
    return words;
  }

private:
  Value loadPair(int64_t half, int64_t n) {
    Value low = loadElement(half, n), high = loadElement(half, n + 1);
    Value shifted = arith::ShLIOp::create(b, loc, high, i32(16));
    return arith::OrIOp::create(b, loc, low, shifted);
  }

  Value loadElement(int64_t half, int64_t n) {
    Value row = getRow(half), column = getColumn(n),
          last = index(getFeatures() - 1);
    Value exists = arith::AndIOp::create(b, loc, isInside(row),
                                         isBelow(column, index(getFeatures())));
    Value element = memref::LoadOp::create(
        b, loc, memory,
        locate(row, arith::MinUIOp::create(b, loc, column, last)));
    Value bits =
        arith::BitcastOp::create(b, loc, b.getIntegerType(16), element);
    Value word = arith::ExtUIOp::create(b, loc, b.getI32Type(), bits);
    return arith::SelectOp::create(b, loc, exists, word, i32(0));
  }
};

struct LowerLoad : OpConversionPattern<LoadOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(LoadOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Value> words =
        FragmentLoad(rewriter, op.getLoc(), op.getSource(), op.getLayoutAttr())
            .load(op.getResult().getType());
    rewriter.replaceOpWithMultiple(op, {words});
    return success();
  }
};

/// Each warp its own rows, which no other one reads.
struct LowerLoadShared : OpConversionPattern<LoadSharedOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(LoadSharedOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    TileType type = op.getResult().getType();
    Value tile = getShared(op, op.getOffset(), type.getBytes(), rewriter);
    RowMemory rows(rewriter, loc, op.getSource(), op.getLayoutAttr());
    Value first = rows.toIndex(rows.mul(rows.getWarp(), 16));
    copyRows(rows, rows.getSource(op.getLayoutAttr()), first, /*count=*/16,
             type, tile);
    NVVM::CpAsyncCommitGroupOp::create(rewriter, loc);
    NVVM::CpAsyncWaitGroupOp::create(rewriter, loc, 0);
    NVVM::SyncWarpOp::create(rewriter, loc, rows.i32(-1));
    rewriter.replaceOp(op, tile);
    return success();
  }
};

class RowStore : public RowMemory {
public:
  using RowMemory::RowMemory;

  void storeAcc(ValueRange acc) {
    const int64_t inRow = acc.size() / 2;
    for (int64_t half : {0, 1})
      onlyIf(isInside(getRow(half)), [&] {
        for (int64_t n = 0; n < inRow; ++n)
          storeElement(acc[n / 2 * 4 + 2 * half + n % 2], half, n);
      });
  }

  /// One of the lanes that share a row.
  void storeRows(ValueRange rows) {
    for (int64_t half : {0, 1}) {
      Value isFirst = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                            rem(getLane(), 4), i32(0));
      onlyIf(arith::AndIOp::create(b, loc, isInside(getRow(half)), isFirst),
             [&] { store(rows[half], locate(getRow(half))); });
    }
  }

private:
  void onlyIf(Value condition, function_ref<void()> body) {
    auto branch = scf::IfOp::create(b, loc, condition);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    body();
  }

  void storeElement(Value value, int64_t half, int64_t n) {
    Value column = getColumn(n);
    // Of the last 16 columns some may be none of the features.
    if (n / 2 * 8 + 8 <= getFeatures())
      return store(value, locate(getRow(half), column));
    onlyIf(isBelow(column, index(getFeatures())),
           [&] { store(value, locate(getRow(half), column)); });
  }

  void store(Value value, ValueRange position) {
    value = convertFloat(b, loc, value, getType().getElementType());
    memref::StoreOp::create(b, loc, value, memory, position);
  }
};

struct LowerStore : OpConversionPattern<StoreOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(StoreOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RowStore store(rewriter, op.getLoc(), op.getDestination(),
                   op.getLayoutAttr());
    if (isa<AccType>(op.getValue().getType()))
      store.storeAcc(adaptor.getValue());
    else
      store.storeRows(adaptor.getValue());
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void attn::tile::populateMemoryPatterns(const TypeConverter &types,
                                        RewritePatternSet &patterns) {
  patterns.add<LowerLoad, LowerLoadShared, LowerStore>(types,
                                                       patterns.getContext());
}
