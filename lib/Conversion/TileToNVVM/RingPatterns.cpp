//===- RingPatterns.cpp - Stages, messages and mbarriers ------------------===//
//
// A ring in shared memory: for each stage an mbarrier on which consumers wait
// for it to be full, one on which the producer waits for it to be free, and a
// message of 16 bytes; then the tiles.
//
//===----------------------------------------------------------------------===//
#include "LaneBuilder.h"
#include "Patterns.h"
#include "RowCopies.h"
#include "SharedMemory.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn::tile;

namespace {

/// Where the parts of a ring lie, and what is done with its barriers.
class Ring : public LaneBuilder {
public:
  Ring(OpBuilder &builder, Location loc, RingType type, Value base = {})
      : LaneBuilder(builder, loc), type(type), base(base) {}

  /// Of the publication of `iteration`.
  void select(Value iteration) {
    stage = rem(iteration, type.getStages());
    parity = rem(div(iteration, type.getStages()), 2);
  }
  Value getFull() { return advance(base, mul(stage, 8)); }
  Value getFree() {
    return advance(base, add(mul(stage, 8), 8 * type.getStages()));
  }
  Value getMessage() {
    return advance(base, add(mul(stage, 16), 16 * type.getStages()));
  }
  Value getKeyTile() { return advance(base, getTileOffset(0)); }
  Value getValueTile() {
    return advance(base, getTileOffset(type.getKey().getBytes()));
  }

  void initialize(Value barrier, int64_t arrivals) {
    assemble({}, "mbarrier.init.shared.b64 [$0], $1;", "l,r,~{memory}",
             {barrier, i32(arrivals)});
  }
  void arrive(Value barrier) {
    assemble({}, "mbarrier.arrive.shared.b64 _, [$0];", "l,~{memory}", barrier);
  }

  /// Until the phase of `parity` is over.
  void wait(Value barrier, Value parity) {
    auto loop = scf::WhileOp::create(b, loc, TypeRange(), ValueRange());
    OpBuilder::InsertionGuard guard(b);
    b.createBlock(&loop.getBefore());
    Value done = assemble(
        b.getI32Type(),
        "{\n.reg .pred p;\nmbarrier.test_wait.parity.shared.b64 p, [$1], $2;\n"
        "selp.u32 $0, 1, 0, p;\n}",
        "=r,l,r,~{memory}", {barrier, parity});
    Value isNot =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, done, i32(0));
    scf::ConditionOp::create(b, loc, isNot, ValueRange());
    b.createBlock(&loop.getAfter());
    scf::YieldOp::create(b, loc);
  }
  void waitUntilFull() { wait(getFull(), parity); }
  /// The first time around, all stages are free.
  void waitUntilFree() {
    wait(getFree(), arith::XOrIOp::create(b, loc, parity, i32(1)).getResult());
  }

  /// All lanes of the producer: what they have copied or stored has arrived.
  void publish() {
    NVVM::CpAsyncMBarrierArriveOp::create(b, loc, getFull(), /*noinc=*/true);
    arrive(getFull());
  }
  /// Arrivals of `publish`.
  static constexpr int64_t kPublishers = 2 * 32;

  /// What one lane does.
  void runOn(Value isThatLane, function_ref<void()> body) {
    auto branch = scf::IfOp::create(b, loc, isThatLane);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    body();
  }
  Value isLane(Value lane, int64_t number) {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, lane,
                                 i32(number));
  }

  void writeMessage(Value tileClass, Value first, Value count) {
    runOn(isLane(getLane(), 0), [&] {
      Value message = getMessage();
      LLVM::StoreOp::create(b, loc, first, message);
      LLVM::StoreOp::create(b, loc, count, advance(message, 8));
      LLVM::StoreOp::create(b, loc, tileClass, advance(message, 12));
    });
  }

private:
  /// Of what lies `bytes` behind the begin of the stage.
  Value getTileOffset(int64_t bytes) {
    return add(mul(stage, type.getStageBytes()), type.getTilesOffset() + bytes);
  }

  RingType type;
  Value base, stage, parity;
};

struct LowerMakeRing : OpConversionPattern<MakeRingOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(MakeRingOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Value base = getShared(op, op.getOffset(),
                           op.getRing().getType().getBytes(), rewriter);
    Value counter = createCounter(op, rewriter);
    Ring ring(rewriter, op.getLoc(), op.getRing().getType(), base);
    ring.runOn(ring.isLane(ring.getThread(), 0), [&] {
      for (int64_t n = 0; n < op.getRing().getType().getStages(); ++n) {
        ring.select(ring.i32(n));
        ring.initialize(ring.getFull(), Ring::kPublishers);
        ring.initialize(ring.getFree(), op.getConsumers());
      }
    });
    NVVM::BarrierOp::create(rewriter, op.getLoc());
    rewriter.replaceOpWithMultiple(op, {SmallVector<Value>{base, counter}});
    return success();
  }

  /// Where the producer counts. LLVM keeps it in a register.
  static Value createCounter(MakeRingOp op,
                             ConversionPatternRewriter &rewriter) {
    OpBuilder::InsertionGuard guard(rewriter);
    Location loc = op.getLoc();
    LaneBuilder lane(rewriter, loc);
    auto function = op->getParentOfType<func::FuncOp>();
    rewriter.setInsertionPointToStart(&function.getBody().front());
    Value counter = LLVM::AllocaOp::create(
        rewriter, loc, LLVM::LLVMPointerType::get(rewriter.getContext()),
        rewriter.getI32Type(), lane.i32(1));
    rewriter.setInsertionPoint(op);
    LLVM::StoreOp::create(rewriter, loc, lane.i32(0), counter);
    return counter;
  }
};

