//===- AMXKernel.cpp - attend for bf16 on AMX tiles -----------------------===//
#include "Kernels/AMX/AMXKernel.h"
#include "Kernels/KernelCost.h"
#include "State/SplitAttend.h"
#include "Steps/Divisor.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"

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
  bool usesTiles() const override { return true; }

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

  /// bf16 throughout, head sizes that fit, vectors of 16 queries. A check may
  /// have to leave a loop that code for tiles, in its own function, is not in.
  static bool suits(AttendOp op, CPUTargetAttr target) {
    auto isCheck = [](cf::AssertOp) { return WalkResult::interrupt(); };
    if (op->walk(isCheck).wasInterrupted())
      return false;
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

  /// Two tiles of queries at once, unless one holds all. A tile more, which
  /// nobody uses, makes an odd number of cache lines of the rows of acc: those
  /// of a tile then lie in as many sets of the cache.
  static StateLayout getLayout(AttendOp op) {
    constexpr int64_t tile = AMXKernel::kTile;
    int64_t rows = std::max<int64_t>(*getMaxRows(op), 1);
    return {/*queriesInLanes=*/true,
            rows <= tile ? tile : int64_t(llvm::alignTo(rows, 2 * tile)) + tile,
            /*features=*/tile};
  }

  void emit(AttendOp op, KernelContext &context) const override {
    StateScratch state = context.states.get(op, context.target, getLayout(op));
    auto emitCode = [&] { AMXKernel(op, state, context).emit(); };
    if (Softmax::readsMemory(op))
      emitFunction(op, context.functions, emitCode);
    else
      emitCode();
  }

  /// A function with memory of its own: LLVM can tell that from what regions
  /// read.
  static void emitFunction(AttendOp op, KernelFunctions &functions,
                           function_ref<void()> emitCode) {
    OpBuilder b(op);
    auto code = scf::ExecuteRegionOp::create(b, op.getLoc(), TypeRange());
    b.createBlock(&code.getRegion());
    auto scope = memref::AllocaScopeOp::create(b, op.getLoc(), TypeRange());
    scf::YieldOp::create(b, op.getLoc());
    b.createBlock(&scope.getBodyRegion());
    auto end =
        memref::AllocaScopeReturnOp::create(b, op.getLoc(), ValueRange());
    op->moveBefore(end);
    emitCode();
    end->erase();
    scope->getBlock()->getOperations().splice(
        scope->getIterator(), scope.getBodyRegion().front().getOperations());
    scope.erase();
    functions.outline(code, "__attn_attend_on_tiles");
  }
};
} // namespace

const AttentionKernel &attn::getAMXKernel() {
  static const Tiles kernel;
  return kernel;
}

/// Without those that spread the others.
static int64_t getRows(const StateScratch &state) {
  int64_t rows = cast<MemRefType>(state.max.getType()).getDimSize(0);
  return rows > AMXKernel::kTile ? rows - AMXKernel::kTile : rows;
}

