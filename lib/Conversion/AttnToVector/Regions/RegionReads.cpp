//===- RegionReads.cpp - Reads of pairs, a block of them at once ----------===//
#include "Regions/RegionReads.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

using namespace mlir;
using namespace mlir::attn;

static SmallVector<Value> getKeyArguments(Region &region, Value key) {
  SmallVector<Value> result{key};
  // The score, where there is one, differs between keys.
  if (region.getNumArguments() > 4)
    result.push_back(region.getArgument(0));
  return result;
}

RegionReads::RegionReads(KernelBuilder &builder, Region &region,
                         ArrayRef<Value> inLanes, Value key)
    : b(builder), region(region), key(key),
      keys(region, getKeyArguments(region, key)) {
  RegionDependence lanes(region, inLanes);
  for (auto op : region.front().getOps<memref::LoadOp>())
    find(op, lanes);
}

/// Each takes scratch of a block of scores.
static constexpr size_t maxReads = 8;

/// Reads that are the same in all lanes, or at all keys, are left alone.
void RegionReads::find(memref::LoadOp op, const RegionDependence &lanes) {
  if (!keys.contains(*op) || !lanes.contains(*op) ||
      keys.contains(op.getMemRef()) || lanes.contains(op.getMemRef()))
    return;
  std::optional<KeyStep> step = getKeyStep(op, keys, key);
  Value score = region.getNumArguments() > 4 ? region.getArgument(0) : Value();
  auto isOfOneSide = [&](Value index) {
    return !keys.contains(index) || !lanes.contains(index);
  };
  bool readsScore = score && RegionDependence(region, score).contains(*op);
  if (!readsScore && reads.size() < maxReads &&
      (step || llvm::all_of(op->getOperands(), isOfOneSide)))
    reads.push_back({op, step, {}});
}

/// Whether two regions of an op compute the same from their positions.
static bool isSame(Value a, Value b, unsigned depth = 0) {
  constexpr unsigned maxDepth = 8;
  if (a == b)
    return true;
  auto x = dyn_cast<BlockArgument>(a), y = dyn_cast<BlockArgument>(b);
  if (x && y) {
    auto fromEnd = [](BlockArgument argument) {
      return argument.getOwner()->getNumArguments() - argument.getArgNumber();
    };
    return fromEnd(x) == fromEnd(y) && fromEnd(x) <= 4;
  }
  Operation *p = a.getDefiningOp(), *q = b.getDefiningOp();
  if (!p || !q || depth == maxDepth || p->getName() != q->getName() ||
      p->getAttrDictionary() != q->getAttrDictionary() ||
      p->getNumOperands() != q->getNumOperands() || p->getNumRegions() != 0 ||
      p->getNumResults() != 1 || a.getType() != b.getType() ||
      !(isPure(p) || isa<memref::LoadOp>(p)))
    return false;
  return llvm::all_of(llvm::zip(p->getOperands(), q->getOperands()),
                      [&](auto pair) {
                        auto [m, n] = pair;
                        return isSame(m, n, depth + 1);
                      });
}

void RegionReads::shareWith(const RegionReads &other) {
  for (Read &read : reads)
    for (const Read &first : other.reads)
      if (isSame(read.op->getResult(0), first.op->getResult(0)))
        read.other = &first;
}

//===----------------------------------------------------------------------===//
// Types of what is kept: i1 lies in memory as bytes
//===----------------------------------------------------------------------===//

static Type getKeptType(Type element) {
  return element.isInteger(1) ? IntegerType::get(element.getContext(), 8)
                              : element;
}

static Value getAsKept(KernelBuilder &b, Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  Type kept = getKeptType(type.getElementType());
  if (kept == type.getElementType())
    return memref;
  auto bytes = MemRefType::get(type.getShape(), kept, type.getLayout(),
                               type.getMemorySpace());
  return X86BytesOp::create(b, bytes, memref);
}

