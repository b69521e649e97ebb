//===- PrefillKernel.cpp - attend for one head and some rows --------------===//
#include "Kernels/Prefill/PrefillKernel.h"
#include "Kernels/AttentionKernel.h"
#include "Kernels/KernelCost.h"
#include "State/SplitAttend.h"
#include "Steps/Matrix.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"

using namespace mlir;
using namespace mlir::attn;

static int64_t getRowsOf(const StateScratch &state) {
  return cast<MemRefType>(state.max.getType()).getDimSize(0);
}

PrefillKernel::PrefillKernel(AttendOp op, CPUTargetAttr target,
                             const StateScratch &state,
                             KernelFunctions &functions, PackedQueries &queries)
    : op(op),
      shape(getKernelShape(target, op.getScoreType(), getRowsOf(state))),
      b(op, target, op.getScoreType(), shape.lanes, &functions), state(state),
      softmax(b, op, state), queries(queries),
      regions(b, op, softmax, shape.block, shape.rows()),
      maxRows(getRowsOf(state)),
      heads(cast<MemRefType>(op.getAcc().getType()).getDimSize(Head)) {}

/// Transposes as many rows as fill vectors; returns how many. None where
/// features do not lie side by side or fill no vectors.
Value PrefillKernel::packWholeVectors(Value matrix, Value rows, Value into,
                                      Value firstRow) {
  auto type = cast<MemRefType>(matrix.getType());
  int64_t lanes = shape.lanes, columns = type.getDimSize(1);
  if (!hasUnitStride(type) || columns % lanes != 0)
    return b.index(0);
  auto loaded = VectorType::get({lanes}, type.getElementType());
  Value rest = arith::RemUIOp::create(b, rows, b.index(lanes));
  Value whole = arith::SubIOp::create(b, rows, rest);
  b.loop(b.index(0), whole, lanes, [&](Value row) {
    b.loop(b.index(0), b.index(columns), lanes, [&](Value column) {
      Values vectors;
      for (int64_t n = 0; n < lanes; ++n)
        vectors.push_back(b.widen(vector::LoadOp::create(
            b, loaded, matrix, ValueRange{b.add(row, n), column})));
      vectors = b.transpose(vectors);
      for (int64_t n = 0; n < lanes; ++n)
        b.store(vectors[n], into,
                ValueRange{b.add(column, n), b.add(firstRow, row)});
    });
  });
  return whole;
}

void PrefillKernel::packQuery(Value from, Value into) {
  Value zero = b.index(0), end = zero;
  Value features = b.index(cast<MemRefType>(into.getType()).getDimSize(0));
  for (int64_t head = 0; head < heads; ++head) {
    Value matrix = getMatrix(b, b.getLoc(), from,
                             getLayout(op.getQueryLayoutAttr(), 4), head);
    Value rows = b.createOrFold<memref::DimOp>(matrix, zero), first = end;
    Value packed = packWholeVectors(matrix, rows, into, first);
    b.loop(packed, rows, 1, [&](Value row) {
      b.loop(zero, features, 1, [&](Value feature) {
        Value x = memref::LoadOp::create(b, matrix, ValueRange{row, feature});
        memref::StoreOp::create(b, b.widen(x), into,
                                ValueRange{feature, b.add(first, row)});
      });
    });
    end = b.add(first, rows);
  }
  // Lanes without a query compute scores of 0, which nobody reads.
  Value blocks = arith::CeilDivUIOp::create(b, end, b.index(shape.rows()));
  Value filled = arith::MulIOp::create(b, blocks, b.index(shape.rows()));
  b.loop(end, filled, 1, [&](Value row) {
    b.loop(zero, features, 1, [&](Value feature) {
      memref::StoreOp::create(b, b.scalar(0), into, ValueRange{feature, row});
    });
  });
}

