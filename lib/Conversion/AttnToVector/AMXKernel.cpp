//===- AMXKernel.cpp - attend for bf16 on AMX tiles -----------------------===//
#include "AMXKernel.h"
#include "RowKernel.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr double kLog2E = 1.4426950408889634;
/// References may lag behind maxima by a factor of 2^8 of the weights.
static constexpr double kSlack = 8 / kLog2E;
/// Larger heads leave no room in the first-level cache.
static constexpr int64_t kMaxFeatures = 256;

static int64_t getFeatures(Value operand, DenseI64ArrayAttr layout) {
  return cast<MemRefType>(operand.getType())
      .getDimSize(getTensorDim(getLayout(layout, 4), Feature));
}

bool AMXKernel::suits(AttendInPlaceOp op, const VectorTarget &target) {
  auto isNarrow = [](Value operand) {
    return cast<MemRefType>(operand.getType()).getElementType().isBF16();
  };
  int64_t depth = getFeatures(op.getQuery(), op.getQueryLayoutAttr());
  int64_t width = getFeatures(op.getValue(), op.getValueLayoutAttr());
  return target.hasAMX && target.bits == 512 && isNarrow(op.getQuery()) &&
         isNarrow(op.getKey()) && isNarrow(op.getValue()) && depth > 0 &&
         depth <= kMaxFeatures && width > 0 && width <= kMaxFeatures &&
         width % kTile == 0;
}

AMXKernel::AMXKernel(AttendInPlaceOp op, const VectorTarget &target,
                     const StateScratch &state)
    : op(op), b(op, target, op.getScoreType(), kTile), state(state),
      softmax(b, op, state),
      maxRows(cast<MemRefType>(state.max.getType()).getDimSize(0)),
      depth(llvm::alignTo(getFeatures(op.getQuery(), op.getQueryLayoutAttr()),
                          kPairs)),
      width(getFeatures(op.getValue(), op.getValueLayoutAttr())),
      scale(*op.getStaticScale()), fastExp(target.fastExp) {
  // Factors of the state come back in every later sum.
  b.target.fastExp = false;
}

AMXKernel::Statistics AMXKernel::Statistics::unpack(ValueRange values) {
  size_t n = values.size() / 3;
  return {Values(values.take_front(n)), Values(values.slice(n, n)),
          Values(values.take_back(n))};
}

Values AMXKernel::Statistics::pack() const {
  Values all(reference);
  all.append(maximum);
  all.append(sum);
  return all;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

void AMXKernel::emit() {
  packedQuery = packQuery();
  auto matrix = [&](Value operand, DenseI64ArrayAttr layout) {
    return getMatrix(b, b.getLoc(), operand, getLayout(layout, 4));
  };
  query = matrix(op.getQuery(), op.getQueryLayoutAttr());
  key = matrix(op.getKey(), op.getKeyLayoutAttr());
  value = matrix(op.getValue(), op.getValueLayoutAttr());
  numRows = memref::DimOp::create(b, query, 0);
  numKeys = memref::DimOp::create(b, key, 0);
  zero = b.index(0);
  allocateScratch();
  b.loop(zero, numKeys, kSlab, [&](Value first) { emitSlab(first); });
  op.erase();
}

void AMXKernel::allocateScratch() {
  Type narrow = b.getBF16Type();
  readsKeysInPlace = isWholeTiles(key);
  packedKeys = readsKeysInPlace ? b.scratch({kBlock, depth}, narrow)
                                : b.clearedScratch({kSlab, depth}, narrow);
  packedValues = b.scratch({kSlab / kPairs, width, kPairs}, narrow);
  scores = b.scratch({kBlock, kColumns}, b.element);
  weights = b.scratch({kBlock / 2, 2 * kColumns}, narrow);
}

void AMXKernel::emitSlab(Value first) {
  Slab slab{first,
            b.min(b.index(kSlab), arith::SubIOp::create(b, numKeys, first)),
            {}};
  packKeys(slab);
  slab.isFinite = packValues(slab);
  int64_t whole = maxRows / kColumns * kColumns;
  b.loop(zero, b.min(b.index(whole), numRows), kColumns,
         [&](Value row) { emitRows(slab, {row, kColumns / kTile}); });
  if (whole == maxRows)
    return;
  Value row = b.index(whole);
  b.branch(
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, row, numRows),
      [&] { emitRows(slab, {row, 1}); }, [] {});
}