static Value toKept(KernelBuilder &b, Value vector) {
  auto type = cast<VectorType>(vector.getType());
  Type kept = getKeptType(type.getElementType());
  if (kept == type.getElementType())
    return vector;
  return arith::ExtUIOp::create(b, type.clone(kept), vector);
}

static Value fromKept(KernelBuilder &b, Value vector, Type element) {
  auto type = cast<VectorType>(vector.getType());
  if (element == type.getElementType())
    return vector;
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, vector, zero);
}

/// Vectors of narrow elements, whose halves x86 interleaves by one instruction.
static Values transposeNarrow(KernelBuilder &b, Values vectors) {
  int64_t size = vectors.size(), half = size / 2;
  for (int64_t distance = 1; distance < size; distance *= 2) {
    Values next;
    for (int64_t n = 0; n < half; ++n)
      for (int64_t from : {int64_t(0), half}) {
        SmallVector<int64_t> lanes;
        for (int64_t lane = from; lane < from + half; ++lane)
          lanes.append({lane, size + lane});
        next.push_back(
            vector::ShuffleOp::create(b, vectors[n], vectors[n + half], lanes));
      }
    vectors = next;
  }
  return vectors;
}

static Values transpose(KernelBuilder &b, Values vectors) {
  auto type = cast<VectorType>(vectors[0].getType());
  Type element = type.getElementType();
  if (element.isIndex() || element.getIntOrFloatBitWidth() > 16)
    return b.transpose(vectors);
  if (isa<IntegerType>(element))
    return transposeNarrow(b, vectors);
  auto bits = type.clone(b.getIntegerType(element.getIntOrFloatBitWidth()));
  for (Value &vector : vectors)
    vector = arith::BitcastOp::create(b, bits, vector);
  vectors = transposeNarrow(b, vectors);
  for (Value &vector : vectors)
    vector = arith::BitcastOp::create(b, type, vector);
  return vectors;
}

//===----------------------------------------------------------------------===//
// Reading ahead
//===----------------------------------------------------------------------===//

void RegionReads::fill(const RegionVectorizer &rows, const Keys &keys,
                       Value column, int64_t maxKeys, int64_t columns) {
  for (Read &read : reads) {
    if (read.other)
      continue;
    if (!read.scratch)
      read.scratch =
          b.scratch({maxKeys, columns},
                    getKeptType(read.op.getMemRefType().getElementType()));
    if (read.step)
      fillAlongKeys(read, rows, keys, column);
    else
      fillWhereChanged(read, rows, keys, column);
  }
}

void RegionReads::define(RegionVectorizer &vectorizer, Value key,
                         Value column) {
  for (const Read &read : reads) {
    Value scratch = read.other ? read.other->scratch : read.scratch;
    auto type = cast<MemRefType>(scratch.getType());
    Value kept = vector::LoadOp::create(
        b, VectorType::get({b.lanes()}, type.getElementType()), scratch,
        ValueRange{key, column});
    vectorizer.define(
        memref::LoadOp(read.op).getResult(),
        fromKept(b, kept,
                 memref::LoadOp(read.op).getMemRefType().getElementType()));
  }
}

Values RegionReads::getIndices(const Read &read, RegionVectorizer &rows,
                               Value at) {
  rows.define(key, at);
  memref::LoadOp op = read.op;
  rows.inlineSlice(region, op.getIndices());
  Values indices;
  for (Value index : op.getIndices())
    indices.push_back(rows.lookup(index));
  return indices;
}

Value RegionReads::readLanes(const Read &read, RegionVectorizer rows,
                             Value at) {
  rows.define(key, at);
  memref::LoadOp op = read.op;
  rows.inlineSlice(region, op.getResult());
  return toKept(b, b.broadcast(rows.lookup(op.getResult())));
}

/// Keys from .. to of the block.
void RegionReads::readElements(const Read &read, const RegionVectorizer &rows,
                               const Keys &keys, Value from, Value to,
                               Value column) {
  b.loop(from, to, 1, [&](Value k) {
    b.store(readLanes(read, rows, b.add(keys.first, k)), read.scratch,
            ValueRange{k, column});
  });
}

