//===- PrefillKernel.cpp - attend for one head and some rows --------------===//
#include "Kernels/Prefill/PrefillKernel.h"
#include "Kernels/KernelCost.h"
#include "State/SplitAttend.h"
#include "Steps/Matrix.h"
#include "Steps/NaNSafe.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"

using namespace mlir;
using namespace mlir::attn;

static int64_t getRowsOf(const StateScratch &state) {
  return cast<MemRefType>(state.max.getType()).getDimSize(0);
}

PrefillKernel::PrefillKernel(AttendOp op, const StateScratch &state,
                             KernelContext &context)
    : PieceKernel(op, getLanes(context.target, op.getScoreType()), state,
                  context),
      maxRows(getRowsOf(state)),
      shape(getKernelShape(context.target, op.getScoreType(), maxRows)),
      regions(b, op, softmax, shape.block, shape.rows()) {
  keysAtOnce = shape.block;
}

MemRefType PrefillKernel::getPackedType() {
  return MemRefType::get({getColumns(key), maxRows}, b.element);
}

/// Transposes as many rows as fill vectors; returns how many. None where
/// features do not lie side by side or fill no blocks of 128 bits.
Value PrefillKernel::packWholeVectors(Value matrix, Value rows, Value into,
                                      Value firstRow) {
  auto type = cast<MemRefType>(matrix.getType());
  int64_t lanes = shape.lanes, columns = type.getDimSize(1),
          block = b.blockLanes();
  if (!hasUnitStride(type) || columns % block != 0)
    return b.index(0);
  // LLVM shuffles narrow numbers one by one, but not integers.
  Type element = type.getElementType(), bits = element;
  if (element != b.element)
    bits = b.getIntegerType(element.getIntOrFloatBitWidth());
  auto as = [&](Value from, Type to) -> Value {
    Type type = cast<VectorType>(from.getType()).clone(to);
    return type == from.getType()
               ? from
               : Value(arith::BitcastOp::create(b, type, from));
  };
  Value rest = arith::RemUIOp::create(b, rows, b.index(lanes));
  Value whole = arith::SubIOp::create(b, rows, rest);
  b.loop(b.index(0), whole, lanes, [&](Value row) {
    b.loop(b.index(0), b.index(columns), block, [&](Value column) {
      Values joined = b.joinRows([&](int64_t n) {
        Value part =
            vector::LoadOp::create(b, VectorType::get({block}, element), matrix,
                                   ValueRange{b.add(row, n), column});
        return as(part, bits);
      });
      for (Value &vector : joined)
        vector = b.widen(as(vector, element));
      for (auto [n, vector] : llvm::enumerate(b.transposeJoined(joined)))
        b.store(vector, into,
                ValueRange{b.add(column, n), b.add(firstRow, row)});
    });
  });
  return whole;
}

void PrefillKernel::packQuery(Value from, Value into) {
  Value zero = b.index(0), end = zero;
  Value features = b.index(cast<MemRefType>(into.getType()).getDimSize(0));
  forHeads(from, [&](Value matrix) {
    Value rows = b.createOrFold<memref::DimOp>(matrix, zero), first = end;
    Value packed = packWholeVectors(matrix, rows, into, first);
    b.loop(packed, rows, 1, [&](Value row) {
      b.loop(zero, features, 1, [&](Value feature) {
        Value x = b.loadElement(matrix, {row, feature});
        memref::StoreOp::create(b, x, into,
                                ValueRange{feature, b.add(first, row)});
      });
    });
    end = b.add(first, rows);
  });
  // Lanes without a query compute scores of 0, which nobody reads.
  Value blocks = arith::CeilDivUIOp::create(b, end, b.index(shape.rows()));
  Value filled = arith::MulIOp::create(b, blocks, b.index(shape.rows()));
  b.loop(end, filled, 1, [&](Value row) {
    b.loop(zero, features, 1, [&](Value feature) {
      memref::StoreOp::create(b, b.scalar(0), into, ValueRange{feature, row});
    });
  });
}

void PrefillKernel::allocate() {
  rowsOfHead = memref::DimOp::create(b, op.getAcc(), Sequence);
  features = b.index(getColumns(key));
  valueFeatures = b.index(getColumns(value));
  scale = b.splat(*op.getStaticScale());
  // A tail writes whole register tiles of scores.
  auto block = [&] {
    return b.scratch({shape.block + shape.keys, shape.rows()}, b.element);
  };
  scores = block();
  // In place, LLVM would store what is masked by an instruction for it, which
  // takes some CPUs ten times as long.
  products = op.getMask().empty() ? scores : block();
  auto wide = [&](Value matrix) -> Value {
    if (getElementTypeOrSelf(matrix) == b.element)
      return {};
    return b.scratch({shape.block, getColumns(matrix)}, b.element);
  };
  wideKeys = wide(key);
  wideValues = wide(value);
  // There may be fewer rows than there is room for.
  numRows = arith::MulIOp::create(b, rowsOfHead, b.index(heads));
}

