//===- DecodeKernel.cpp - attend for decode -------------------------------===//
#include "Kernels/Decode/DecodeKernel.h"
#include "Kernels/KernelCost.h"
#include "State/SplitAttend.h"
#include "Steps/Matrix.h"
#include "Steps/Prefetch.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

static bool hasFeaturesSideBySide(Value operand, DenseI64ArrayAttr layout) {
  return hasUnitStride(cast<MemRefType>(operand.getType()),
                       getTensorDim(attn::getLayout(layout, 4), Feature));
}

namespace {
struct FeaturesInLanes : KernelOf<AttendOp> {
  StringRef getName() const override { return "decode"; }

  /// A few rows that fit into registers, and features side by side. Each
  /// vector of features is loaded once, widened in two instructions, and
  /// multiplied for each row; three instructions add the lanes of a score,
  /// another one broadcasts its weight.
  std::optional<double> getCost(AttendOp op,
                                CPUTargetAttr target) const override {
    std::optional<int64_t> rows = getNumRows(op);
    constexpr int64_t most = 8;
    if (!rows || *rows > std::min(most, getLanes(target, op.getScoreType())) ||
        !hasFeaturesSideBySide(op.getKey(), op.getKeyLayoutAttr()) ||
        !hasFeaturesSideBySide(op.getValue(), op.getValueLayoutAttr()))
      return std::nullopt;
    KernelCost cost(op, target);
    int64_t vectors = llvm::divideCeil(cost.features, cost.lanes) +
                      llvm::divideCeil(cost.valueFeatures, cost.lanes);
    Type element = cast<MemRefType>(op.getKey().getType()).getElementType();
    int64_t loads = element == op.getScoreType() ? 1 : 3;
    double products = cost.instructions(vectors * (*rows + loads) + 4 * *rows);
    return std::max(products + cost.softmax(*rows), cost.prefetched());
  }

  void emit(AttendOp op, KernelContext &context) const override {
    int64_t lanes = getLanes(context.target, op.getScoreType());
    StateScratch state = context.states.get(
        op, context.target, {/*queriesInLanes=*/false, lanes, lanes});
    DecodeKernel(op, state, context).emit();
  }
};
} // namespace

const AttentionKernel &attn::getDecodeKernel() {
  static const FeaturesInLanes kernel;
  return kernel;
}

DecodeKernel::DecodeKernel(AttendOp op, const StateScratch &state,
                           KernelContext &context)
    : PieceKernel(op, getLanes(context.target, op.getScoreType()), state,
                  context),
      rows(*getNumRows(op)), padded(llvm::PowerOf2Ceil(rows)), lanes(b.lanes()),
      shape(context.getPolicy().getDecodeShape(rows)),
      regions(b, op, rows / heads) {
  // What begins and ends a block takes several rows longer.
  if (hasPlaces())
    keysAtOnce = (rows == 1 ? 16 : 32) * shape.places;
}

/// [padded][features, up to whole vectors].
MemRefType DecodeKernel::getPackedType() {
  return MemRefType::get(
      {padded, int64_t(llvm::alignTo(getColumns(key), lanes))}, b.element);
}

void DecodeKernel::allocate() {
  features = getColumns(key);
  valueFeatures = getColumns(value);
  // A step of the first product writes whole vectors, and the last one of a
  // block may begin anywhere.
  for (Value *matrix : {&scores, &weights})
    *matrix = b.scratch({padded, keysAtOnce + lanes}, b.element);
  for (Value *vector : {&blockMax, &safeMax, &factor, &blockSum})
    *vector = b.scratch({lanes}, b.element);
  if (hasRuns())
    products = b.scratch({rows, int64_t(llvm::alignTo(valueFeatures, lanes))},
                         b.element);
  b.store(b.splat(0), blockMax, zero);
  b.store(b.splat(0), blockSum, zero);
  length = numKeys;
  if (hasPlaces()) {
    length = b.asArgument(getLengthOfPlaces());
    lastKey = b.asArgument(b.add(numKeys, -1));
  }
}

StringRef DecodeKernel::getPackName() {
  return hasPairs(key) ? "__attn_pack_decode_query_pairs"
                       : "__attn_pack_decode_query";
}

