//===- DecodeKernel.cpp - attend for decode ---------------------------===//
#include "Kernels/Decode/DecodeKernel.h"
#include "Kernels/AttentionKernel.h"
#include "Kernels/KernelCost.h"
#include "Regions/RegionReads.h"
#include "Steps/KernelShape.h"
#include "Steps/Matrix.h"
#include "Steps/NaNSafe.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// Of all rows, where the rows of each head are known.
static std::optional<int64_t> getRows(AttendOp op) {
  auto type = cast<MemRefType>(op.getAcc().getType());
  if (type.isDynamicDim(Sequence) || type.getDimSize(Sequence) == 0)
    return std::nullopt;
  return type.getDimSize(Head) * type.getDimSize(Sequence);
}

static bool hasFeaturesSideBySide(Value operand, DenseI64ArrayAttr layout) {
  return hasUnitStride(cast<MemRefType>(operand.getType()),
                       getTensorDim(attn::getLayout(layout, 4), Feature));
}

namespace {
struct FeaturesInLanes : KernelOf<AttendOp> {
  StringRef getName() const override { return "decode"; }

  /// A few rows that fit into registers, and features side by side. Each
  /// vector of features is loaded once and multiplied for each row; three
  /// instructions add the lanes of a score, another one broadcasts its weight.
  std::optional<double> getCost(AttendOp op,
                                CPUTargetAttr target) const override {
    std::optional<int64_t> rows = ::getRows(op);
    constexpr int64_t most = 8;
    if (!rows || *rows > std::min(most, getLanes(target, op.getScoreType())) ||
        !hasFeaturesSideBySide(op.getKey(), op.getKeyLayoutAttr()) ||
        !hasFeaturesSideBySide(op.getValue(), op.getValueLayoutAttr()))
      return std::nullopt;
    KernelCost cost(op, target);
    int64_t vectors = llvm::divideCeil(cost.features, cost.lanes) +
                      llvm::divideCeil(cost.valueFeatures, cost.lanes);
    double products = cost.instructions(vectors * (*rows + 1) + 4 * *rows);
    return std::max(products + cost.softmax(*rows), cost.prefetched());
  }

  void emit(AttendOp op, KernelContext &context) const override {
    int64_t lanes = getLanes(context.target, op.getScoreType());
    StateScratch state = context.states.get(
        op, context.target, {/*queriesInLanes=*/false, lanes, lanes});
    DecodeKernel(op, context.target, state, context.functions, context.queries)
        .emit();
  }
};
} // namespace

const AttentionKernel &attn::getDecodeKernel() {
  static const FeaturesInLanes kernel;
  return kernel;
}

DecodeKernel::DecodeKernel(AttendOp op, CPUTargetAttr target,
                           const StateScratch &state,
                           KernelFunctions &functions, PackedQueries &queries)
    : op(op), b(op, target, op.getScoreType(),
                getLanes(target, op.getScoreType()), &functions),
      state(state), queries(queries), rows(*::getRows(op)),
      padded(llvm::PowerOf2Ceil(rows)), lanes(b.lanes()), block(64) {}

void DecodeKernel::emit() {
  key = getMatrix(b, b.getLoc(), op.getKey(),
                  attn::getLayout(op.getKeyLayoutAttr(), 4));
  value = getMatrix(b, b.getLoc(), op.getValue(),
                    attn::getLayout(op.getValueLayoutAttr(), 4));
  features = cast<MemRefType>(key.getType()).getDimSize(1);
  valueFeatures = cast<MemRefType>(value.getType()).getDimSize(1);
  zero = b.index(0);
  numKeys = b.createOrFold<memref::DimOp>(key, zero);
  auto type = MemRefType::get({padded, int64_t(llvm::alignTo(features, lanes))},
                              b.element);
  query = queries.get(b, op, type, "__attn_pack_decode_query",
                      [&](Value from, Value into) { packQuery(from, into); });
  // A step of the first product writes whole vectors, and the last one of a
  // block may begin anywhere.
  for (Value *matrix : {&scores, &weights})
    *matrix = b.scratch({padded, block + lanes}, b.element);
  for (Value *vector : {&blockMax, &safeMax, &factor, &blockSum})
    *vector = b.scratch({lanes}, b.element);
  b.store(b.splat(0), blockMax, zero);
  b.store(b.splat(0), blockSum, zero);
  b.loop(zero, numKeys, block, [&](Value first) { emitBlock(first); });
  op.erase();
}

