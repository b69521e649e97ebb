//===- StreamLowering.cpp - A stream as what its warps do -----------------===//
#include "StreamLowering.h"
#include "StreamCode.h"
#include "attn/Dialect/Attn/IR/Scalars.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::tile;

namespace {

class StreamLowering : StreamCode {
public:
  explicit StreamLowering(StreamOp op)
      : StreamCode(op),
        acc(AccType::get(b.getContext(), rows, getFeatures(op.getValue()))),
        scores(AccType::get(b.getContext(), rows, op.getSchedule().getKeys())) {
  }

  void lower() {
    measure();
    const int64_t consumers = rows / 16;
    ring = MakeRingOp::create(b, loc, getRingType(), consumers, /*offset=*/0);
    auto warps = SpecializeOp::create(b, loc, consumers);
    b.setInsertionPointToStart(&warps.getProducer().emplaceBlock());
    produce();
    b.setInsertionPointToStart(&warps.getConsumer().emplaceBlock());
    consume();
    op.erase();
  }

private:
  /// What the loops over key tiles carry.
  struct State {
    Value acc, max, sum;
  };

  //===--------------------------------------------------------------------===//
  // The producer
  //===--------------------------------------------------------------------===//

  void produce() {
    auto loop = scf::WhileOp::create(
        b, loc, TypeRange(), constantBool(false),
        [&](OpBuilder &, Location, ValueRange args) {
          OpBuilder::InsertionGuard guard(b);
          Block *block = args.front().getParentBlock();
          publishAll(block);
          b.setInsertionPointToEnd(block);
          FinishOp::create(b, loc, ring);
          scf::ConditionOp::create(
              b, loc, decideOnce(constantBool(false), args[0]), ValueRange());
        },
        [&](OpBuilder &, Location, ValueRange) {});
    b.setInsertionPointToEnd(&loop.getAfter().front());
    scf::YieldOp::create(b, loc, constantBool(true));
  }

  void publishAll(Block *block) {
    Block &visits = op.getVisits().front();
    visits.getTerminator()->erase();
    block->getOperations().splice(block->end(), visits.getOperations());
    block->walk([&](VisitOp visit) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPoint(visit);
      PublishOp::create(b, visit.getLoc(), ring, op.getKey(), op.getValue(),
                        op.getBatch(), op.getHead(), visit.getFirst(),
                        visit.getCount(), visit.getMasked(),
                        op.getKeyLayoutAttr(), op.getValueLayoutAttr());
      visit.erase();
    });
  }

  //===--------------------------------------------------------------------===//
  // The consumers
  //===--------------------------------------------------------------------===//

