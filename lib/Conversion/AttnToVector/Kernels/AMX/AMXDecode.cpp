//===- AMXDecode.cpp - attend for decode on AMX tiles ---------------------===//
#include "Kernels/AMX/AMXDecode.h"
#include "Kernels/KernelCost.h"
#include "State/SplitAttend.h"
#include "Steps/Matrix.h"
#include "Steps/NaNSafe.h"
#include "Steps/Prefetch.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
struct RowsInColumns : KernelOf<AttendOp> {
  /// The state's output is that wide, beside a block of keys, in the caches.
  static constexpr int64_t mostFeatures = 512;

  StringRef getName() const override { return "AMX decode"; }
  bool usesTiles() const override { return true; }

  /// A product of 16 keys takes 16 cycles. Weights of 8 rows and 16 keys are
  /// transposed in 40 instructions and stored twice.
  std::optional<double> getCost(AttendOp op,
                                CPUTargetAttr target) const override {
    if (!suits(op, target))
      return std::nullopt;
    KernelCost cost(op, target);
    int64_t tiles = 2 * *getNumRows(op) <= AMXDecodeKernel::kTile ? 1 : 2;
    double products = llvm::divideCeil(cost.features, 32) +
                      tiles * llvm::divideCeil(cost.valueFeatures, 32);
    double transposing = tiles * (40 + 24) / 16;
    return std::max(products + transposing +
                        cost.softmax(AMXDecodeKernel::kTile),
                    cost.prefetched());
  }

  static bool suits(AttendOp op, CPUTargetAttr target) {
    std::optional<int64_t> rows = getNumRows(op);
    auto isInPairs = [](Value operand, DenseI64ArrayAttr attr) {
      auto type = cast<MemRefType>(operand.getType());
      int64_t dim = getTensorDim(getLayout(attr, 4), Feature);
      int64_t size = type.getDimSize(dim);
      return type.getElementType().isBF16() && hasUnitStride(type, dim) &&
             size > 0 && size <= mostFeatures && size % 2 == 0;
    };
    return target.getAmx() && target.getVectorBits() == 512 && rows &&
           *rows <= AMXDecodeKernel::kTile &&
           isInPairs(op.getQuery(), op.getQueryLayoutAttr()) &&
           isInPairs(op.getKey(), op.getKeyLayoutAttr()) &&
           isInPairs(op.getValue(), op.getValueLayoutAttr());
  }

  void emit(AttendOp op, KernelContext &context) const override {
    StateScratch state =
        context.states.get(op, context.target,
                           {/*queriesInLanes=*/false, AMXDecodeKernel::kTile,
                            AMXDecodeKernel::kPairs});
    AMXDecodeKernel(op, state, context).emit();
  }
};
} // namespace

const AttentionKernel &attn::getAMXDecodeKernel() {
  static const RowsInColumns kernel;
  return kernel;
}