void AMXKernel::emitRows(const Slab &slab, const Rows &rows) {
  Statistics statistics;
  for (int64_t t = 0; t < rows.tiles; ++t) {
    statistics.maximum.push_back(b.load(state.max, column(rows, t)));
    statistics.sum.push_back(b.load(state.sum, column(rows, t)));
  }
  statistics.reference = statistics.maximum;
  Value rest = arith::RemUIOp::create(b, slab.size, b.index(kBlock));
  Value whole = arith::SubIOp::create(b, slab.size, rest);
  auto emit = [&](Value from, Value to, Value size) {
    statistics = Statistics::unpack(b.loop(
        from, to, kBlock, statistics.pack(),
        [&](Value first, ValueRange carried) -> Values {
          return emitBlock(slab, rows, first, size, Statistics::unpack(carried))
              .pack();
        }));
  };
  emit(zero, whole, {});
  emit(whole, slab.size, rest);
  // The op's state is relative to its maxima.
  statistics = rescale(rows, statistics, /*slack=*/0);
  for (int64_t t = 0; t < rows.tiles; ++t)
    softmax.store(column(rows, t), statistics.maximum[t], statistics.sum[t]);
}

AMXKernel::Statistics AMXKernel::emitBlock(const Slab &slab, const Rows &rows,
                                           Value first, Value size,
                                           Statistics statistics) {
  Block block{first, size, key, b.add(slab.first, first)};
  if (!readsKeysInPlace)
    block.keys = packedKeys, block.keysRow = first;
  else if (size)
    block.keys = packedKeys, block.keysRow = zero;
  multiplyQueryKey(rows, block);
  if (hasRegions())
    applyRegions(slab, rows, block);
  if (size)
    hideKeysFrom(size, rows);
  statistics.maximum = getMaxima(rows, statistics.maximum);
  statistics = rescale(rows, statistics, kSlack);
  statistics.sum = exponentiate(rows, statistics);
  b.branch(
      slab.isFinite, [&] { multiplyValueWeight(rows, block); },
      [&] { multiplyCarefully(slab, rows, block); });
  return statistics;
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

void AMXKernel::hideKeysFrom(Value first, const Rows &rows) {
  Value none = b.splat(-std::numeric_limits<double>::infinity());
  b.loop(first, b.index(kBlock), 1, [&](Value k) {
    for (int64_t t = 0; t < rows.tiles; ++t)
      b.store(none, scores, ValueRange{k, b.index(t * kTile)});
  });
}

void AMXKernel::applyRegions(const Slab &slab, const Rows &rows,
                             const Block &block) {
  Values queries;
  for (int64_t t = 0; t < rows.tiles; ++t)
    queries.push_back(softmax.getQueries(column(rows, t), numRows));
  Value size = block.size ? block.size : b.index(kBlock);
  b.loop(zero, size, 1, [&](Value k) {
    Value position = b.add(slab.first, b.add(block.first, k));
    for (int64_t t = 0; t < rows.tiles; ++t) {
      Values at{k, b.index(t * kTile)};
      Value score =
          arith::MulFOp::create(b, b.load(scores, at), b.splat(scale));
      b.store(softmax.applyRegions(score, queries[t], position), scores, at);
    }
  });
}

/// The maxima of the scores, which are not scaled yet when nothing looked at
/// them.
Values AMXKernel::getMaxima(const Rows &rows, Values maxima) {
  Value none = b.splat(-std::numeric_limits<double>::infinity());
  Values largest = b.loop(
      zero, b.index(kBlock), 1, Values(rows.tiles, none),
      [&](Value k, ValueRange carried) -> Values {
        Values next;
        for (int64_t t = 0; t < rows.tiles; ++t)
          next.push_back(b.maximum(
              b.load(scores, ValueRange{k, b.index(t * kTile)}), carried[t]));
        return next;
      });
  for (int64_t t = 0; t < rows.tiles; ++t) {
    Value score = largest[t];
    if (!hasRegions())
      score = arith::MulFOp::create(b, score, b.splat(scale));
    maxima[t] = b.maximum(score, maxima[t]);
  }
  return maxima;
}

/// Minus the reference, as an exponent of 2; 0 in rows that no key reached yet.
Value AMXKernel::getOffset(Value reference) {
  return arith::MulFOp::create(b, softmax.getReference(reference),
                               b.splat(-kLog2E));
}

/// Moves all references to the maxima where one lags behind by more than
/// `slack`.
AMXKernel::Statistics AMXKernel::rescale(const Rows &rows,
                                         Statistics statistics, double slack) {
  Value grew;
  for (auto [reference, maximum] :
       llvm::zip(statistics.reference, statistics.maximum)) {
    Value limit =
        slack == 0 ? reference
                   : Value(arith::AddFOp::create(b, reference, b.splat(slack)));
    Value isMore =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, maximum, limit);
    grew = grew ? Value(arith::OrIOp::create(b, grew, isMore)) : isMore;
  }
  Value any = vector::ReductionOp::create(b, vector::CombiningKind::OR, grew);
  Values carried(statistics.reference);
  carried.append(statistics.sum);
  Values moved =
      b.choose(any, [&] { return moveReferences(rows, statistics); }, carried);
  ArrayRef<Value> all(moved);
  statistics.reference = Values(all.take_front(rows.tiles));
  statistics.sum = Values(all.take_back(rows.tiles));
  return statistics;
}