  void consume() {
    query = loadQuery();
    State none{FillOp::create(b, loc, acc, f32(0)),
               FillOp::create(b, loc, statistics, infinity()),
               FillOp::create(b, loc, statistics, f32(0))};
    SmallVector<Type> types{b.getI1Type(), b.getIndexType(), acc, statistics,
                            statistics};
    auto loop = scf::WhileOp::create(
        b, loc, types, ValueRange{constantBool(false), index(0)},
        [&](OpBuilder &, Location, ValueRange args) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(args.front().getParentBlock());
          setNanSafe(args[0]);
          Value iteration = args[1];
          State state = receiveAll(none, iteration);
          Value suspect =
              HasNonFiniteOp::create(b, loc, b.getI1Type(), state.acc);
          scf::ConditionOp::create(
              b, loc, decideOnce(suspect, nanSafe),
              ValueRange{nanSafe, iteration, state.acc, state.max, state.sum});
        },
        [&](OpBuilder &, Location, ValueRange args) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(args.front().getParentBlock());
          scf::YieldOp::create(b, loc, ValueRange{constantBool(true), args[1]});
        });
    setNanSafe(loop.getResult(0));
    finish({loop.getResult(2), loop.getResult(3), loop.getResult(4)});
  }

  /// Behind the ring, if in shared memory.
  Value loadQuery() {
    const int64_t features = getFeatures(op.getQuery());
    if (op.getSchedule().isQueryShared())
      return LoadSharedOp::create(
          b, loc, TileType::get(b.getContext(), rows, features, getElement()),
          op.getQuery(), getRingType().getBytes(), op.getQueryLayoutAttr());
    return LoadOp::create(
        b, loc, FragmentType::get(b.getContext(), rows, features, getElement()),
        op.getQuery(), op.getQueryLayoutAttr());
  }

  void setNanSafe(Value flag) {
    nanSafe = flag;
    leastFactor = arith::SelectOp::create(
        b, loc, nanSafe, f32(std::numeric_limits<float>::denorm_min()), f32(0));
  }

  /// Until END; `iteration` is then that of the next stage.
  State receiveAll(State state, Value &iteration) {
    Type index = b.getIndexType(), i32 = b.getI32Type();
    SmallVector<Type> types{index, acc,   statistics, statistics,
                            i32,   index, index};
    auto loop = scf::WhileOp::create(
        b, loc, types, ValueRange{iteration, state.acc, state.max, state.sum},
        [&](OpBuilder &, Location, ValueRange args) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(args.front().getParentBlock());
          auto message =
              ReceiveOp::create(b, loc, i32, index, index, ring, args[0]);
          Value more = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne,
                                             message.getTileClass(),
                                             getClass(TileClass::End));
          SmallVector<Value> passed(args);
          llvm::append_range(passed, message.getResults());
          scf::ConditionOp::create(b, loc, more, passed);
        },
        [&](OpBuilder &, Location, ValueRange args) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(args.front().getParentBlock());
          State next = attend(args[0], {args[1], args[2], args[3]}, args[4],
                              args[5], args[6]);
          Value iteration =
              arith::AddIOp::create(b, loc, args[0], this->index(1));
          scf::YieldOp::create(
              b, loc, ValueRange{iteration, next.acc, next.max, next.sum});
        });
    ReleaseOp::create(b, loc, ring, loop.getResult(0));
    iteration =
        arith::AddIOp::create(b, loc, loop.getResult(0), this->index(1));
    return {loop.getResult(1), loop.getResult(2), loop.getResult(3)};
  }

  /// Online softmax: the state with one more tile of keys.
  State attend(Value iteration, State old, Value tileClass, Value first,
               Value count) {
    RingType type = getRingType();
    auto stage = StageOp::create(b, loc, type.getKey(), type.getValue(), ring,
                                 iteration);
    Value zero = FillOp::create(b, loc, scores, f32(0));
    Value s =
        MmaOp::create(b, loc, scores, query, stage.getKey(), zero,
                      /*nanSafe=*/Value(), /*transposed=*/true, Atom::MmaSync);
    s = mask(modify(s, first, count), tileClass, first, count);
    Value inTile =
        ReduceRowsOp::create(b, loc, statistics, Reduction::Maximum, s);
    // The maximum, what scores are taken from, what the past shrinks by.
    SmallVector<Value> row =
        mapRows({old.max, inTile}, 3, [&](ValueRange args) {
          Value largest = args[1];
          if (foldsScale)
            largest = arith::MulFOp::create(b, loc, largest, f32(toPowers));
          Value max = arith::MaximumFOp::create(b, loc, args[0], largest);
          Value reference = getReference(max);
          return SmallVector<Value>{max, reference,
                                    getFactor(args[0], reference)};
        });
    Value p = weigh(s, row[1]);
    Value inTileSum =
        ReduceRowsOp::create(b, loc, statistics, Reduction::Sum, p);
    Value sum = mapRows({old.sum, row[2], inTileSum}, 1,
                        [&](ValueRange args) -> SmallVector<Value> {
                          Value past =
                              arith::MulFOp::create(b, loc, args[0], args[1]);
                          return {arith::AddFOp::create(b, loc, past, args[2])};
                        })
                    .front();
    auto fragment = FragmentType::get(b.getContext(), rows, scores.getColumns(),
                                      getElement());
    Value weights = ToFragmentOp::create(b, loc, fragment, p);
    Value past = ScaleOp::create(b, loc, acc, old.acc, row[2]);
    Value next = MmaOp::create(b, loc, acc, weights, stage.getValue(), past,
                               nanSafe, /*transposed=*/false, Atom::MmaSync);
    ReleaseOp::create(b, loc, ring, iteration);
    return {next, row[0], sum};
  }

  /// What the past shrinks by. On the NaN-safe path it does not underflow to 0,
  /// whose product with an infinity is NaN.
  Value getFactor(Value old, Value reference) {
    return arith::MaximumFOp::create(b, loc, exp2OfDifference(old, reference),
                                     leastFactor);
  }

  /// On the NaN-safe path the weight of a pair that does not attend is -0: that
  /// of one that does may underflow to 0.
  Value weigh(Value s, Value reference) {
    auto exponentiate = [&](ValueRange args) {
      if (!foldsScale)
        return exp2OfDifference(args[0], args[1]);
      Value shift = arith::NegFOp::create(b, loc, args[1]);
      return exp2(math::FmaOp::create(b, loc, args[0], f32(toPowers), shift));
    };
    return choose(
        nanSafe,
        [&] {
          return map(s, reference, [&](ValueRange args) -> Value {
            return arith::SelectOp::create(b, loc, isEmpty(args[0]), f32(-0.0),
                                           exponentiate(args));
          });
        },
        [&] { return map(s, reference, exponentiate); });
  }

  /// Scale, and the score region.
  Value modify(Value s, Value first, Value count) {
    if (foldsScale)
      return s;
    const double scale = op.getScale().convertToDouble();
    return map(s, {}, [&](ValueRange args) -> Value {
      Value x = arith::MulFOp::create(b, loc, args[0], f32(scale));
      if (op.getScore().empty())
        return x;
      auto [head, i] = getPosition(args[1]);
      return inlined(op.getScore(),
                     {x, head, i, getKey(args[2], count), first});
    });
  }

  /// A key of the tile: the last one for those behind it.
  Value getKey(Value column, Value count) {
    Value last = arith::SubIOp::create(b, loc, count, index(1));
    return arith::MinUIOp::create(b, loc, column, last);
  }

  /// -inf where a pair does not attend.
  Value mask(Value s, Value tileClass, Value first, Value count) {
    Value isPartial =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, tileClass,
                              getClass(TileClass::Partial));
    auto hide = [&](ValueRange args) -> Value {
      Value attends = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                            args[2], count);
      if (!op.getMask().empty()) {
        auto [head, i] = getPosition(args[1]);
        Value allowed =
            inlined(op.getMask(), {head, i, getKey(args[2], count), first});
        attends = arith::AndIOp::create(b, loc, attends, allowed);
      }
      return arith::SelectOp::create(b, loc, attends, args[0], infinity());
    };
    return choose(
        isPartial, [&] { return map(s, {}, hide); }, [&] { return s; });
  }

  /// The logit of a row's sink, as maxima are.
  Value getSink(Value row) {
    auto [head, i] = getPosition(row);
    Value sink = memref::LoadOp::create(b, loc, op.getSink(), head);
    sink = convertFloat(b, loc, sink, b.getF32Type());
    if (foldsScale)
      sink = arith::MulFOp::create(b, loc, sink, f32(kLog2E));
    return sink;
  }

  /// Of a maximum.
  Value toLogit(Value max) {
    if (!foldsScale)
      return max;
    return arith::MulFOp::create(b, loc, max, f32(1 / kLog2E));
  }

  /// O = acc * exp(max - m) / l and LSE = m + log(l), with m = max(max, sink).
  void finish(State state) {
    SmallVector<Value> row = mapRows(
        {state.max, state.sum}, 2, [&](ValueRange args) -> SmallVector<Value> {
          Value max = args[0], sum = args[1], factor = f32(1);
          if (op.getSink()) {
            Value sink = getSink(args[2]);
            Value both = arith::MaximumFOp::create(b, loc, max, sink);
            Value reference = getReference(both);
            factor = getFactor(max, reference);
            sum = arith::MulFOp::create(b, loc, sum, factor);
            sum = arith::AddFOp::create(b, loc, sum,
                                        exp2OfDifference(sink, reference));
            max = both;
          }
          Value lse = max;
          if (op.getLse())
            lse = arith::AddFOp::create(b, loc, toLogit(max),
                                        math::LogOp::create(b, loc, sum));
          return {arith::DivFOp::create(b, loc, factor, sum), lse};
        });
    // Nothing attended: 0, whatever the values of masked keys are (D2).
    Value output =
        map(state.acc, {row[0], state.max}, [&](ValueRange args) -> Value {
          Value value = arith::MulFOp::create(b, loc, args[0], args[1]);
          return arith::SelectOp::create(b, loc, isEmpty(args[2]), f32(0),
                                         value);
        });
    StoreOp::create(b, loc, output, op.getOutput(), op.getOutputLayoutAttr());
    if (op.getLse())
      StoreOp::create(b, loc, row[1], op.getLse(), op.getLseLayoutAttr());
  }

  AccType acc, scores;
  Value ring, query, nanSafe, leastFactor;
};

} // namespace

void attn::lowerStream(StreamOp op) { StreamLowering(op).lower(); }