void PrefillKernel::emitKeys(Value first) {
  KeyBlock block = makeBlock(first);
  b.loop(zero, numRows, shape.rows(), [&](Value row) { emitRows(block, row); });
}

//===----------------------------------------------------------------------===//
// A block of keys
//===----------------------------------------------------------------------===//

PrefillKernel::KeyBlock PrefillKernel::makeBlock(Value first) {
  KeyBlock block;
  block.first = first;
  block.size = b.blockSize(numKeys, first, shape.block);
  // The parts of a mask, with fewer keys, then share their functions.
  if (getConstantIntValue(block.size) == shape.block)
    block.size = b.wholeSteps(b.asArgument(block.size), shape.keys);
  block.keys = wideKeys ? widen(key, first, block.size, wideKeys) : key;
  block.values =
      wideValues ? widen(value, first, block.size, wideValues) : value;
  // Those of a mask begin further on, and share functions.
  block.firstRow = wideKeys ? b.asArgument(zero) : first;
  block.firstValueRow = wideValues ? b.asArgument(zero) : first;
  block.skipped = zero;
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
  for (int64_t c = 0; c < whole; c += shape.lanes) {
    Value column = b.index(c);
    Value x = b.loadWide(matrix, {row, column});
    b.store(x, into, ValueRange{intoRow, column});
  }
  b.loop(b.index(whole), b.index(columns), 1, [&](Value column) {
    Value x = b.loadElement(matrix, {row, column});
    memref::StoreOp::create(b, x, into, ValueRange{intoRow, column});
  });
}

