//===- StreamLowering.cpp - A stream as what its warps do -----------------===//
#include "StreamLowering.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/IR/Scalars.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include <cfloat>
#include <limits>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::tile;

static constexpr double kLog2E = 1.44269504088896340736;

namespace {

class StreamLowering {
public:
  explicit StreamLowering(StreamOp op)
      : op(op), b(op), loc(op.getLoc()), rows(op.getSchedule().getRows()),
        acc(AccType::get(b.getContext(), rows, getFeatures(op.getValue()))),
        scores(AccType::get(b.getContext(), rows, op.getSchedule().getKeys())),
        statistics(RowsType::get(b.getContext(), rows)) {
    // At most 1: a finite score stays finite.
    const double folded = op.getScale().convertToDouble() * kLog2E;
    foldsScale = op.getScore().empty() && folded >= FLT_MIN && folded <= 1;
    toPowers = folded;
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
  /// What the loops over key tiles carry. Where the scale is folded, the
  /// maximum is a power of 2, the largest score times `toPowers`: an exponent
  /// is one step from a score then, and all weights of a row are off by the
  /// same factor.
  struct State {
    Value acc, max, sum;
  };
  using Body = function_ref<Value(ValueRange)>;

  //===--------------------------------------------------------------------===//
  // Sizes
  //===--------------------------------------------------------------------===//

  static int64_t getDim(int64_t dim, DenseI64ArrayAttr layout) {
    const SmallVector<int64_t> order = getLayout(layout, 4);
    return llvm::find(order, dim) - order.begin();
  }

  /// In whole steps of a product.
  int64_t getFeatures(Value operand) {
    DenseI64ArrayAttr layout = operand == op.getQuery()
                                   ? op.getQueryLayoutAttr()
                                   : op.getValueLayoutAttr();
    auto type = cast<MemRefType>(operand.getType());
    return llvm::alignTo(type.getDimSize(getDim(Feature, layout)), 16);
  }

  Type getElement() { return getElementTypeOrSelf(op.getQuery().getType()); }

  RingType getRingType() {
    auto tile = [&](Value operand) {
      return TileType::get(b.getContext(), op.getSchedule().getKeys(),
                           getFeatures(operand), getElement());
    };
    return RingType::get(b.getContext(), tile(op.getQuery()),
                         tile(op.getValue()), op.getSchedule().getStages());
  }

  /// Of the tile of queries: how many each head has, and the last row.
  void measure() {
    auto size = [&](int64_t dim) {
      return b.createOrFold<memref::DimOp>(
          loc, op.getQuery(), getDim(dim, op.getQueryLayoutAttr()));
    };
    queries = size(Sequence);
    Value heads = size(Head);
    hasOneHead = getConstantIntValue(heads) == int64_t(1);
    Value all = b.createOrFold<arith::MulIOp>(loc, heads, queries);
    lastRow = b.createOrFold<arith::SubIOp>(loc, all, index(1));
  }

  //===--------------------------------------------------------------------===//
  // Words
  //===--------------------------------------------------------------------===//

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value f32(double value) {
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
  }
  Value infinity() { return f32(-std::numeric_limits<double>::infinity()); }

  /// By an instruction.
  Value exp2(Value x) {
    return math::Exp2Op::create(b, loc, x, arith::FastMathFlags::afn);
  }
  /// Of maxima and sinks.
  Value exp2OfDifference(Value x, Value y) {
    Value difference = arith::SubFOp::create(b, loc, x, y);
    if (!foldsScale)
      difference = arith::MulFOp::create(b, loc, difference, f32(kLog2E));
    return exp2(difference);
  }

  Value isEmpty(Value maximum) {
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, maximum,
                                 infinity());
  }

  /// What scores are taken from: anything where no pair attends.
  Value getReference(Value maximum) {
    return arith::SelectOp::create(b, loc, isEmpty(maximum), f32(0), maximum);
  }

  Value map(Value of, ValueRange statistics, Body body) {
    auto map = MapOp::create(b, loc, of.getType(), of, statistics);
    OpBuilder::InsertionGuard guard(b);
    SmallVector<Type> types(1 + statistics.size(), b.getF32Type());
    types.append(2, b.getIndexType());
    fill(map.getBody(), types,
         [&](ValueRange args) -> SmallVector<Value> { return {body(args)}; });
    return map;
  }

  SmallVector<Value>
  mapRows(ValueRange statistics, unsigned results,
          function_ref<SmallVector<Value>(ValueRange)> body) {
    SmallVector<Type> resultTypes(results, this->statistics);
    auto map = MapRowsOp::create(b, loc, resultTypes, statistics);
    OpBuilder::InsertionGuard guard(b);
    SmallVector<Type> types(statistics.size(), b.getF32Type());
    types.push_back(b.getIndexType());
    fill(map.getBody(), types, body);
    return map.getResults();
  }

  Value choose(Value condition, function_ref<Value()> either,
               function_ref<Value()> other) {
    auto build = [](function_ref<Value()> value) {
      return [value](OpBuilder &builder, Location loc) {
        scf::YieldOp::create(builder, loc, value());
      };
    };
    return scf::IfOp::create(b, loc, condition, build(either), build(other))
        .getResult(0);
  }