void DecodeKernel::packQuery(Value from, Value into) {
  int64_t columns = cast<MemRefType>(into.getType()).getDimSize(1);
  Value zero = b.index(0);
  b.loop(zero, b.index(padded), 1, [&](Value row) {
    b.loop(zero, b.index(columns), lanes, [&](Value column) {
      b.store(b.splat(0), into, ValueRange{row, column});
    });
  });
  int64_t heads = cast<MemRefType>(op.getAcc().getType()).getDimSize(Head);
  int64_t ofHead = rows / heads;
  for (int64_t head = 0; head < heads; ++head) {
    Value matrix = getMatrix(b, b.getLoc(), from,
                             attn::getLayout(op.getQueryLayoutAttr(), 4), head);
    b.loop(zero, b.index(ofHead), 1, [&](Value row) {
      b.loop(zero, b.index(features), 1, [&](Value feature) {
        Value x = memref::LoadOp::create(b, matrix, ValueRange{row, feature});
        memref::StoreOp::create(b, b.widen(x), into,
                                ValueRange{b.add(row, head * ofHead), feature});
      });
    });
  }
}

void DecodeKernel::emitBlock(Value first) {
  KeyBlock at{first, b.blockSize(numKeys, first, block)};
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
  Type element = cast<MemRefType>(matrix.getType()).getElementType();
  auto type = VectorType::get({lanes}, element);
  ValueRange at{row, columns.first};
  if (columns.size == lanes)
    return b.widen(vector::LoadOp::create(b, type, matrix, at));
  Value mask =
      vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()),
                                   ValueRange{b.index(columns.size)});
  Value none = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return b.widen(vector::MaskedLoadOp::create(b, type, matrix, at, mask, none));
}

/// Reading from memory takes longer than all that is computed: ask early.
void DecodeKernel::prefetch(Value matrix, Value row, Value first,
                            int64_t size) {
  constexpr int64_t bytesAhead = 4096, bytesOfLine = 64;
  auto type = cast<MemRefType>(matrix.getType());
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  int64_t rowsAhead = llvm::divideCeil(bytesAhead, bytes * type.getDimSize(1));
  for (int64_t column = 0; column < size; column += bytesOfLine / bytes)
    memref::PrefetchOp::create(
        b, matrix, ValueRange{b.add(row, rowsAhead), b.add(first, column)},
        /*isWrite=*/false, /*localityHint=*/3, /*isDataCache=*/true);
}

void DecodeKernel::multiplyQueryKey(const KeyBlock &block) {
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
    prefetch(this->key, position, zero, features);
  int64_t whole = features / lanes * lanes;
  Values sums(lanes, b.splat(0));
  sums = b.loop(zero, b.index(whole), lanes, sums,
                [&](Value column, ValueRange carried) -> Values {
                  Values next(carried);
                  multiplyColumns(keys, {column, lanes}, next);
                  return next;
                });
  if (whole < features)
    multiplyColumns(keys, {b.index(whole), features - whole}, sums);
  Value all = sumLanes(sums);
  for (int64_t row = 0; row < rows; ++row) {
    Value part = vector::ExtractStridedSliceOp::create(
        b, all, ArrayRef<int64_t>{row * step}, ArrayRef<int64_t>{step},
        ArrayRef<int64_t>{1});
    b.store(part, scores, ValueRange{b.index(row), key});
  }
}