/// As many keys as there are lanes: those of the block from `start` on, of
/// which `lowest` has the element that comes first in memory.
void RegionReads::readVectors(const Read &read, RegionVectorizer rows,
                              Value lowest, Value start, Value column) {
  memref::LoadOp op = read.op;
  Values indices = getIndices(read, rows, lowest), vectors;
  Value memref = getAsKept(b, rows.lookup(op.getMemRef()));
  auto type = VectorType::get(
      {b.lanes()}, cast<MemRefType>(memref.getType()).getElementType());
  for (int64_t lane = 0; lane < b.lanes(); ++lane) {
    Values at;
    for (Value index : indices)
      at.push_back(isa<VectorType>(index.getType())
                       ? Value(vector::ExtractOp::create(b, index, lane))
                       : index);
    vectors.push_back(vector::LoadOp::create(b, type, memref, at));
  }
  vectors = transpose(b, vectors);
  if (read.step->step < 0)
    std::reverse(vectors.begin(), vectors.end());
  for (auto [n, vector] : llvm::enumerate(vectors))
    b.store(vector, read.scratch, ValueRange{b.add(start, n), column});
}

/// The last vector of keys begins early enough to be whole. A block with fewer
/// keys than lanes is read one by one, and so are keys at which the index stays
/// where it is: it moves by no more than 1, so it moves with each key if the
/// first and last ones are far enough apart.
void RegionReads::fillAlongKeys(const Read &read, const RegionVectorizer &rows,
                                const Keys &keys, Value column) {
  RegionVectorizer known(rows);
  memref::LoadOp op = read.op;
  known.inlineSlice(region, op.getIndices(),
                    [&](Operation &op) { return !this->keys.contains(op); });
  Value zero = b.index(0), last = b.index(b.lanes() - 1);
  Value whole = arith::SubIOp::create(b, keys.size, b.index(b.lanes()));
  Value hasWhole =
      arith::CmpIOp::create(b, arith::CmpIPredicate::sge, whole, zero);
  Value limit = arith::MaxSIOp::create(b, whole, zero);
  b.loop(zero, keys.size, b.lanes(), [&](Value k) {
    Value start = b.min(k, limit);
    Value lowest = b.add(keys.first, start);
    Value highest = b.add(lowest, last);
    if (read.step->step < 0)
      std::swap(lowest, highest);
    Value canRead = hasWhole;
    if (!read.step->isExact) {
      RegionVectorizer here(known), there(known);
      Value moved = arith::SubIOp::create(
          b, b.broadcast(getIndices(read, there, highest).back()),
          b.broadcast(getIndices(read, here, lowest).back()));
      Value isEach = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, moved,
                                           b.broadcast(last));
      canRead = arith::AndIOp::create(
          b, canRead,
          vector::ReductionOp::create(b, vector::CombiningKind::AND, isEach));
    }
    b.branch(
        canRead, [&] { readVectors(read, known, lowest, start, column); },
        [&] {
          Value end = b.min(b.add(start, b.lanes()), keys.size);
          readElements(read, known, keys, start, end, column);
        });
  });
}

/// Reads anew at keys where an index that depends on the key has changed.
void RegionReads::fillWhereChanged(const Read &read,
                                   const RegionVectorizer &rows,
                                   const Keys &keys, Value column) {
  RegionVectorizer known(rows);
  memref::LoadOp op = read.op;
  known.inlineSlice(region, op->getOperands(),
                    [&](Operation &op) { return !this->keys.contains(op); });
  Values moving;
  for (Value operand : op->getOperands())
    if (this->keys.contains(operand))
      moving.push_back(operand);
  auto getMoving = [&](Value at) {
    RegionVectorizer here(known);
    here.define(key, at);
    here.inlineSlice(region, moving);
    return llvm::map_to_vector(
        moving, [&](Value operand) { return here.lookup(operand); });
  };
  Values carried(getMoving(keys.first));
  carried.push_back(readLanes(read, known, keys.first));
  b.loop(b.index(0), keys.size, 1, carried,
         [&](Value k, ValueRange old) -> Values {
           Value at = b.add(keys.first, k), changed;
           Values next(getMoving(at));
           for (auto [now, then] : llvm::zip(next, old)) {
             Value differs =
                 arith::CmpIOp::create(b, arith::CmpIPredicate::ne, now, then);
             changed = changed ? b.createOrFold<arith::OrIOp>(changed, differs)
                               : differs;
           }
           next.append(b.choose(
               changed, [&] { return Values{readLanes(read, known, at)}; },
               old.back()));
           b.store(next.back(), read.scratch, ValueRange{k, column});
           return next;
         });
}