void DecodeKernel::packQuery(Value from, Value into) {
  int64_t columns = getColumns(into);
  Value zero = b.index(0);
  b.loop(zero, b.index(padded), 1, [&](Value row) {
    b.loop(zero, b.index(columns), lanes, [&](Value column) {
      b.store(b.splat(0), into, ValueRange{row, column});
    });
  });
  Value paired =
      b.index(hasPairs(key) ? llvm::alignDown(getColumns(key), 2 * lanes) : 0);
  int64_t ofHead = rows / heads, first = 0;
  forHeads(from, [&](Value matrix) {
    b.loop(zero, b.index(ofHead), 1, [&](Value row) {
      auto pack = [&](Value feature, Value column) {
        Value x = b.loadElement(matrix, {row, feature});
        memref::StoreOp::create(b, x, into,
                                ValueRange{b.add(row, first), column});
      };
      b.loop(zero, paired, 1,
             [&](Value feature) { pack(feature, getPackedColumn(feature)); });
      b.loop(paired, b.index(getColumns(key)), 1,
             [&](Value feature) { pack(feature, feature); });
    });
    first += ofHead;
  });
}

void DecodeKernel::emitLoop() {
  b.loop(zero, length, keysOfPlace(), [&](Value first) { emitKeys(first); });
}

void DecodeKernel::emitKeys(Value first) {
  KeyBlock at{first, b.blockSize(length, first, keysOfPlace())};
  b.call("__attn_decode_scores", [&]() -> Values {
    multiplyQueryKey(at);
    return {};
  });
  applyRegions(at);
  b.call("__attn_add_decode", [&]() -> Values {
    updateMaxima();
    exponentiate(at);
    updateSums();
    accumulate(at);
    return {};
  });
}

//===----------------------------------------------------------------------===//
// The first product
//===----------------------------------------------------------------------===//

Value DecodeKernel::loadColumns(Value matrix, Value row,
                                const Columns &columns) {
  Value mask;
  if (columns.size < lanes)
    mask = b.firstLanes(b.index(columns.size));
  return b.loadWide(matrix, {row, columns.first}, mask);
}

void DecodeKernel::multiplyQueryKey(const KeyBlock &block) {
  if (hasPlaces())
    return multiplyPlaces(block);
  int64_t step = lanes / padded;
  Value whole = b.wholeSteps(block.size, step);
  b.loop(zero, whole, step,
         [&](Value key) { emitProducts(block, key, /*isTail=*/false); });
  if (step > 1)
    b.loop(whole, block.size, step,
           [&](Value key) { emitProducts(block, key, /*isTail=*/true); });
}

/// Scores of all rows and as many keys as give one vector of them.
void DecodeKernel::emitProducts(const KeyBlock &block, Value key, bool isTail) {
  int64_t step = lanes / padded;
  Values keys;
  Value last = arith::SubIOp::create(b, block.size, b.index(1));
  for (int64_t t = 0; t < step; ++t) {
    // A tail repeats the last key; its scores are not read.
    Value position = b.add(key, t);
    keys.push_back(
        b.add(block.first, isTail ? b.min(position, last) : position));
  }
  for (Value position : keys)
    prefetchAhead(b, this->key, position, zero, features);
  int64_t whole = features / lanes * lanes;
  Values sums(lanes, b.splat(0));
  sums = b.loop(zero, b.index(whole), lanes, sums,
                [&](Value column, ValueRange carried) -> Values {
                  Values next(carried);
                  multiplyColumns(keys, {column, lanes}, 0, next);
                  return next;
                });
  if (whole < features)
    multiplyColumns(keys, {b.index(whole), features - whole}, 0, sums);
  Value all = sumLanes(sums);
  for (int64_t row = 0; row < rows; ++row) {
    Value part = vector::ExtractStridedSliceOp::create(
        b, all, ArrayRef<int64_t>{row * step}, ArrayRef<int64_t>{step},
        ArrayRef<int64_t>{1});
    b.store(part, scores, ValueRange{b.index(row), key});
  }
}

/// sums[row * keys + key] += query[firstRow + row] * keys[key], in some
/// columns. Registers hold one vector of each row or of each key, whichever are
/// fewer.
void DecodeKernel::multiplyColumns(ArrayRef<Value> keys, const Columns &columns,
                                   int64_t firstRow, Values &sums) {
  const int64_t count = keys.size(), rows = sums.size() / count,
                vectors = llvm::divideCeil(columns.size, lanes);
  SmallVector<Values> loaded(count);
  auto loadKey = [&](int64_t n, int64_t vector) {
    if (loaded[n].empty())
      loaded[n] = loadVectors(key, keys[n], columns.first, columns.size);
    return loaded[n][vector];
  };
  auto loadRow = [&](int64_t row, int64_t vector) {
    return b.load(packedQuery, {b.index(firstRow + row),
                                b.add(columns.first, vector * lanes)});
  };
  auto multiply = [&](int64_t row, int64_t n, Value query, Value key) {
    Value &sum = sums[row * count + n];
    sum = b.multiplyAdd(query, key, sum);
  };
  for (int64_t v = 0; v < vectors; ++v) {
    Values held;
    const bool holdsRows = rows < count;
    for (int64_t n = 0; n < std::min(rows, count); ++n)
      held.push_back(holdsRows ? loadRow(n, v) : loadKey(n, v));
    for (int64_t n = 0; n < std::max(rows, count); ++n) {
      Value other = holdsRows ? loadKey(n, v) : loadRow(n, v);
      for (auto [m, value] : llvm::enumerate(held))
        holdsRows ? multiply(m, n, value, other) : multiply(n, m, other, value);
    }
  }
}