/// sums[row * keys + key] += query[row] * keys[key], in some columns.
void DecodeKernel::multiplyColumns(ArrayRef<Value> keys, const Columns &columns,
                                   Values &sums) {
  Values loaded;
  for (Value position : keys)
    loaded.push_back(loadColumns(key, position, columns));
  for (int64_t row = 0; row < padded; ++row) {
    Value q = b.load(query, ValueRange{b.index(row), columns.first});
    for (auto [t, k] : llvm::enumerate(loaded)) {
      Value &sum = sums[row * keys.size() + t];
      sum = b.multiplyAdd(q, k, sum);
    }
  }
}

/// Halves the number of vectors: one step adds, in each, lanes that are
/// `distance` apart, and keeps both results in one vector.
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
    int64_t pairs = vectors.size() / 2;
    for (int64_t n = 0; n < pairs; ++n) {
      Value first = vectors[n], second = vectors[n + pairs];
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
    Value largest = b.loop(zero, block.size, lanes, none,
                           [&](Value key, ValueRange carried) -> Values {
                             Value score = getScore(block, row, key);
                             b.store(score, scores, ValueRange{row, key});
                             return {b.maximum(score, carried[0])};
                           })[0];
    Value maximum = vector::ReductionOp::create(
        b, vector::CombiningKind::MAXNUMF, largest,
        arith::FastMathFlags::nnan | arith::FastMathFlags::nsz);
    memref::StoreOp::create(b, maximum, blockMax, row);
  });
}

Value DecodeKernel::getScore(const KeyBlock &block, Value row, Value key) {
  Value none = b.splat(-std::numeric_limits<double>::infinity());
  Value score = arith::MulFOp::create(b, b.load(scores, ValueRange{row, key}),
                                      b.splat(*op.getStaticScale()));
  Value lane = vector::StepOp::create(b, b.vector.clone(b.getIndexType()));
  Value position = arith::AddIOp::create(b, lane, b.broadcast(key));
  Value isKey = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, position,
                                      b.broadcast(block.size));
  // Lanes without a key must not read beyond what the region captures.
  Value last = arith::SubIOp::create(b, block.size, b.index(1));
  position = arith::AddIOp::create(
      b, arith::MinUIOp::create(b, position, b.broadcast(last)),
      b.broadcast(block.first));
  int64_t heads = cast<MemRefType>(op.getAcc().getType()).getDimSize(Head);
  Value ofHead = b.index(rows / heads);
  Value head = b.createOrFold<arith::DivUIOp>(row, ofHead);
  Value query = b.createOrFold<arith::RemUIOp>(row, ofHead);
  Value isWhole = arith::CmpIOp::create(b, arith::CmpIPredicate::sle,
                                        b.add(key, lanes), block.size);
  auto apply = [&](Region &region, ValueRange arguments) {
    RegionVectorizer vectorizer(b);
    vectorizer.bind(region, arguments);
    defineKeyReads(b, region, vectorizer, b.add(block.first, key), isWhole);
    return b.broadcast(vectorizer.yield(region));
  };
  if (!op.getScore().empty())
    score = apply(op.getScore(), {score, zero, head, query, position});
  Value attends = isKey;
  if (!op.getMask().empty())
    attends = arith::AndIOp::create(
        b, isKey, apply(op.getMask(), {zero, head, query, position}));
  return arith::SelectOp::create(b, attends, score, none);
}

void DecodeKernel::updateMaxima() {
  Value none = b.splat(-std::numeric_limits<double>::infinity());
  Value old = b.load(state.max, zero);
  Value maxima = b.maximum(b.load(blockMax, zero), old);
  // Rows that no key reached yet: -inf - -inf would be NaN.
  Value isEmpty =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, maxima, none);
  Value safe = arith::SelectOp::create(b, isEmpty, b.splat(0), maxima);
  b.store(maxima, blockMax, zero);
  b.store(safe, safeMax, zero);
  b.store(b.exponential(arith::SubFOp::create(b, old, safe)), factor, zero);
}