void PrefillKernel::emit() {
  key = getMatrix(b, b.getLoc(), op.getKey(),
                  getLayout(op.getKeyLayoutAttr(), 4));
  value = getMatrix(b, b.getLoc(), op.getValue(),
                    getLayout(op.getValueLayoutAttr(), 4));
  rowsOfHead = memref::DimOp::create(b, op.getAcc(), Sequence);
  zero = b.index(0);
  Value one = b.index(1);
  numKeys = b.createOrFold<memref::DimOp>(key, zero);
  features = b.createOrFold<memref::DimOp>(key, one);
  valueFeatures = b.createOrFold<memref::DimOp>(value, one);
  packed = queries.get(
      b, op,
      MemRefType::get({cast<MemRefType>(key.getType()).getDimSize(1), maxRows},
                      b.element),
      "__attn_pack_query",
      [&](Value from, Value into) { packQuery(from, into); });
  scale = b.splat(*op.getStaticScale());
  // A tail writes whole register tiles of scores.
  scores = b.scratch({shape.block + shape.keys, shape.rows()}, b.element);
  auto wide = [&](Value matrix) -> Value {
    auto type = cast<MemRefType>(matrix.getType());
    if (type.getElementType() == b.element)
      return {};
    return b.scratch({shape.block, type.getDimSize(1)}, b.element);
  };
  wideKeys = wide(key);
  wideValues = wide(value);
  // There may be fewer rows than there is room for.
  Value numRows = arith::MulIOp::create(b, rowsOfHead, b.index(heads));
  b.loop(zero, numKeys, shape.block, [&](Value first) {
    KeyBlock block = makeBlock(first);
    b.loop(zero, numRows, shape.rows(),
           [&](Value row) { emitRows(block, row); });
  });
  op.erase();
}

//===----------------------------------------------------------------------===//
// A block of keys
//===----------------------------------------------------------------------===//

PrefillKernel::KeyBlock PrefillKernel::makeBlock(Value first) {
  KeyBlock block;
  block.first = first;
  block.size = b.blockSize(numKeys, first, shape.block);
  block.keys = wideKeys ? widen(key, first, block.size, wideKeys) : key;
  block.values =
      wideValues ? widen(value, first, block.size, wideValues) : value;
  return block;
}

Value PrefillKernel::widen(Value matrix, Value first, Value size, Value into) {
  b.call("__attn_widen", [&]() -> Values {
    b.loop(zero, size, 1, [&](Value row) {
      widenColumns(matrix, b.add(first, row), into, row);
    });
    return {};
  });
  return into;
}

void PrefillKernel::widenColumns(Value matrix, Value row, Value into,
                                 Value intoRow) {
  auto type = cast<MemRefType>(matrix.getType());
  int64_t columns = type.getDimSize(1);
  int64_t whole = hasUnitStride(type) ? columns / shape.lanes * shape.lanes : 0;
  auto narrow = VectorType::get({shape.lanes}, type.getElementType());
  for (int64_t c = 0; c < whole; c += shape.lanes) {
    Value column = b.index(c);
    Value x =
        vector::LoadOp::create(b, narrow, matrix, ValueRange{row, column});
    b.store(b.widen(x), into, ValueRange{intoRow, column});
  }
  b.loop(b.index(whole), b.index(columns), 1, [&](Value column) {
    Value x = memref::LoadOp::create(b, matrix, ValueRange{row, column});
    memref::StoreOp::create(b, b.widen(x), into, ValueRange{intoRow, column});
  });
}