AMXDecodeKernel::AMXDecodeKernel(AttendOp op, const StateScratch &state,
                                 KernelContext &context)
    : PieceKernel(op, kTile, state, context), rows(*getNumRows(op)),
      tiles(2 * rows <= kTile ? 1 : 2),
      degree(context.target.getExp() == ExpAccuracy::Fast ? 3 : 5),
      regions(b, op, softmax, kBlock, kTile) {
  // Factors of the state come back in every later sum.
  b.target = context.target.withExactExp();
  keysAtOnce = kBlock;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// [feature pairs][rows x 2].
MemRefType AMXDecodeKernel::getPackedType() {
  return MemRefType::get({getColumns(key) / 2, kPairs}, b.getBF16Type());
}

void AMXDecodeKernel::packQuery(Value from, Value into) {
  Value zero = b.index(0), two = b.index(2);
  Value none = arith::ConstantOp::create(
      b, b.getZeroAttr(VectorType::get({kPairs}, b.getBF16Type())));
  b.loop(zero, memref::DimOp::create(b, into, zero), 1,
         [&](Value pair) { b.store(none, into, ValueRange{pair, zero}); });
  int64_t ofHead = rows / heads, first = 0;
  VectorType pair = VectorType::get({2}, b.getBF16Type());
  forHeads(from, [&](Value matrix) {
    b.loop(zero, b.index(ofHead), 1, [&](Value row) {
      Value lane = arith::MulIOp::create(b, b.add(row, first), two);
      b.loop(zero, b.index(getColumns(matrix)), 2, [&](Value feature) {
        b.store(
            vector::LoadOp::create(b, pair, matrix, ValueRange{row, feature}),
            into, ValueRange{arith::DivUIOp::create(b, feature, two), lane});
      });
    });
    first += ofHead;
  });
}

void AMXDecodeKernel::allocate() {
  features = getColumns(key);
  valueFeatures = getColumns(value);
  Type narrow = b.getBF16Type();
  std::optional<int64_t> known = getConstantIntValue(numKeys);
  if (!known || *known % kBlock != 0) {
    lastKeys = b.scratch({kBlock, features}, narrow);
    lastValues = b.scratch({kBlock, valueFeatures}, narrow);
  }
  scores = b.scratch({kBlock, kTile}, b.element);
  weights = b.scratch({tiles * kBlock, kPairs}, narrow);
  // Features that are no whole tile leave some of it as it is.
  const int64_t pairs = llvm::divideCeil(valueFeatures, kPairs);
  sums = b.clearedScratch({pairs, tiles * kTile, kTile}, b.element);
  factors = b.scratch({kTile}, b.element);
  safeMax = b.scratch({kTile}, b.element);
}

Value AMXDecodeKernel::loadTile(Value memref, ValueRange position, int64_t rows,
                                int64_t columns) {
  auto type = amx::TileType::get({rows, columns}, b.getBF16Type());
  return amx::TileLoadOp::create(b, type, memref, position);
}

/// 32 features at a time, and the rest.
void AMXDecodeKernel::forFeatures(
    int64_t features, function_ref<void(Value first, int64_t size)> body) {
  int64_t whole = features / kPairs * kPairs;
  b.loop(zero, b.index(whole), kPairs,
         [&](Value first) { body(first, kPairs); });
  if (whole < features)
    body(b.index(whole), features - whole);
}

//===----------------------------------------------------------------------===//
// Blocks of keys
//===----------------------------------------------------------------------===//

void AMXDecodeKernel::emitKeys(Value first) {
  Block block{first, b.blockSize(numKeys, first, kBlock)};
  forRows(block, key, lastKeys, [&](const Rows &keys) {
    b.call("__attn_decode_scores_on_tiles", [&]() -> Values {
      emitScores(keys);
      return {};
    });
  });
  Value blockMax = applyRegions(block);
  forRows(block, value, lastValues, [&](const Rows &values) {
    b.call("__attn_add_decode_on_tiles", [&]() -> Values {
      addBlock(blockMax, values);
      return {};
    });
  });
}

void AMXDecodeKernel::forRows(const Block &block, Value matrix, Value copies,
                              function_ref<void(const Rows &)> body) {
  // One type, so that both are one function's.
  auto generalize = [&](Value rows) -> Value {
    constexpr int64_t any = ShapedType::kDynamic;
    auto type = cast<MemRefType>(rows.getType());
    auto strided = StridedLayoutAttr::get(b.getContext(), any, {any, 1});
    return memref::CastOp::create(b,
                                  MemRefType::get({any, type.getDimSize(1)},
                                                  type.getElementType(),
                                                  strided),
                                  rows);
  };
  auto inPlace = [&] { body({generalize(matrix), block.first}); };
  if (!copies)
    return inPlace();
  Value isWhole = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, block.size,
                                        b.index(kBlock));
  b.branch(isWhole, inPlace, [&] {
    copyRows(block, matrix, copies);
    body({generalize(copies), b.asArgument(zero)});
  });
}

