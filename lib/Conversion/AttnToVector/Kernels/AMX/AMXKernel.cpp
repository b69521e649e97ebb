//===- AMXKernel.cpp - attend for bf16 on AMX tiles -----------------------===//
#include "Kernels/AMX/AMXKernel.h"
#include "Kernels/AttentionKernel.h"
#include "Kernels/KernelCost.h"
#include "State/SplitAttend.h"
#include "Steps/Matrix.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"

using namespace mlir;
using namespace mlir::attn;

static int64_t getFeatures(Value operand, DenseI64ArrayAttr layout) {
  return cast<MemRefType>(operand.getType())
      .getDimSize(getTensorDim(getLayout(layout, 4), Feature));
}

namespace {
struct Tiles : KernelOf<AttendOp> {
  /// Larger heads leave no room in the first-level cache.
  static constexpr int64_t mostFeatures = 256;

  StringRef getName() const override { return "AMX"; }

  /// A product of tiles takes 16 cycles; values are transposed, 16 dwords in
  /// 64 instructions, which only one port takes.
  std::optional<double> getCost(AttendOp op,
                                CPUTargetAttr target) const override {
    if (!suits(op, target))
      return std::nullopt;
    KernelCost cost(op, target);
    int64_t rows = getLayout(op).rows;
    int64_t tiles = llvm::divideCeil(cost.features, 32) +
                    llvm::divideCeil(cost.valueFeatures, 32);
    double products = tiles * llvm::divideCeil(rows, AMXKernel::kTile);
    double packing = cost.valueFeatures / 8.0;
    return products + packing + cost.softmax(rows) + cost.waiting();
  }

  /// bf16 throughout, head sizes that fit, vectors of 16 queries.
  static bool suits(AttendOp op, CPUTargetAttr target) {
    auto isNarrow = [](Value operand) {
      return cast<MemRefType>(operand.getType()).getElementType().isBF16();
    };
    int64_t depth = getFeatures(op.getQuery(), op.getQueryLayoutAttr());
    int64_t width = getFeatures(op.getValue(), op.getValueLayoutAttr());
    return target.getAmx() && target.getVectorBits() == 512 &&
           isNarrow(op.getQuery()) && isNarrow(op.getKey()) &&
           isNarrow(op.getValue()) && depth > 0 && depth <= mostFeatures &&
           width > 0 && width <= mostFeatures;
  }

  /// Two tiles of queries at once, unless one holds all.
  static StateLayout getLayout(AttendOp op) {
    constexpr int64_t tile = AMXKernel::kTile;
    int64_t rows = std::max<int64_t>(*getMaxRows(op), 1);
    return {/*queriesInLanes=*/true,
            rows <= tile ? tile : int64_t(llvm::alignTo(rows, 2 * tile)),
            /*features=*/tile};
  }

  void emit(AttendOp op, KernelContext &context) const override {
    StateScratch state = context.states.get(op, context.target, getLayout(op));
    AMXKernel(op, context.target, state, context.functions, context.queries)
        .emit();
  }
};
} // namespace

const AttentionKernel &attn::getAMXKernel() {
  static const Tiles kernel;
  return kernel;
}

AMXKernel::AMXKernel(AttendOp op, CPUTargetAttr target,
                     const StateScratch &state, KernelFunctions &functions,
                     PackedQueries &queries)
    : op(op), b(op, target, op.getScoreType(), kTile, &functions), state(state),
      softmax(b, op, state), queries(queries),
      regions(b, op, softmax, kBlock, kColumns),
      maxRows(cast<MemRefType>(state.max.getType()).getDimSize(0)),
      heads(cast<MemRefType>(op.getAcc().getType()).getDimSize(Head)),
      valueFeatures(getFeatures(op.getValue(), op.getValueLayoutAttr())),
      depth(llvm::alignTo(getFeatures(op.getQuery(), op.getQueryLayoutAttr()),
                          kPairs)),
      width(llvm::alignTo(valueFeatures, kTile)), scale(*op.getStaticScale()),
      accuracy(target.getExp()) {
  // Factors of the state come back in every later sum.
  b.target = target.withExactExp();
}

AMXKernel::Statistics AMXKernel::Statistics::unpack(ValueRange values) {
  size_t n = values.size() / 3;
  return {Values(values.take_front(n)), Values(values.slice(n, n)),
          Values(values.take_back(n))};
}