/// Halves the number of vectors: one step adds, in each, lanes that are
/// `distance` apart, and keeps both results in one vector; once there is only
/// one, it keeps each result twice.
Value DecodeKernel::sumLanes(Values vectors) {
  for (int64_t half = lanes / 2; half >= 1; half /= 2) {
    Values next;
    // Lanes lie in groups of 2 * half; the first vector's sums go to the lower
    // halves of them, the second one's to the upper halves.
    SmallVector<int64_t> lower, upper;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      int64_t start = lane / (2 * half) * (2 * half), at = lane % half;
      int64_t from = start + at + (lane % (2 * half) >= half ? lanes : 0);
      lower.push_back(from);
      upper.push_back(from + half);
    }
    int64_t pairs = llvm::divideCeil(vectors.size(), 2);
    for (int64_t n = 0; n < pairs; ++n) {
      Value first = vectors[n], second = vectors[vectors.size() - pairs + n];
      Value x = vector::ShuffleOp::create(b, first, second, lower);
      Value y = vector::ShuffleOp::create(b, first, second, upper);
      next.push_back(arith::AddFOp::create(b, x, y));
    }
    vectors = next;
  }
  return vectors[0];
}

//===----------------------------------------------------------------------===//
// Softmax, keys in lanes
//===----------------------------------------------------------------------===//

/// Scales, applies the regions and finds the largest score of each row.
void DecodeKernel::applyRegions(const KeyBlock &block) {
  forRows([&](Value row) {
    Value none = b.splat(-std::numeric_limits<double>::infinity());
    auto apply = [&](Value place, Value key, Value slot,
                     ValueRange carried) -> Values {
      ValueRange at{row, slot};
      Value score = arith::MulFOp::create(b, b.load(scores, at),
                                          b.splat(*op.getStaticScale()));
      score = regions.apply(row, getKeysOfPlace(block, place), key, score);
      b.store(score, scores, at);
      return {b.maximum(score, carried[0])};
    };
    Value maximum = vector::ReductionOp::create(
        b, vector::CombiningKind::MAXNUMF,
        eachSlot(block, lanes, none, apply)[0],
        arith::FastMathFlags::nnan | arith::FastMathFlags::nsz);
    memref::StoreOp::create(b, maximum, blockMax, row);
  });
}

void DecodeKernel::updateMaxima() {
  Value old = b.load(state.max, zero);
  Value maxima = b.maximum(b.load(blockMax, zero), old);
  Value safe = softmax.getFiniteMax(maxima);
  b.store(maxima, blockMax, zero);
  b.store(safe, safeMax, zero);
  b.store(softmax.getFactor(old, safe), factor, zero);
}

void DecodeKernel::exponentiate(const KeyBlock &block) {
  forRows([&](Value row) {
    Value maximum =
        b.broadcast(memref::LoadOp::create(b, safeMax, row).getResult());
    auto add = [&](Value, Value, Value slot, ValueRange carried) -> Values {
      ValueRange at{row, slot};
      Value weight =
          b.exponential(arith::SubFOp::create(b, b.load(scores, at), maximum));
      b.store(weight, weights, at);
      return {arith::AddFOp::create(b, carried[0], weight)};
    };
    Value sum = eachSlot(block, lanes, b.splat(0), add)[0];
    Value all = vector::ReductionOp::create(b, vector::CombiningKind::ADD, sum,
                                            arith::FastMathFlags::reassoc);
    memref::StoreOp::create(b, all, blockSum, row);
  });
}

void DecodeKernel::updateSums() {
  Value sums = b.multiplyAdd(b.load(state.sum, zero), b.load(factor, zero),
                             b.load(blockSum, zero));
  softmax.store(zero, b.load(blockMax, zero), sums);
}