void DecodeKernel::exponentiate(const KeyBlock &block) {
  forRows([&](Value row) {
    Value maximum =
        b.broadcast(memref::LoadOp::create(b, safeMax, row).getResult());
    Value sum = b.loop(zero, block.size, lanes, b.splat(0),
                       [&](Value key, ValueRange carried) -> Values {
                         ValueRange at{row, key};
                         Value weight = b.exponential(arith::SubFOp::create(
                             b, b.load(scores, at), maximum));
                         b.store(weight, weights, at);
                         return {arith::AddFOp::create(b, carried[0], weight)};
                       })[0];
    Value all = vector::ReductionOp::create(b, vector::CombiningKind::ADD, sum,
                                            arith::FastMathFlags::reassoc);
    memref::StoreOp::create(b, all, blockSum, row);
  });
}

void DecodeKernel::updateSums() {
  Value sums = b.multiplyAdd(b.load(state.sum, zero), b.load(factor, zero),
                             b.load(blockSum, zero));
  // Maxima pass over NaN, weights do not: a row that attends to one is not
  // empty, and all of it is NaN (D4).
  Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, sums, sums);
  Value maxima =
      arith::SelectOp::create(b, isNaN, sums, b.load(blockMax, zero));
  b.store(maxima, state.max, zero);
  b.store(sums, state.sum, zero);
}

//===----------------------------------------------------------------------===//
// The second product
//===----------------------------------------------------------------------===//

/// Features in groups of as many vectors as leave all rows' sums in registers.
void DecodeKernel::accumulate(const KeyBlock &block) {
  int64_t accumulators = b.target.getRegisters() >= 32 ? 16 : 8;
  int64_t group = std::clamp<int64_t>(accumulators / rows, 1, 8) * lanes;
  int64_t whole = valueFeatures / group * group;
  b.loop(zero, b.index(whole), group,
         [&](Value first) { emitFeatures(block, first, group); });
  if (whole < valueFeatures)
    emitFeatures(block, b.index(whole), valueFeatures - whole);
}

/// The block's sums are not finite where a value is not, whatever its weight:
/// then they are computed again, without those of masked pairs (D3).
void DecodeKernel::emitFeatures(const KeyBlock &block, Value first,
                                int64_t size) {
  Values none(rows * llvm::divideCeil(size, lanes), b.splat(0));
  auto store = [&](ArrayRef<Value> sums) {
    auto next = sums.begin();
    for (int64_t row = 0; row < rows; ++row) {
      Value factor = b.broadcast(
          memref::LoadOp::create(b, this->factor, b.index(row)).getResult());
      for (int64_t column = 0; column < size; column += lanes) {
        Values at{b.index(row), b.add(first, column)};
        Value old = b.load(state.acc, at);
        b.store(b.multiplyAdd(old, factor, *next++), state.acc, at);
      }
    }
  };
  Values sums = multiplyValues(block, first, size, none, /*isNaNSafe=*/false);
  b.branch(
      areFinite(b, sums), [&] { store(sums); },
      [&] {
        b.call("__attn_add_decode_nan_safe", [&]() -> Values {
          store(multiplyValues(block, first, size, none, /*isNaNSafe=*/true));
          return {};
        });
      });
}

Values DecodeKernel::multiplyValues(const KeyBlock &block, Value first,
                                    int64_t size, ArrayRef<Value> sums,
                                    bool isNaNSafe) {
  return b.loop(
      zero, block.size, 1, Values(sums),
      [&](Value key, ValueRange carried) -> Values {
        Values loaded, next(carried);
        Value position = b.add(block.first, key);
        prefetch(value, position, first, size);
        for (int64_t column = 0; column < size; column += lanes)
          loaded.push_back(loadColumns(
              value, position,
              {b.add(first, column), std::min(lanes, size - column)}));
        for (int64_t row = 0; row < rows; ++row) {
          Values at{b.index(row), key};
          Value weight = memref::LoadOp::create(b, weights, at);
          if (isNaNSafe)
            weight = getNaNSafeWeight(b, weight,
                                      memref::LoadOp::create(b, scores, at));
          for (auto [n, x] : llvm::enumerate(loaded)) {
            Value &sum = next[row * loaded.size() + n];
            sum = isNaNSafe ? addNaNSafe(b, weight, x, sum)
                            : b.multiplyAdd(b.broadcast(weight), x, sum);
          }
        }
        return next;
      });
}