/// Those beyond the last one repeat it.
void AMXDecodeKernel::copyRows(const Block &block, Value matrix, Value copies) {
  Value last = arith::SubIOp::create(b, numKeys, b.index(1));
  b.loop(zero, b.index(kBlock), 1, [&](Value row) {
    Value source = b.min(b.add(block.first, row), last);
    forFeatures(getColumns(copies), [&](Value feature, int64_t size) {
      auto type = VectorType::get({size}, b.getBF16Type());
      b.store(
          vector::LoadOp::create(b, type, matrix, ValueRange{source, feature}),
          copies, ValueRange{row, feature});
    });
  });
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

void AMXDecodeKernel::emitScores(const Rows &keys) {
  b.loop(zero, b.index(kBlock), kTile, [&](Value first) {
    Value row = b.add(keys.first, first);
    b.loop(zero, b.index(kTile), 1, [&](Value next) {
      prefetchAhead(b, keys.matrix, b.add(row, next), zero, features);
    });
    auto type = amx::TileType::get({kTile, kTile}, b.element);
    Value sum = amx::TileZeroOp::create(b, type);
    for (int64_t feature = 0; feature < features; feature += kPairs) {
      int64_t size = std::min(kPairs, features - feature);
      Value left = loadTile(keys.matrix, {row, b.index(feature)}, kTile, size);
      Value right =
          loadTile(packedQuery, {b.index(feature / 2), zero}, size / 2, kPairs);
      sum = amx::TileMulFOp::create(b, type, left, right, sum);
    }
    amx::TileStoreOp::create(b, scores, ValueRange{first, zero}, sum);
  });
}

/// Scales, applies the regions, and hides keys that are not there; returns the
/// largest score of each row.
Value AMXDecodeKernel::applyRegions(const Block &block) {
  regions.begin({zero, b.index(rows / heads), 1, {block.first, block.size}});
  Value none = b.splat(-std::numeric_limits<double>::infinity());
  Value scale = b.splat(*op.getStaticScale());
  Value largest = b.loop(
      zero, block.size, 1, none, [&](Value k, ValueRange carried) -> Values {
        Values at{k, zero};
        Value score = arith::MulFOp::create(b, b.load(scores, at), scale);
        score = regions.apply(k, {score})[0];
        b.store(score, scores, at);
        return {b.maximum(score, carried[0])};
      })[0];
  b.loop(block.size, b.index(kBlock), 1,
         [&](Value k) { b.store(none, scores, ValueRange{k, zero}); });
  return largest;
}

//===----------------------------------------------------------------------===//
// Weights and the output
//===----------------------------------------------------------------------===//

void AMXDecodeKernel::addBlock(Value blockMax, const Rows &values) {
  Value old = b.load(state.max, zero);
  Value maxima = b.maximum(blockMax, old);
  Value safe = softmax.getFiniteMax(maxima);
  Value factor = softmax.getFactor(old, safe);
  b.store(factor, factors, zero);
  b.store(safe, safeMax, zero);
  Value added = emitWeights(values);
  softmax.store(zero, maxima,
                b.multiplyAdd(b.load(state.sum, zero), factor, added));
  forFeatures(valueFeatures, [&](Value feature, int64_t size) {
    multiplyValues(values, feature, size);
  });
  // Apart, for LLVM configures tiles anew where a loop has calls.
  forFeatures(valueFeatures, [&](Value feature, int64_t size) {
    addSums(values, feature, size);
  });
}

Value AMXDecodeKernel::getWeight(Value score) {
  // Products of either would be rounded: by more than 2^127, of numbers as
  // large as those that hide a pair.
  Value less = arith::SubFOp::create(b, score, b.load(safeMax, zero));
  return X86Exp2Op::create(b, arith::MulFOp::create(b, less, b.splat(kLog2E)),
                           degree);
}

/// Returns their sums. Weights of a row are as many dwords, of which a half is
/// a bf16.
Value AMXDecodeKernel::emitWeights(const Rows &values) {
  VectorType dwords = b.vector.clone(b.getI32Type()),
             words = b.vector.clone(b.getI16Type()),
             narrow = b.vector.clone(b.getBF16Type()),
             pairs = VectorType::get({kPairs}, b.getBF16Type());
  Value bits = arith::ConstantOp::create(
      b, DenseElementsAttr::get(dwords, b.getI32IntegerAttr(16)));
  return b.loop(
      zero, b.index(kBlock), kTile, b.splat(0),
      [&](Value first, ValueRange carried) -> Values {
        Value sum = carried[0];
        Values tile;
        for (int64_t t = 0; t < kTile; ++t) {
          Value k = b.add(first, t);
          prefetchAhead(b, values.matrix, b.add(values.first, k), zero,
                        valueFeatures);
          Value weight = getWeight(b.load(scores, ValueRange{k, zero}));
          sum = arith::AddFOp::create(b, sum, weight);
          Value rounded = arith::TruncFOp::create(b, narrow, weight);
          tile.push_back(arith::ExtUIOp::create(
              b, dwords, arith::BitcastOp::create(b, words, rounded)));
        }
        tile = b.transpose(tile);
        for (int64_t r = 0; r < tiles * kTile / 2; ++r) {
          Value odd = arith::ShLIOp::create(b, tile[r], bits);
          Value row = b.add(first, r);
          b.store(vector::BitCastOp::create(b, pairs, tile[r]), weights,
                  ValueRange{row, zero});
          b.store(
              vector::BitCastOp::create(b, pairs, odd), weights,
              ValueRange{b.add(row, tiles == 1 ? kTile / 2 : kBlock), zero});
        }
        return {sum};
      })[0];
}

Value AMXDecodeKernel::getGroup(Value feature) {
  return b.createOrFold<arith::DivUIOp>(feature, b.index(kPairs));
}

/// 16 keys at a time.
void AMXDecodeKernel::multiplyValues(const Rows &values, Value feature,
                                     int64_t size) {
  auto type = amx::TileType::get({kTile, size / 2}, b.element);
  Values blockSums;
  for (int64_t t = 0; t < tiles; ++t)
    blockSums.push_back(amx::TileZeroOp::create(b, type));
  for (int64_t k = 0; k < kBlock; k += kTile) {
    Value right =
        loadTile(values.matrix, {b.add(values.first, k), feature}, kTile, size);
    for (auto [t, sum] : llvm::enumerate(blockSums)) {
      Value left =
          loadTile(weights, {b.index(t * kBlock + k), zero}, kTile, kPairs);
      sum = amx::TileMulFOp::create(b, type, left, right, sum);
    }
  }
  for (auto [t, sum] : llvm::enumerate(blockSums))
    amx::TileStoreOp::create(
        b, sums, ValueRange{getGroup(feature), b.index(t * kTile), zero}, sum);
}

/// The sums of a block join the state.
void AMXDecodeKernel::addSums(const Rows &values, Value feature, int64_t size) {
  b.branch(
      areSumsFinite(feature), [&] { addFiniteSums(feature, size); },
      [&] {
        b.call("__attn_add_decode_nan_safe", [&]() -> Values {
          multiplyNaNSafe(values, feature, size);
          return {};
        });
      });
}

Value AMXDecodeKernel::areSumsFinite(Value feature) {
  Value all = b.loop(zero, b.index(rows), 1, b.splat(0),
                     [&](Value row, ValueRange carried) -> Values {
                       Value result = carried[0];
                       for (int64_t half = 0; half < 2; ++half)
                         result = b.multiplyAdd(loadSums(feature, row, half),
                                                b.splat(0), result);
                       return {result};
                     })[0];
  return areFinite(b, all);
}

/// Of the even features of a row, or the odd ones.
Value AMXDecodeKernel::loadSums(Value feature, Value row, int64_t half) {
  return b.load(sums, ValueRange{getGroup(feature),
                                 b.add(row, half * tiles * kTile / 2), zero});
}

void AMXDecodeKernel::addFiniteSums(Value feature, int64_t size) {
  b.loop(zero, b.index(rows), 1, [&](Value row) {
    Value even = loadSums(feature, row, 0), odd = loadSums(feature, row, 1);
    Value factor = b.broadcast(b.loadElement(factors, row));
    for (int64_t first = 0; first < size; first += kTile) {
      SmallVector<int64_t> order;
      for (int64_t lane = first / 2; lane < first / 2 + kTile / 2; ++lane)
        order.append({lane, kTile + lane});
      Value added = vector::ShuffleOp::create(b, even, odd, order);
      Values at{row, b.add(feature, first)};
      b.store(b.multiplyAdd(b.load(state.acc, at), factor, added), state.acc,
              at);
    }
  });
}

/// A zero does not hide what is not finite: products of masked pairs are left
/// out (D3).
void AMXDecodeKernel::multiplyNaNSafe(const Rows &values, Value feature,
                                      int64_t size) {
  Value group = getGroup(feature);
  b.loop(feature, b.add(feature, size), 1, [&](Value f) {
    Value added =
        b.loop(zero, b.index(kBlock), 1, b.splat(0),
               [&](Value k, ValueRange carried) -> Values {
                 Value score = b.load(scores, ValueRange{k, zero});
                 Value weight = getNaNSafeWeight(b, getWeight(score), score);
                 Value x = b.loadElement(values.matrix,
                                         ValueRange{b.add(values.first, k), f});
                 return {addNaNSafe(b, weight, b.broadcast(x), carried[0])};
               })[0];
    b.store(added, sums, ValueRange{group, zero, zero});
    b.loop(zero, b.index(rows), 1, [&](Value row) {
      Values at{row, f};
      Value sum = b.multiplyAdd(
          b.loadElement(state.acc, at), b.loadElement(factors, row),
          b.loadElement(sums, ValueRange{group, zero, row}));
      memref::StoreOp::create(b, sum, state.acc, at);
    });
  });
  // Not for features that are no whole tile to find.
  b.store(b.splat(0), sums, ValueRange{group, zero, zero});
}