Values AMXKernel::Statistics::pack() const {
  Values all(lazyMax);
  all.append(maximum);
  all.append(sum);
  return all;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

void AMXKernel::emit() {
  // 16 rows are written at once, wherever a head begins.
  packedQuery = queries.get(
      b, op,
      MemRefType::get({depth / 2, 2 * (maxRows + kTile)}, b.getBF16Type()),
      "__attn_pack_query",
      [&](Value from, Value into) { packQuery(from, into); });
  key = getMatrix(b, b.getLoc(), op.getKey(),
                  getLayout(op.getKeyLayoutAttr(), 4));
  value = getMatrix(b, b.getLoc(), op.getValue(),
                    getLayout(op.getValueLayoutAttr(), 4));
  rowsOfHead = memref::DimOp::create(b, op.getAcc(), Sequence);
  numRows = arith::MulIOp::create(b, rowsOfHead, b.index(heads));
  zero = b.index(0);
  numKeys = b.createOrFold<memref::DimOp>(key, zero);
  std::optional<int64_t> known = getConstantIntValue(numKeys);
  hasWholeBlocks = known && *known % kBlock == 0;
  allocateScratch();
  b.loop(zero, numKeys, kPanel, [&](Value first) { emitPanel(first); });
  op.erase();
}

void AMXKernel::allocateScratch() {
  Type narrow = b.getBF16Type();
  readsKeysInPlace = isWholeTiles(key);
  packedKeys = readsKeysInPlace ? b.scratch({kBlock, depth}, narrow)
                                : b.clearedScratch({kPanel, depth}, narrow);
  packedValues = b.scratch({kPanel / kPairs, width, kPairs}, narrow);
  scores = b.scratch({2 * kBlock, kColumns}, b.element);
  weights = b.scratch({kBlock, 2 * kColumns}, narrow);
}

void AMXKernel::emitPanel(Value first) {
  KVPanel panel{
      first,
      b.min(b.index(kPanel), arith::SubIOp::create(b, numKeys, first)),
      {}};
  if (!readsKeysInPlace || !hasWholeBlocks)
    b.call("__attn_pack_keys", [&]() -> Values {
      packKeys(panel);
      return {};
    });
  panel.isBounded = b.call("__attn_pack_values",
                           [&]() -> Values { return {packValues(panel)}; })[0];
  auto emit = [&](const Rows &rows) {
    if (softmax.readsMemory())
      return emitRows(panel, rows);
    b.call("__attn_attend_tiles", [&]() -> Values {
      emitRows(panel, rows);
      return {};
    });
  };
  int64_t whole = maxRows / kColumns * kColumns;
  auto emitPair = [&](Value row) { emit({row, kColumns / kTile}); };
  b.loop(zero, b.min(b.index(whole), numRows), kColumns, emitPair);
  if (whole == maxRows)
    return;
  Value row = b.index(whole);
  auto emitOne = [&] { emit({row, 1}); };
  Value isThere =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, row, numRows);
  b.branch(isThere, emitOne, [] {});
}

void AMXKernel::emitRows(const KVPanel &panel, const Rows &rows) {
  Statistics statistics;
  for (int64_t t = 0; t < rows.tiles; ++t) {
    statistics.maximum.push_back(b.load(state.max, column(rows, t)));
    statistics.sum.push_back(b.load(state.sum, column(rows, t)));
  }
  statistics.lazyMax = statistics.maximum;
  Value whole = hasWholeBlocks ? panel.size : b.wholeSteps(panel.size, kBlock);
  Value first = zero;
  if (!hasRegions()) {
    Value end = arith::SelectOp::create(b, panel.isBounded, whole, zero);
    std::tie(statistics, first) = emitBlocks(panel, rows, end, statistics);
  }
  statistics = emitBlocksInOrder(panel, rows, {first, whole}, statistics);
  // The op's state is relative to its maxima.
  if (!hasRegions())
    raiseMaxima(statistics);
  statistics = rescale(rows, statistics, /*threshold=*/0);
  for (int64_t t = 0; t < rows.tiles; ++t)
    softmax.store(column(rows, t), statistics.maximum[t], statistics.sum[t]);
}

/// Those that the pipeline leaves: from `first` on, and a last one that is not
/// whole.
AMXKernel::Statistics
AMXKernel::emitBlocksInOrder(const KVPanel &panel, const Rows &rows,
                             std::pair<Value, Value> whole,
                             Statistics statistics) {
  auto emit = [&](Value from, Value to, Value size) {
    statistics = Statistics::unpack(
        b.loop(from, to, kBlock, statistics.pack(),
               [&](Value key, ValueRange carried) -> Values {
                 return emitBlock(panel, rows, getBlock(panel, key, size, zero),
                                  Statistics::unpack(carried))
                     .pack();
               }));
  };
  auto [first, end] = whole;
  emit(first, end, {});
  if (!hasWholeBlocks)
    emit(end, panel.size, b.createOrFold<arith::SubIOp>(panel.size, end));
  return statistics;
}

AMXKernel::Block AMXKernel::getBlock(const KVPanel &panel, Value first,
                                     Value size, Value scoresRow) {
  if (!readsKeysInPlace)
    return {first, size, packedKeys, first, scoresRow};
  if (size)
    return {first, size, packedKeys, zero, scoresRow};
  return {first, size, key, b.add(panel.first, first), scoresRow};
}

/// One thing after the other: any regions, any values.
AMXKernel::Statistics AMXKernel::emitBlock(const KVPanel &panel,
                                           const Rows &rows, const Block &block,
                                           Statistics statistics) {
  auto run = [](const Steps &steps) {
    for (const auto &step : steps)
      step();
  };
  run(getProductSteps(getScoreProducts(rows, block)));
  if (hasRegions())
    applyRegions(panel, rows, block);
  if (block.size)
    hideKeysFrom(block.size, rows);
  statistics.maximum = getMaxima(rows, zero, statistics.maximum);
  statistics = rescale(rows, statistics, kRescaleThreshold);
  statistics.sum = exponentiate(rows, statistics);
  auto multiplyNaNSafe = [&] {
    b.call("__attn_multiply_nan_safe", [&]() -> Values {
      this->multiplyNaNSafe(panel, rows, block);
      return {};
    });
  };
  // Whole blocks of finite values without regions were for the pipeline.
  if (!hasRegions() && !block.size)
    multiplyNaNSafe();
  else
    b.branch(
        panel.isBounded,
        [&] { run(getProductSteps(getOutputProducts(rows, block))); },
        multiplyNaNSafe);
  return statistics;
}