/// 0 * x is NaN unless x is finite, and stays NaN in a sum. Vectors read rows
/// that lie in one piece; several sums do not wait for each other.
Value PrefillKernel::areFinite(const KeyBlock &block) {
  auto type = cast<MemRefType>(block.values.getType());
  int64_t columns = type.getDimSize(1);
  int64_t whole = hasUnitStride(type) ? columns / shape.lanes * shape.lanes : 0;
  int64_t numSums = std::clamp<int64_t>(whole / shape.lanes, 1, 8);
  Value first = block.values == value ? block.first : zero;
  Values start(numSums, b.splat(0));
  start.push_back(b.scalar(0));
  Values sums = b.loop(
      zero, block.size, 1, start, [&](Value row, ValueRange carried) -> Values {
        Values next(carried);
        Value position = b.add(first, row);
        for (int64_t c = 0; c < whole; c += shape.lanes) {
          Value &sum = next[c / shape.lanes % numSums];
          Value x = b.load(block.values, ValueRange{position, b.index(c)});
          sum = b.multiplyAdd(x, b.splat(0), sum);
        }
        next.back() =
            b.loop(b.index(whole), valueFeatures, 1, next.back(),
                   [&](Value column, ValueRange sum) -> Values {
                     Value x = memref::LoadOp::create(
                         b, block.values, ValueRange{position, column});
                     return {b.multiplyAdd(x, b.scalar(0), sum[0])};
                   })[0];
        return next;
      });
  Value rest = sums.pop_back_val(), all = sums.pop_back_val();
  for (Value sum : sums)
    all = arith::AddFOp::create(b, all, sum);
  Value inAll = arith::CmpFOp::create(b, arith::CmpFPredicate::ORD, all, all);
  Value inRest =
      arith::CmpFOp::create(b, arith::CmpFPredicate::ORD, rest, rest);
  return arith::AndIOp::create(
      b, inRest,
      vector::ReductionOp::create(b, vector::CombiningKind::AND, inAll));
}

Values PrefillKernel::getRows(Value base, int64_t count, Value size,
                              bool isTail) {
  Values rows;
  Value last = arith::SubIOp::create(b, size, b.index(1));
  for (int64_t t = 0; t < count; ++t) {
    Value row = b.add(base, t);
    rows.push_back(isTail ? b.min(row, last) : row);
  }
  return rows;
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

/// Only the regions tell one loop over keys from another.
void PrefillKernel::emitRows(const KeyBlock &block, Value row) {
  Values maxima = b.call("__attn_scores", [&] {
    return multiplyQueryKey(block, row, loadMaxima(row));
  });
  if (softmax.hasRegions())
    maxima = applyRegions(block, row, loadMaxima(row));
  b.call("__attn_add_block", [&]() -> Values {
    addBlock(block, row, maxima);
    return {};
  });
}

Values PrefillKernel::loadMaxima(Value row) {
  Values maxima;
  for (int64_t v = 0; v < shape.vectors; ++v)
    maxima.push_back(b.load(state.max, column(row, v)));
  return maxima;
}

void PrefillKernel::addBlock(const KeyBlock &block, Value row,
                             ArrayRef<Value> maxima) {
  Values oldMaxima = loadMaxima(row), sums, safe, factors;
  for (int64_t v = 0; v < shape.vectors; ++v) {
    safe.push_back(softmax.getFiniteMax(maxima[v]));
    factors.push_back(softmax.getFactor(oldMaxima[v], safe[v]));
    sums.push_back(b.splat(0));
  }
  // Sums of a block are added up on their own: of many small steps, the errors
  // would grow with the number of keys.
  auto [added, smallest] = exponentiate(block, safe, sums);
  for (int64_t v = 0; v < shape.vectors; ++v) {
    Value sum = b.load(state.sum, column(row, v));
    softmax.store(column(row, v), maxima[v],
                  b.multiplyAdd(sum, factors[v], added[v]));
  }
  b.branch(
      needsNaNSafePath(block, smallest),
      [&] {
        b.call("__attn_accumulate_nan_safe", [&]() -> Values {
          accumulate(block, row, factors, true);
          return {};
        });
      },
      [&] { accumulate(block, row, factors, false); });
}

/// Where every pair weighs something, none is hidden, and values count whatever
/// they are.
Value PrefillKernel::needsNaNSafePath(const KeyBlock &block, Value smallest) {
  Value isHidden =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, smallest, b.splat(0));
  Value hides =
      vector::ReductionOp::create(b, vector::CombiningKind::OR, isHidden);
  OpBuilder::InsertionGuard guard(b);
  auto care =
      scf::IfOp::create(b, b.getI1Type(), hides, /*withElseRegion=*/true);
  b.setInsertionPointToStart(care.thenBlock());
  Value isFinite = b.call("__attn_are_finite",
                          [&]() -> Values { return {areFinite(block)}; })[0];
  Value yes = arith::ConstantOp::create(b, b.getBoolAttr(true));
  scf::YieldOp::create(b, ValueRange{arith::XOrIOp::create(b, isFinite, yes)});
  b.setInsertionPointToStart(care.elseBlock());
  Value no = arith::ConstantOp::create(b, b.getBoolAttr(false));
  scf::YieldOp::create(b, no);
  return care.getResult(0);
}

