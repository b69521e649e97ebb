//===- AMXLinearPacking.cpp - Factors of tile products of a chunk ---------===//
#include "Kernels/AMX/AMXLinear.h"
#include "Steps/NaNSafe.h"

using namespace mlir;
using namespace mlir::attn;

/// A right factor.
Value AMXLinearKernel::createPairs(int64_t rows, int64_t columns) {
  int64_t panels = llvm::divideCeil(columns, kPairs);
  return b.scratch({panels, rows / 2, 2 * kPairs}, b.getBF16Type());
}

using Order = SmallVector<int64_t>;

/// Lanes first, first + 2, … of two vectors, in turn or one after the other.
static Order getEverySecond(int64_t lanes, int64_t first, bool inTurn) {
  Order order;
  for (int64_t n = first; n < lanes; n += 2)
    order.push_back(n);
  for (int64_t n = 0, count = order.size(); n < count; ++n)
    order.insert(inTurn ? order.begin() + 2 * n + 1 : order.end(),
                 lanes + first + 2 * n);
  return order;
}

static constexpr int64_t kUpperHalf = 0xffff0000;

/// x without its upper bits, which are bf16; 0 where they are infinite.
Value AMXLinearKernel::getRest(Value x) {
  VectorType dwords = b.vector.clone(b.getI32Type());
  Value cut = arith::ConstantOp::create(
      b, DenseElementsAttr::get(dwords, APInt(32, kUpperHalf)));
  Value high = vector::BitCastOp::create(
      b, b.vector,
      arith::AndIOp::create(b, vector::BitCastOp::create(b, dwords, x), cut));
  Value isAll = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x, high);
  Value rest = arith::SubFOp::create(b, x, high);
  return arith::SelectOp::create(b, isAll, b.splat(0), rest);
}

/// Two vectors as bf16, their lanes in pairs or one after the other.
void AMXLinearKernel::storeParts(Value first, Value second, bool inPairs,
                                 const Parts &into, ValueRange at) {
  VectorType words = VectorType::get({kPairs}, b.getI16Type()),
             pairs = VectorType::get({kPairs}, b.getBF16Type()),
             half = VectorType::get({kTile}, b.getBF16Type());
  Value high =
      vector::ShuffleOp::create(b, vector::BitCastOp::create(b, words, first),
                                vector::BitCastOp::create(b, words, second),
                                getEverySecond(kPairs, 1, inPairs));
  b.store(vector::BitCastOp::create(b, pairs, high), into.high, at);
  if (!into.low)
    return;
  Value lower = arith::TruncFOp::create(b, half, getRest(first)),
        upper = arith::TruncFOp::create(b, half, getRest(second));
  Value low = inPairs
                  ? Value(vector::InterleaveOp::create(b, lower, upper))
                  : Value(vector::ShuffleOp::create(
                        b, lower, upper, llvm::to_vector(llvm::seq(kPairs))));
  b.store(low, into.low, at);
}

/// Pairs of features of 16 tokens at a time, transposed.
void AMXLinearKernel::pairKeys() {
  VectorType dwords = VectorType::get({kTile}, b.getI32Type()),
             pairs = VectorType::get({kPairs}, b.getBF16Type());
  Value two = b.index(2);
  b.loop(zero, b.index(kBlock), kTile, [&](Value token) {
    b.loop(zero, b.index(depth / 2), kTile, [&](Value pair) {
      Values rows;
      Value feature = arith::MulIOp::create(b, pair, two);
      for (int64_t t = 0; t < kTile; ++t)
        rows.push_back(vector::BitCastOp::create(
            b, dwords,
            vector::LoadOp::create(b, pairs, keys,
                                   ValueRange{b.add(token, t), feature})));
      Value lane = arith::MulIOp::create(b, token, two);
      for (auto [p, row] : llvm::enumerate(b.transpose(rows)))
        b.store(vector::BitCastOp::create(b, pairs, row), keysInPairs,
                locate(keysInPairs, b.add(pair, p), lane));
    });
  });
}

/// Rows of pairs become two rows each.
void AMXLinearKernel::transposeKeys() {
  VectorType words = VectorType::get({kPairs}, b.getI16Type()),
             pairs = VectorType::get({kPairs}, b.getBF16Type());
  auto load = [&](Value panel, Value pair, int64_t lane) {
    Value x = vector::LoadOp::create(b, pairs, keysInPairs,
                                     ValueRange{panel, pair, b.index(lane)});
    return vector::BitCastOp::create(b, words, x);
  };
  b.loop(zero, b.index(kBlock / kPairs), 1, [&](Value panel) {
    Value token = arith::MulIOp::create(b, panel, b.index(kPairs));
    b.loop(zero, b.index(depth / 2), 1, [&](Value pair) {
      Value lower = load(panel, pair, 0), upper = load(panel, pair, kPairs);
      Value feature = arith::MulIOp::create(b, pair, b.index(2));
      for (int64_t n = 0; n < 2; ++n) {
        Value row = vector::ShuffleOp::create(
            b, lower, upper, getEverySecond(kPairs, n, /*inTurn=*/false));
        b.store(vector::BitCastOp::create(b, pairs, row), keysAcross,
                ValueRange{b.add(feature, n), token});
      }
    });
  });
}