/// By sums of 0 * x. Vectors read rows that lie in one piece; several sums do
/// not wait for each other.
Value PrefillKernel::areFinite(const KeyBlock &block) {
  auto type = cast<MemRefType>(block.values.getType());
  int64_t columns = type.getDimSize(1);
  int64_t whole = hasUnitStride(type) ? columns / shape.lanes * shape.lanes : 0;
  int64_t numSums = std::clamp<int64_t>(whole / shape.lanes, 1, 8);
  Values start(numSums, b.splat(0));
  start.push_back(b.scalar(0));
  Values sums = b.loop(
      zero, block.size, 1, start, [&](Value row, ValueRange carried) -> Values {
        Values next(carried);
        Value position = b.add(row, block.firstValueRow);
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
  sums.back() = b.broadcast(sums.back());
  return attn::areFinite(b, sums);
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

Values PrefillKernel::Extremes::pack() const {
  Values all(largest);
  all.append(smallest);
  return all;
}

PrefillKernel::Extremes PrefillKernel::Extremes::unpack(ValueRange values) {
  size_t n = values.size() / 2;
  return {Values(values.take_front(n)), Values(values.take_back(n))};
}

void PrefillKernel::Extremes::add(KernelBuilder &b, int64_t vector,
                                  Value score) {
  largest[vector] = b.maximum(score, largest[vector]);
  smallest[vector] = b.minimum(score, smallest[vector]);
}

/// Where keys at either end of a block are hidden from all rows, as by a window
/// or a document's end, nothing is computed for them.
void PrefillKernel::emitRows(const KeyBlock &block, Value row) {
  if (op.getMask().empty())
    return attend(block, row);
  beginRegions(block, row);
  auto isAttended = [&](Value key) { return regions.isAttended(key); };
  Value last = b.createOrFold<arith::SubIOp>(block.size, b.index(1));
  auto [first, isAny] = b.find(zero, last, 1, isAttended);
  b.branch(
      isAny,
      [&] {
        Value end = b.add(b.find(last, zero, -1, isAttended).first, 1);
        attend(trim(block, first, end), row);
      },
      [] {});
}

void PrefillKernel::beginRegions(const KeyBlock &block, Value row) {
  regions.begin({row, rowsOfHead, shape.vectors, {block.first, block.size}});
}

PrefillKernel::KeyBlock PrefillKernel::trim(const KeyBlock &block, Value from,
                                            Value to) {
  KeyBlock trimmed = block;
  trimmed.skipped = b.wholeSteps(from, shape.keys);
  Value size =
      b.alignUp(arith::SubIOp::create(b, to, trimmed.skipped), shape.keys);
  // A block of whole register tiles has no others.
  trimmed.size =
      b.wholeSteps(block.size, shape.keys) == block.size
          ? size
          : b.min(size, arith::SubIOp::create(b, block.size, trimmed.skipped));
  for (Value *position :
       {&trimmed.first, &trimmed.firstRow, &trimmed.firstValueRow})
    *position = b.add(*position, trimmed.skipped);
  return trimmed;
}

/// Only the regions tell one loop over keys from another.
void PrefillKernel::attend(const KeyBlock &block, Value row) {
  Extremes extremes = Extremes::unpack(b.call("__attn_scores", [&] {
    return multiplyQueryKey(block, row, loadExtremes(row)).pack();
  }));
  if (softmax.hasRegions()) {
    if (op.getMask().empty())
      beginRegions(block, row);
    extremes = applyRegions(block, loadExtremes(row));
  }
  b.call("__attn_add_block", [&]() -> Values {
    addBlock(block, row, extremes);
    return {};
  });
}

PrefillKernel::Extremes PrefillKernel::loadExtremes(Value row) {
  Value infinity = b.splat(std::numeric_limits<double>::infinity());
  return {loadMaxima(row), Values(shape.vectors, infinity)};
}

Values PrefillKernel::loadMaxima(Value row) {
  Values maxima;
  for (int64_t v = 0; v < shape.vectors; ++v)
    maxima.push_back(b.load(state.max, column(row, v)));
  return maxima;
}

PrefillKernel::Extremes PrefillKernel::multiplyQueryKey(const KeyBlock &block,
                                                        Value row,
                                                        Extremes extremes) {
  Value whole = b.wholeSteps(block.size, shape.keys);
  Value tall = getTallEnd(block.size, shape.keys, shape.tallKeys);
  auto emit = [&](Value from, Value to, int64_t step, bool isTail) {
    extremes = Extremes::unpack(b.loop(
        from, to, step, extremes.pack(), [&](Value key, ValueRange carried) {
          return emitProducts(block, row, key, step, isTail, carried);
        }));
  };
  emit(zero, tall, shape.tallKeys, /*isTail=*/false);
  emit(tall, whole, shape.keys, /*isTail=*/false);
  emit(whole, block.size, shape.keys, /*isTail=*/true);
  return extremes;
}

Values PrefillKernel::emitProducts(const KeyBlock &block, Value row, Value key,
                                   int64_t numKeys, bool isTail,
                                   ValueRange extremes) {
  Values rows = getRows(key, numKeys, block.size, isTail);
  for (Value &position : rows)
    position = b.add(position, block.firstRow);
  Values zeros(numKeys * shape.vectors, b.splat(0));
  auto add = [&](Value feature, ValueRange carried) -> Values {
    Values queries;
    for (int64_t v = 0; v < shape.vectors; ++v)
      queries.push_back(
          b.load(packedQuery, ValueRange{feature, column(row, v)}));
    return b.addProducts(carried, queries, [&](int64_t t) {
      return b.loadElement(block.keys, {rows[t], feature});
    });
  };
  Values sums = isTail ? b.loop(zero, features, 1, zeros, add)
                       : b.unrolledLoop(zero, features, zeros, add);
  Extremes result = Extremes::unpack(extremes);
  for (int64_t t = 0; t < numKeys; ++t)
    for (int64_t v = 0; v < shape.vectors; ++v) {
      Value score =
          arith::MulFOp::create(b, sums[t * shape.vectors + v], scale);
      b.store(score, products, ValueRange{b.add(key, t), column(zero, v)});
      // A tail repeats the last key, which changes no extreme. (Where there are
      // regions, nobody looks at these.)
      result.add(b, v, score);
    }
  return result.pack();
}

PrefillKernel::Extremes PrefillKernel::applyRegions(const KeyBlock &block,
                                                    const Extremes &extremes) {
  auto applyToKey = [&](Value key, ValueRange carried) {
    Values rows;
    Extremes result = Extremes::unpack(carried);
    for (int64_t v = 0; v < shape.vectors; ++v)
      rows.push_back(b.load(products, ValueRange{key, column(zero, v)}));
    rows = regions.apply(b.add(key, block.skipped), rows);
    for (int64_t v = 0; v < shape.vectors; ++v) {
      b.store(rows[v], scores, ValueRange{key, column(zero, v)});
      result.add(b, v, rows[v]);
    }
    return result.pack();
  };
  return Extremes::unpack(
      b.loop(zero, block.size, 1, extremes.pack(), applyToKey));
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
    PrefillKernel(op, state, context).emit();
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