Values PrefillKernel::multiplyQueryKey(const KeyBlock &block, Value row,
                                       Values maxima) {
  Value whole = b.wholeSteps(block.size, shape.keys);
  auto emit = [&](Value from, Value to, bool isTail) {
    maxima = b.loop(from, to, shape.keys, maxima,
                    [&](Value key, ValueRange carried) {
                      return emitProducts(block, row, key, isTail, carried);
                    });
  };
  emit(zero, whole, /*isTail=*/false);
  emit(whole, block.size, /*isTail=*/true);
  return maxima;
}

Values PrefillKernel::emitProducts(const KeyBlock &block, Value row, Value key,
                                   bool isTail, ValueRange maxima) {
  Values rows = getRows(key, shape.keys, block.size, isTail);
  if (block.keys == this->key)
    for (Value &position : rows)
      position = b.add(block.first, position);
  Values sums =
      b.loop(zero, features, 1, Values(shape.keys * shape.vectors, b.splat(0)),
             [&](Value feature, ValueRange carried) -> Values {
               Values queries, next;
               for (int64_t v = 0; v < shape.vectors; ++v)
                 queries.push_back(
                     b.load(packed, ValueRange{feature, column(row, v)}));
               for (int64_t t = 0; t < shape.keys; ++t) {
                 Value k = b.broadcast(memref::LoadOp::create(
                     b, block.keys, ValueRange{rows[t], feature}));
                 for (int64_t v = 0; v < shape.vectors; ++v)
                   next.push_back(b.multiplyAdd(
                       k, queries[v], carried[t * shape.vectors + v]));
               }
               return next;
             });
  Values result(maxima);
  for (int64_t t = 0; t < shape.keys; ++t)
    for (int64_t v = 0; v < shape.vectors; ++v) {
      Value score =
          arith::MulFOp::create(b, sums[t * shape.vectors + v], scale);
      b.store(score, scores, ValueRange{b.add(key, t), column(zero, v)});
      // A tail repeats the last key, which changes no maximum. (Where there are
      // regions, nobody looks at these maxima.)
      result[v] = b.maximum(score, result[v]);
    }
  return result;
}

Values PrefillKernel::applyRegions(const KeyBlock &block, Value row,
                                   Values maxima) {
  regions.begin({row, rowsOfHead, shape.vectors, {block.first, block.size}});
  auto applyToKey = [&](Value key, ValueRange carried) {
    Values rows, result;
    for (int64_t v = 0; v < shape.vectors; ++v)
      rows.push_back(b.load(scores, ValueRange{key, column(zero, v)}));
    rows = regions.apply(key, rows);
    for (int64_t v = 0; v < shape.vectors; ++v) {
      b.store(rows[v], scores, ValueRange{key, column(zero, v)});
      result.push_back(b.maximum(rows[v], carried[v]));
    }
    return result;
  };
  return b.loop(zero, block.size, 1, maxima, applyToKey);
}

std::pair<Values, Value> PrefillKernel::exponentiate(const KeyBlock &block,
                                                     ArrayRef<Value> maxima,
                                                     Values sums) {
  sums.push_back(b.splat(1));
  sums = b.loop(
      zero, block.size, 1, sums, [&](Value key, ValueRange carried) -> Values {
        Values result;
        Value smallest = carried.back();
        for (int64_t v = 0; v < shape.vectors; ++v) {
          Values at{key, column(zero, v)};
          Value weight = b.exponential(
              arith::SubFOp::create(b, b.load(scores, at), maxima[v]));
          b.store(weight, scores, at);
          result.push_back(arith::AddFOp::create(b, carried[v], weight));
          smallest = b.minimum(weight, smallest);
        }
        result.push_back(smallest);
        return result;
      });
  Value smallest = sums.pop_back_val();
  return {sums, smallest};
}