AMXKernel::AMXKernel(AttendOp op, const StateScratch &state,
                     KernelContext &context)
    : PieceKernel(op, kTile, state, context), shared(context.values),
      policy(context.getPolicy()),
      regions(b, op, softmax, kBlock, kMostTiles * kTile),
      maxRows(getRows(state)), tiles(std::min(kMostTiles, maxRows / kTile)),
      valueFeatures(getFeatures(op.getValue(), op.getValueLayoutAttr())),
      depth(llvm::alignTo(getFeatures(op.getQuery(), op.getQueryLayoutAttr()),
                          kPairs)),
      width(llvm::alignTo(valueFeatures, kTile)), scale(*op.getStaticScale()),
      accuracy(context.target.getExp()),
      panelKeys(policy.getPanelKeys(
          getFeatures(op.getQuery(), op.getQueryLayoutAttr()) + valueFeatures)),
      regionsInStage(isForStages(op.getScore()) && isForStages(op.getMask())) {
  // Factors of the state come back in every later sum.
  b.target = context.target.withExactExp();
  keysAtOnce = panelKeys;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// [feature pairs][queries x 2]. 16 rows are written at once, wherever a head
/// begins.
MemRefType AMXKernel::getPackedType() {
  return MemRefType::get({depth / 2, 2 * (maxRows + kTile)}, b.getBF16Type());
}

void AMXKernel::allocate() {
  rowsOfHead = memref::DimOp::create(b, op.getAcc(), Sequence);
  numRows = arith::MulIOp::create(b, rowsOfHead, b.index(heads));
  hasWholeBlocks = isMultipleOf(numKeys, kBlock);
  Type narrow = b.getBF16Type();
  readsKeysInPlace = isWholeTiles(key);
  packedKeys = readsKeysInPlace ? b.scratch({kBlock, depth}, narrow)
                                : b.clearedScratch({panelKeys, depth}, narrow);
  findValues();
  scores = b.scratch({kBlock, columns()}, b.element);
  weights = b.scratch({kBlock, 2 * columns()}, narrow);
  if (hasPipeline() && hasMask() && isForStages(op.getMask()))
    tasks = b.scratch({maxRows / columns() * (panelKeys / kBlock), 2},
                      b.getIndexType());
}

void AMXKernel::emitKeys(Value first) {
  KVPanel panel{
      first,
      b.min(b.index(panelKeys), arith::SubIOp::create(b, numKeys, first)),
      zero,
      {}};
  if (!readsKeysInPlace || !hasWholeBlocks)
    b.call("__attn_pack_keys", [&]() -> Values {
      packKeys(panel);
      return {};
    });
  if (place) {
    Value key = b.add(place->firstKey, first);
    panel.firstGroup = arith::DivUIOp::create(b, key, b.index(kPairs));
    panel.isBounded = areBounded(panel);
  } else {
    panel.isBounded = b.call("__attn_pack_values", [&]() -> Values {
      return {packValues(panel)};
    })[0];
  }
  Value whole = hasWholeBlocks ? panel.size : b.wholeSteps(panel.size, kBlock);
  Value end = zero;
  if (hasPipeline())
    end = arith::SelectOp::create(b, panel.isBounded, whole, zero);
  auto emitIf = [&](Value isThere, StringRef name,
                    function_ref<void()> emitCode) {
    auto emit = [&] {
      if (Softmax::readsMemory(op))
        return emitCode();
      b.call(name, [&]() -> Values {
        emitCode();
        return {};
      });
    };
    b.branch(isThere, emit, [] {});
  };
  auto is = [&](arith::CmpIPredicate predicate, Value x, Value y) -> Value {
    return arith::CmpIOp::create(b, predicate, x, y);
  };
  if (hasPipeline()) {
    Value isAny =
        arith::AndIOp::create(b, is(arith::CmpIPredicate::ne, end, zero),
                              is(arith::CmpIPredicate::ne, numRows, zero));
    emitIf(isAny, "__attn_attend_tiles", [&] { emitPipeline(panel, end); });
  }
  emitIf(is(arith::CmpIPredicate::ult, end, panel.size),
         "__attn_attend_tiles_in_order",
         [&] { emitInOrder(panel, end, whole); });
}

/// What the pipeline leaves: values that are not bounded, and a last block that
/// is not whole.
void AMXKernel::emitInOrder(const KVPanel &panel, Value first, Value whole) {
  b.loop(zero, numRows, columns(), [&](Value row) {
    auto emit = [&](Value from, Value to, Value size) {
      b.loop(from, to, kBlock, [&](Value key) {
        emitBlock(panel, row, getBlock(panel, key, size, zero));
      });
    };
    emit(first, whole, {});
    if (!hasWholeBlocks)
      emit(whole, panel.size, b.createOrFold<arith::SubIOp>(panel.size, whole));
  });
}

AMXKernel::Block AMXKernel::getBlock(const KVPanel &panel, Value first,
                                     Value size, Value weightsRow) {
  Value group = b.add(panel.firstGroup,
                      arith::DivUIOp::create(b, first, b.index(kPairs)));
  if (!readsKeysInPlace)
    return {first, group, size, packedKeys, first, weightsRow};
  if (size)
    return {first, group, size, packedKeys, zero, weightsRow};
  return {first, group, size, key, b.add(panel.first, first), weightsRow};
}

/// One thing after the other: any values, blocks of any size.
void AMXKernel::emitBlock(const KVPanel &panel, Value row, const Block &block) {
  emitScores(row, block);
  if (hasRegions()) {
    if (block.size || Softmax::readsMemory(op))
      applyRegions(panel, row, block);
    else
      callRegions(panel, row, block);
  }
  if (block.size)
    hideKeysFrom(block.size);
  emitExactWeights(row, block);
  auto multiplyNaNSafe = [&] {
    b.call("__attn_multiply_nan_safe", [&]() -> Values {
      this->multiplyNaNSafe(panel, row, block);
      return {};
    });
  };
  // Whole blocks of bounded values were for the pipeline, if there is one.
  if (!block.size && hasPipeline())
    return multiplyNaNSafe();
  b.branch(panel.isBounded, [&] { emitOutput(row, block); }, multiplyNaNSafe);
}