/// The next iteration of the producer.
Value countUp(LaneBuilder &lane, Value counter) {
  Value iteration =
      LLVM::LoadOp::create(lane.b, lane.loc, lane.b.getI32Type(), counter);
  LLVM::StoreOp::create(lane.b, lane.loc, lane.add(iteration, 1), counter);
  return iteration;
}

struct LowerPublish : OpConversionPattern<PublishOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(PublishOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    RingType type = op.getRing().getType();
    Ring ring(rewriter, loc, type, adaptor.getRing()[0]);
    ring.select(countUp(ring, adaptor.getRing()[1]));
    ring.waitUntilFree();
    copyTile(ring, op, op.getKey(), op.getKeyLayoutAttr(), type.getKey(),
             ring.getKeyTile());
    copyTile(ring, op, op.getValue(), op.getValueLayoutAttr(), type.getValue(),
             ring.getValueTile());
    Value count = ring.toI32(op.getCount());
    Value first = arith::IndexCastOp::create(
        rewriter, loc, rewriter.getI64Type(), op.getFirst());
    ring.writeMessage(getClass(ring, op, count), first, count);
    ring.publish();
    rewriter.eraseOp(op);
    return success();
  }

  static void copyTile(Ring &ring, PublishOp op, Value memory,
                       DenseI64ArrayAttr layout, TileType type, Value tile) {
    auto locate = [&](Value row) -> RowSource::Position {
      return {op.getBatch(), op.getHead(), ring.add(op.getFirst(), row)};
    };
    copyRows(ring, {memory, layout, op.getCount(), /*hasHeads=*/false, locate},
             ring.index(0), type.getRows(), type, tile);
  }

  static Value getClass(Ring &ring, PublishOp op, Value count) {
    Value partial = ring.i32(int32_t(TileClass::Partial));
    if (op.getMasked())
      return partial;
    Value rows = ring.i32(op.getRing().getType().getKey().getRows());
    return arith::SelectOp::create(ring.b, ring.loc, ring.isBelow(count, rows),
                                   partial, ring.i32(int32_t(TileClass::Full)));
  }
};

struct LowerFinish : OpConversionPattern<FinishOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(FinishOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Ring ring(rewriter, op.getLoc(), op.getRing().getType(),
              adaptor.getRing()[0]);
    ring.select(countUp(ring, adaptor.getRing()[1]));
    ring.waitUntilFree();
    Value zero = ring.i32(0);
    Value first = arith::ConstantIntOp::create(rewriter, op.getLoc(), 0, 64);
    ring.writeMessage(ring.i32(int32_t(TileClass::End)), first, zero);
    ring.publish();
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerReceive : OpConversionPattern<ReceiveOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ReceiveOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Ring ring(rewriter, loc, op.getRing().getType(), adaptor.getRing()[0]);
    ring.select(ring.toI32(op.getIteration()));
    ring.waitUntilFull();
    Value message = ring.getMessage();
    Value first =
        LLVM::LoadOp::create(rewriter, loc, rewriter.getI64Type(), message);
    auto word = [&](int64_t at) -> Value {
      return LLVM::LoadOp::create(rewriter, loc, rewriter.getI32Type(),
                                  ring.advance(message, at));
    };
    Value position = arith::IndexCastOp::create(rewriter, loc,
                                                rewriter.getIndexType(), first);
    Value count = ring.toIndex(word(8));
    rewriter.replaceOp(op, ValueRange{word(12), position, count});
    return success();
  }
};

struct LowerRelease : OpConversionPattern<ReleaseOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ReleaseOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Ring ring(rewriter, op.getLoc(), op.getRing().getType(),
              adaptor.getRing()[0]);
    ring.select(ring.toI32(op.getIteration()));
    NVVM::SyncWarpOp::create(rewriter, op.getLoc(), ring.i32(-1));
    ring.runOn(ring.isLane(ring.getLane(), 0),
               [&] { ring.arrive(ring.getFree()); });
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerStage : OpConversionPattern<StageOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(StageOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Ring ring(rewriter, op.getLoc(), op.getRing().getType(),
              adaptor.getRing()[0]);
    ring.select(ring.toI32(op.getIteration()));
    Value key = ring.getKeyTile(), value = ring.getValueTile();
    rewriter.replaceOp(op, ValueRange{key, value});
    return success();
  }
};

struct LowerSpecialize : OpConversionPattern<SpecializeOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(SpecializeOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    LaneBuilder lane(rewriter, loc);
    Value consumes = lane.isBelow(lane.getWarp(), lane.i32(op.getConsumers()));
    auto branch =
        scf::IfOp::create(rewriter, loc, consumes, /*withElseRegion=*/true);
    auto move = [&](Region &from, Block *to) {
      rewriter.inlineBlockBefore(&from.front(), to->getTerminator());
    };
    move(op.getConsumer(), branch.thenBlock());
    move(op.getProducer(), branch.elseBlock());
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void attn::tile::populateRingPatterns(const TypeConverter &types,
                                      RewritePatternSet &patterns) {
  patterns.add<LowerMakeRing, LowerPublish, LowerFinish, LowerReceive,
               LowerRelease, LowerStage, LowerSpecialize>(
      types, patterns.getContext());
}