//===----------------------------------------------------------------------===//
// The second product
//===----------------------------------------------------------------------===//

void PrefillKernel::accumulate(const KeyBlock &block, Value row,
                               ArrayRef<Value> factors, bool isNaNSafe) {
  Value whole = b.wholeSteps(valueFeatures, shape.keys);
  b.loop(zero, whole, shape.keys, [&](Value feature) {
    emitFeatures(block, row, feature, /*isTail=*/false, factors, isNaNSafe);
  });
  b.loop(whole, valueFeatures, shape.keys, [&](Value feature) {
    emitFeatures(block, row, feature, /*isTail=*/true, factors, isNaNSafe);
  });
}

void PrefillKernel::emitFeatures(const KeyBlock &block, Value row,
                                 Value feature, bool isTail,
                                 ArrayRef<Value> factors, bool isNaNSafe) {
  // A tail repeats the last feature: all copies are read before any is written.
  Values columns = getRows(feature, shape.keys, valueFeatures, isTail);
  Values sums(shape.keys * shape.vectors, b.splat(0)), old;
  Value first = block.values == value ? block.first : zero;
  sums = b.loop(
      zero, block.size, 1, sums, [&](Value key, ValueRange carried) -> Values {
        Values weights, next;
        for (int64_t v = 0; v < shape.vectors; ++v)
          weights.push_back(b.load(scores, ValueRange{key, column(zero, v)}));
        for (int64_t t = 0; t < shape.keys; ++t) {
          Value x = b.broadcast(memref::LoadOp::create(
              b, block.values, ValueRange{b.add(first, key), columns[t]}));
          for (int64_t v = 0; v < shape.vectors; ++v) {
            Value old = carried[t * shape.vectors + v];
            Value sum = b.multiplyAdd(x, weights[v], old);
            if (isNaNSafe) {
              Value isHidden = arith::CmpFOp::create(
                  b, arith::CmpFPredicate::OEQ, weights[v], b.splat(0));
              sum = arith::SelectOp::create(b, isHidden, old, sum);
            }
            next.push_back(sum);
          }
        }
        return next;
      });
  for (Value position : columns)
    for (int64_t v = 0; v < shape.vectors; ++v)
      old.push_back(b.load(state.acc, ValueRange{position, column(row, v)}));
  for (auto [t, position] : llvm::enumerate(columns))
    for (int64_t v = 0; v < shape.vectors; ++v) {
      int64_t n = t * shape.vectors + v;
      b.store(b.multiplyAdd(old[n], factors[v], sums[n]), state.acc,
              ValueRange{position, column(row, v)});
    }
}

//===----------------------------------------------------------------------===//
// As one of the kernels
//===----------------------------------------------------------------------===//

namespace {
struct QueriesInLanes : KernelOf<AttendOp> {
  StringRef getName() const override { return "prefill"; }

  /// Each feature is broadcast and multiplied by each vector of queries.
  std::optional<double> getCost(AttendOp op,
                                CPUTargetAttr target) const override {
    KernelCost cost(op, target);
    int64_t rows = getLayoutInLanes(op, target).rows;
    double products = cost.instructions((cost.features + cost.valueFeatures) *
                                        (rows / cost.lanes));
    return products + cost.softmax(rows) + cost.waiting();
  }

  void emit(AttendOp op, KernelContext &context) const override {
    StateScratch state = context.states.get(
        op, context.target, getLayoutInLanes(op, context.target));
    PrefillKernel(op, context.target, state, context.functions, context.queries)
        .emit();
  }
};
} // namespace

/// The op's rows, up to whole register tiles.
StateLayout attn::getLayoutInLanes(AttendOp op, CPUTargetAttr target) {
  int64_t rows = std::max<int64_t>(*getMaxRows(op), 1);
  KernelShape shape = getKernelShape(target, op.getScoreType(), rows);
  return {/*queriesInLanes=*/true, int64_t(llvm::alignTo(rows, shape.rows())),
          /*features=*/1};
}

const AttentionKernel &attn::getPrefillKernel() {
  static const QueriesInLanes kernel;
  return kernel;
}