//===----------------------------------------------------------------------===//
// Keys in lanes
//===----------------------------------------------------------------------===//

namespace {
struct VectorRead {
  memref::LoadOp op;
  Values lowest; // indices of the element that comes first in memory
  Value canRead; // whether the others follow it
  bool isReversed;
};
} // namespace

static VectorRead getVectorRead(KernelBuilder &b, memref::LoadOp op,
                                const KeyStep &step,
                                const RegionVectorizer &lanes, Value firstKey,
                                Value isWhole) {
  Region &region = *op->getParentRegion();
  auto getIndices = [&](Value key) {
    RegionVectorizer scalars(lanes);
    scalars.define(region.getArguments().back(), key);
    scalars.inlineSlice(region, op.getIndices());
    return llvm::map_to_vector(
        op.getIndices(), [&](Value index) { return scalars.lookup(index); });
  };
  Value lastKey = b.add(firstKey, b.lanes() - 1);
  bool isReversed = step.step < 0;
  VectorRead read{op, Values(getIndices(isReversed ? lastKey : firstKey)),
                  isWhole, isReversed};
  if (step.isExact)
    return read;
  Value highest = getIndices(isReversed ? firstKey : lastKey).back();
  Value isEach = arith::CmpIOp::create(
      b, arith::CmpIPredicate::eq,
      arith::SubIOp::create(b, highest, read.lowest.back()),
      b.index(b.lanes() - 1));
  read.canRead = arith::AndIOp::create(b, isWhole, isEach);
  return read;
}

static Value readVector(KernelBuilder &b, const VectorRead &read,
                        Value original) {
  Value memref = getAsKept(b, original);
  Type element = cast<MemRefType>(original.getType()).getElementType();
  auto type = VectorType::get({b.lanes()}, getKeptType(element));
  Value kept = vector::LoadOp::create(b, type, memref, read.lowest);
  if (read.isReversed) {
    auto order = llvm::to_vector(llvm::seq<int64_t>(0, b.lanes()));
    std::reverse(order.begin(), order.end());
    kept = vector::ShuffleOp::create(b, kept, kept, order);
  }
  return fromKept(b, kept, element);
}

void attn::defineKeyReads(KernelBuilder &b, Region &region,
                          RegionVectorizer &lanes, Value firstKey,
                          Value isWhole) {
  Value key = region.getArguments().back();
  RegionDependence keys(region, getKeyArguments(region, key));
  for (auto op : region.front().getOps<memref::LoadOp>()) {
    std::optional<KeyStep> step = getKeyStep(op, keys, key);
    if (!step)
      continue;
    VectorRead read = getVectorRead(b, op, *step, lanes, firstKey, isWhole);
    Value memref = lanes.lookup(op.getMemRef());
    auto type = VectorType::get({b.lanes()}, op.getType());
    auto branch = scf::IfOp::create(b, type, read.canRead,
                                    /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    scf::YieldOp::create(b, readVector(b, read, memref));
    b.setInsertionPointToStart(branch.elseBlock());
    RegionVectorizer each(lanes);
    each.inlineSlice(region, op.getResult());
    scf::YieldOp::create(b, each.lookup(op.getResult()));
    lanes.define(op.getResult(), branch.getResult(0));
  }
}