static int64_t getPanels(Value matrix) {
  return cast<MemRefType>(matrix.getType()).getDimSize(0);
}

/// V as a right factor; whether all of it is finite.
Value AMXLinearKernel::pairValues(const Parts &into) {
  Value sum = b.loop(
      zero, b.index(getPanels(values)), 1, b.splat(0),
      [&](Value panel, ValueRange before) -> Values {
        return b.loop(zero, b.index(kBlock / 2), 1, before,
                      [&](Value pair, ValueRange carried) -> Values {
                        Value all = carried[0];
                        Value row = arith::MulIOp::create(b, pair, b.index(2));
                        for (int64_t v = 0; v < shape.vectors; ++v) {
                          Value column = b.index(v * shape.lanes);
                          Value even = b.load(values, {panel, row, column}),
                                odd = b.load(values,
                                             {panel, b.add(row, 1), column});
                          for (Value x : {even, odd})
                            all = b.multiplyAdd(x, b.splat(0), all);
                          storeParts(even, odd, /*inPairs=*/true, into,
                                     {panel, pair, b.index(v * kPairs)});
                        }
                        return {all};
                      });
      })[0];
  return areFinite(b, sum);
}

static void scaleRow(KernelBuilder &b, Value panels, Value panel, Value row,
                     Value factor, int64_t vectors) {
  for (int64_t v = 0; v < vectors; ++v) {
    Values at{panel, row, b.index(v * b.lanes())};
    Value x = arith::MulFOp::create(b, b.load(panels, at), factor);
    b.store(x, panels, at);
  }
}

/// D_n V, in its place.
void AMXLinearKernel::decayValues() {
  b.loop(zero, b.index(kBlock), 1, [&](Value token) {
    Value factor = b.broadcast(memref::LoadOp::create(b, factors, token));
    b.loop(zero, b.index(getPanels(values)), 1, [&](Value panel) {
      scaleRow(b, values, panel, token, factor, shape.vectors);
    });
  });
}

/// c_n S.
void AMXLinearKernel::decayState() {
  Value last = memref::LoadOp::create(b, cumulated, b.index(kBlock - 1));
  Value factor = b.broadcast(last);
  b.loop(zero, b.index(getPanels(state)), 1, [&](Value panel) {
    b.loop(zero, b.index(shape.features), 1, [&](Value feature) {
      scaleRow(b, state, panel, feature, factor, shape.vectors);
    });
  });
}

/// S as a right factor: the features that there are, for others may be NaN.
void AMXLinearKernel::splitState() {
  auto split = [&](Value panel, Value pair, bool isWhole) {
    Value row = arith::MulIOp::create(b, pair, b.index(2));
    for (int64_t v = 0; v < shape.vectors; ++v) {
      Value column = b.index(v * shape.lanes);
      Value even = b.load(state, {panel, row, column});
      Value odd =
          isWhole ? b.load(state, {panel, b.add(row, 1), column}) : b.splat(0);
      storeParts(even, odd, /*inPairs=*/true, stateParts,
                 {panel, pair, b.index(v * kPairs)});
    }
  };
  Value whole = b.index(shape.features / 2);
  b.loop(zero, b.index(getPanels(state)), 1, [&](Value panel) {
    b.loop(zero, whole, 1,
           [&](Value pair) { split(panel, pair, /*isWhole=*/true); });
    if (shape.features % 2 != 0)
      split(panel, whole, /*isWhole=*/false);
  });
}

/// Features that there are not, once.
void AMXLinearKernel::clearStateParts() {
  VectorType pairs = VectorType::get({kPairs}, b.getBF16Type());
  Value none = arith::ConstantOp::create(b, b.getZeroAttr(pairs));
  int64_t there = llvm::divideCeil(shape.features, 2);
  b.loop(zero, b.index(getPanels(state)), 1, [&](Value panel) {
    b.loop(b.index(there), b.index(depth / 2), 1, [&](Value pair) {
      for (Value part : {stateParts.high, stateParts.low})
        for (int64_t lane = 0; lane < 2 * kPairs; lane += kPairs)
          b.store(none, part, {panel, pair, b.index(lane)});
    });
  });
}