/// The new references, then the sums; the state's columns are multiplied too.
Values AMXKernel::moveReferences(const Rows &rows,
                                 const Statistics &statistics) {
  Values result(statistics.maximum), factors;
  for (int64_t t = 0; t < rows.tiles; ++t) {
    Value reference = softmax.getReference(statistics.maximum[t]);
    factors.push_back(softmax.getFactor(statistics.reference[t], reference));
    result.push_back(arith::MulFOp::create(b, statistics.sum[t], factors[t]));
  }
  b.loop(zero, b.index(width), 1, [&](Value feature) {
    for (int64_t t = 0; t < rows.tiles; ++t) {
      Values at{feature, column(rows, t)};
      Value old = b.load(state.acc, at);
      b.store(arith::MulFOp::create(b, old, factors[t]), state.acc, at);
    }
  });
  return result;
}

/// Scores become weights, two keys at a time; returns the sums.
Values AMXKernel::exponentiate(const Rows &rows, const Statistics &statistics) {
  Value factor = b.splat(hasRegions() ? kLog2E : scale * kLog2E);
  Values offsets;
  for (Value reference : statistics.reference)
    offsets.push_back(getOffset(reference));
  Value two = b.index(2);
  return b.loop(zero, b.index(kBlock / 2), 1, statistics.sum,
                [&](Value pair, ValueRange carried) -> Values {
                  Value even = arith::MulIOp::create(b, pair, two);
                  Values sums;
                  for (int64_t t = 0; t < rows.tiles; ++t) {
                    Value both[2], sum = carried[t];
                    for (int64_t half = 0; half < 2; ++half) {
                      Values at{b.add(even, half), b.index(t * kTile)};
                      both[half] = power(b.multiplyAdd(b.load(scores, at),
                                                       factor, offsets[t]));
                      sum = arith::AddFOp::create(b, sum, both[half]);
                    }
                    b.store(convertPair(both[0], both[1]), weights,
                            ValueRange{pair, b.index(t * kPairs)});
                    sums.push_back(sum);
                  }
                  return sums;
                });
}

/// 2^x, to more digits than the bf16 of a weight: sums are of f32.
Value AMXKernel::power(Value exponent) {
  auto flags =
      arith::FastMathFlagsAttr::get(b.getContext(), arith::FastMathFlags::afn);
  auto power = math::Exp2Op::create(b, exponent, flags);
  power->setAttr("attn.degree", b.getI64IntegerAttr(fastExp ? 3 : 4));
  return power;
}

/// bf16 (even[0], odd[0], even[1], …).
Value AMXKernel::convertPair(Value even, Value odd) {
  VectorType half = VectorType::get({kTile}, b.getBF16Type());
  return vector::InterleaveOp::create(b, arith::TruncFOp::create(b, half, even),
                                      arith::TruncFOp::create(b, half, odd));
}