  void fill(Region &region, ArrayRef<Type> types,
            function_ref<SmallVector<Value>(ValueRange)> body) {
    SmallVector<Location> locations(types.size(), loc);
    Block *block = b.createBlock(&region, {}, types, locations);
    YieldOp::create(b, loc, body(block->getArguments()));
  }

  /// A copy of a region of the stream, with `args`.
  Value inlined(Region &region, ValueRange args) {
    IRMapping mapping;
    Block &block = region.front();
    mapping.map(block.getArguments(), args);
    for (Operation &inner : block.without_terminator())
      b.clone(inner, mapping);
    return mapping.lookupOrDefault(block.getTerminator()->getOperand(0));
  }

  /// The head and the query of a row, of the last one for rows behind it.
  std::pair<Value, Value> getPosition(Value row) {
    Value inside = arith::MinUIOp::create(b, loc, row, lastRow);
    if (hasOneHead)
      return {index(0), inside};
    return {arith::DivUIOp::create(b, loc, inside, queries),
            arith::RemUIOp::create(b, loc, inside, queries)};
  }

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

  Value constantBool(bool value) {
    return arith::ConstantIntOp::create(b, loc, value, 1);
  }

  /// Whether all warps go over all tiles once more, carefully: where some
  /// output is not finite, weights of 0 may have met values that are not (D3).
  Value decideOnce(Value isSuspect, Value careful) {
    Value any = VoteAnyOp::create(b, loc, b.getI1Type(), isSuspect);
    Value first = arith::XOrIOp::create(b, loc, careful, constantBool(true));
    return arith::AndIOp::create(b, loc, any, first);
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
          setCareful(args[0]);
          Value turn = args[1];
          State state = receiveAll(none, turn);
          Value suspect =
              HasNonFiniteOp::create(b, loc, b.getI1Type(), state.acc);
          scf::ConditionOp::create(
              b, loc, decideOnce(suspect, careful),
              ValueRange{careful, turn, state.acc, state.max, state.sum});
        },
        [&](OpBuilder &, Location, ValueRange args) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(args.front().getParentBlock());
          scf::YieldOp::create(b, loc, ValueRange{constantBool(true), args[1]});
        });
    setCareful(loop.getResult(0));
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

  void setCareful(Value flag) {
    careful = flag;
    leastFactor = arith::SelectOp::create(
        b, loc, careful, f32(std::numeric_limits<float>::denorm_min()), f32(0));
  }

  /// Until END; `turn` is then that of the next stage.
  State receiveAll(State state, Value &turn) {
    Type index = b.getIndexType(), i32 = b.getI32Type();
    SmallVector<Type> types{index, acc,   statistics, statistics,
                            i32,   index, index};
    auto loop = scf::WhileOp::create(
        b, loc, types, ValueRange{turn, state.acc, state.max, state.sum},
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
          Value turn = arith::AddIOp::create(b, loc, args[0], this->index(1));
          scf::YieldOp::create(b, loc,
                               ValueRange{turn, next.acc, next.max, next.sum});
        });
    ReleaseOp::create(b, loc, ring, loop.getResult(0));
    turn = arith::AddIOp::create(b, loc, loop.getResult(0), this->index(1));
    return {loop.getResult(1), loop.getResult(2), loop.getResult(3)};
  }

  Value getClass(TileClass value) {
    return arith::ConstantIntOp::create(b, loc, int32_t(value), 32);
  }

  /// Online softmax: the state with one more tile of keys.
  State attend(Value turn, State old, Value tileClass, Value first,
               Value count) {
    RingType type = getRingType();
    auto stage =
        StageOp::create(b, loc, type.getKey(), type.getValue(), ring, turn);
    Value zero = FillOp::create(b, loc, scores, f32(0));
    Value s =
        MmaOp::create(b, loc, scores, query, stage.getKey(), zero,
                      /*careful=*/Value(), /*transposed=*/true, Atom::MmaSync);
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
                               careful, /*transposed=*/false, Atom::MmaSync);
    ReleaseOp::create(b, loc, ring, turn);
    return {next, row[0], sum};
  }

  /// What the past shrinks by. Where care is taken it does not underflow to 0,
  /// whose product with an infinity is NaN.
  Value getFactor(Value old, Value reference) {
    return arith::MaximumFOp::create(b, loc, exp2OfDifference(old, reference),
                                     leastFactor);
  }

  /// Where care is taken, the weight of a pair that does not attend is -0: that
  /// of one that does may underflow to 0.
  Value weigh(Value s, Value reference) {
    auto exponentiate = [&](ValueRange args) {
      if (!foldsScale)
        return exp2OfDifference(args[0], args[1]);
      Value shift = arith::NegFOp::create(b, loc, args[1]);
      return exp2(math::FmaOp::create(b, loc, args[0], f32(toPowers), shift));
    };
    return choose(
        careful,
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

  StreamOp op;
  OpBuilder b;
  Location loc;
  int64_t rows;
  bool foldsScale;
  double toPowers;
  AccType acc, scores;
  RowsType statistics;
  Value ring, query, queries, lastRow, careful, leastFactor;
  bool hasOneHead = false;
};

} // namespace

void attn::lowerStream(StreamOp op) { StreamLowering(op).lower(); }
