//===- AMXPacking.cpp - Operands as tiles want them -----------------------===//
#include "Kernels/AMX/AMXKernel.h"
#include "Steps/Matrix.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace mlir::attn;

static bool hasRowsInOnePiece(Value matrix) {
  return hasUnitStride(cast<MemRefType>(matrix.getType()));
}

/// Whether rows lie in one piece and tiles divide them.
bool AMXKernel::isWholeTiles(Value matrix) {
  return hasRowsInOnePiece(matrix) &&
         cast<MemRefType>(matrix.getType()).getDimSize(1) == depth;
}

/// `lanes` features of a row from `feature` on, those beyond its own 0.
Value AMXKernel::loadFeatures(Value matrix, Value row, int64_t feature,
                              int64_t lanes) {
  VectorType type = VectorType::get({lanes}, b.getBF16Type());
  int64_t inside = getColumns(matrix) - feature;
  ValueRange at{row, b.index(feature)};
  if (inside >= lanes)
    return vector::LoadOp::create(b, type, matrix, at);
  Value none = arith::ConstantOp::create(b, b.getZeroAttr(type));
  if (inside <= 0)
    return none;
  Value mask =
      vector::ConstantMaskOp::create(b, type.clone(b.getI1Type()), inside);
  return vector::MaskedLoadOp::create(b, type, matrix, at, mask, none);
}

/// `body` with 8 features of a row at a time: those that are there in a loop,
/// then what is left up to `end`.
Values AMXKernel::forParts(
    Value matrix, int64_t end, ValueRange carried,
    function_ref<Values(Value feature, ValueRange carried, LoadPart load)>
        body) {
  VectorType part = VectorType::get({kPart}, b.getBF16Type());
  int64_t whole = getColumns(matrix) / kPart * kPart;
  Values results =
      b.loop(b.index(0), b.index(whole), kPart, carried,
             [&](Value feature, ValueRange carried) {
               return body(feature, carried, [&](Value row) -> Value {
                 return vector::LoadOp::create(b, part, matrix,
                                               ValueRange{row, feature});
               });
             });
  for (int64_t feature = whole; feature < end; feature += kPart)
    results = body(b.index(feature), results, [&](Value row) {
      return loadFeatures(matrix, row, feature, kPart);
    });
  return results;
}

static VectorType getVector(OpBuilder &builder, int64_t lanes, unsigned bits) {
  return VectorType::get({lanes}, builder.getIntegerType(bits));
}

//===----------------------------------------------------------------------===//
// Queries
//===----------------------------------------------------------------------===//

/// Rows of one head after the other.
void AMXKernel::packQuery(Value from, Value into) {
  Value first = b.index(0);
  int64_t head = 0;
  forHeads(from, [&](Value matrix) {
    Value rows = memref::DimOp::create(b, matrix, 0);
    // The last head fills the lanes without a row.
    Value end = ++head < heads
                    ? rows
                    : Value(arith::SubIOp::create(b, b.index(maxRows), first));
    if (hasRowsInOnePiece(matrix))
      packQueryTiles(matrix, first, end, into);
    else
      packQueryElements(matrix, first, end, into);
    first = b.add(first, rows);
  });
}

/// 16 queries by 8 features are 16 x 4 pairs of features, transposed. Lanes
/// without a query repeat the last one.
void AMXKernel::packQueryTiles(Value matrix, Value first, Value end,
                               Value into) {
  Value rows = memref::DimOp::create(b, matrix, 0), none = b.index(0);
  Value last = arith::SubIOp::create(b, rows, b.index(1));
  Value isEmpty =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rows, none);
  VectorType pairs = VectorType::get({kPairs}, b.getBF16Type());
  VectorType dwords = getVector(b, kPart / 2, 32);
  b.loop(
      none, arith::SelectOp::create(b, isEmpty, none, end), kTile,
      [&](Value row) {
        Values sources;
        for (int64_t r = 0; r < kTile; ++r)
          sources.push_back(b.min(b.add(row, r), last));
        Value lane = arith::MulIOp::create(b, b.add(first, row), b.index(2));
        forParts(
            matrix, depth, {},
            [&](Value feature, ValueRange, LoadPart load) -> Values {
              Values joined = b.joinRows([&](int64_t r) -> Value {
                return vector::BitCastOp::create(b, dwords, load(sources[r]));
              });
              Value first = arith::DivUIOp::create(b, feature, b.index(2));
              for (auto [p, pair] : llvm::enumerate(b.transposeJoined(joined)))
                b.store(vector::BitCastOp::create(b, pairs, pair), into,
                        ValueRange{b.add(first, p), lane});
              return {};
            });
      });
}

/// Any strides; lanes without a query are 0.
void AMXKernel::packQueryElements(Value matrix, Value first, Value end,
                                  Value into) {
  Value rows = memref::DimOp::create(b, matrix, 0);
  Value features = memref::DimOp::create(b, matrix, 1);
  Value none = arith::ConstantOp::create(b, b.getZeroAttr(b.getBF16Type()));
  Value two = b.index(2), start = b.index(0);
  auto forEach = [&](Value numRows, Value numFeatures,
                     function_ref<Value(ValueRange)> get) {
    b.loop(start, numRows, 1, [&](Value row) {
      b.loop(start, numFeatures, 1, [&](Value feature) {
        Value x = get(ValueRange{row, feature});
        Value pair = arith::DivUIOp::create(b, feature, two);
        Value half = arith::RemUIOp::create(b, feature, two);
        Value lane =
            b.add(arith::MulIOp::create(b, b.add(first, row), two), half);
        memref::StoreOp::create(b, x, into, ValueRange{pair, lane});
      });
    });
  };
  forEach(end, b.index(depth), [&](ValueRange) { return none; });
  forEach(rows, features, [&](ValueRange at) -> Value {
    return memref::LoadOp::create(b, matrix, at);
  });
}

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

/// Rows beyond the keys repeat the last one.
Value AMXKernel::clampKey(Value key) {
  return b.min(key, arith::SubIOp::create(b, numKeys, b.index(1)));
}

/// Tiles read whole blocks of keys where they lie; the rest is copied, and so
/// is everything when rows of K are not whole tiles.
void AMXKernel::packKeys(const KVPanel &panel) {
  Value block = b.index(kBlock);
  Value rest = arith::RemUIOp::create(b, panel.size, block);
  Value whole = arith::SubIOp::create(b, panel.size, rest);
  Value from = readsKeysInPlace ? whole : zero;
  Value rows = arith::MulIOp::create(
      b, block,
      arith::CeilDivUIOp::create(b, arith::SubIOp::create(b, panel.size, from),
                                 block));
  b.loop(zero, rows, 1, [&](Value row) {
    Value source = clampKey(b.add(panel.first, b.add(from, row)));
    if (hasRowsInOnePiece(key)) {
      for (int64_t feature = 0; feature < depth; feature += kPairs)
        b.store(loadFeatures(key, source, feature, kPairs), packedKeys,
                ValueRange{row, b.index(feature)});
      return;
    }
    Value features = memref::DimOp::create(b, key, 1);
    b.loop(zero, features, 1, [&](Value feature) {
      Value x = memref::LoadOp::create(b, key, ValueRange{source, feature});
      memref::StoreOp::create(b, x, packedKeys, ValueRange{row, feature});
    });
  });
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

static constexpr int64_t kExponentBits = 0x7f80; // of bf16

/// Where V^T is: shared by all tiles of queries, or in memory of this one's.
void AMXKernel::findValues() {
  if (policy.sharesPackedValues())
    place = shared.get(b, op, {panelKeys, width, kBlock},
                       [&](Value matrix, Value first, Value size, Value into) {
                         return packSharedValues(matrix, first, size, into);
                       });
  if (place)
    packedValues = SharedValues::getOfHead(b, *place);
  else
    packedValues =
        b.scratch({panelKeys / kPairs, width, kPairs}, b.getBF16Type());
}

/// Before the loop over tiles, of all keys of a kv head.
Value AMXKernel::packSharedValues(Value matrix, Value first, Value size,
                                  Value into) {
  llvm::SaveAndRestore ofHead(value, matrix), here(packedValues, into),
      keys(numKeys, b.createOrFold<memref::DimOp>(matrix, b.index(0))),
      none(zero, b.index(0));
  return b.call("__attn_pack_values", [&]() -> Values {
    return {packValues({first, size, zero, {}})};
  })[0];
}

/// Whether all panels are in which this one lies.
Value AMXKernel::areBounded(const KVPanel &panel) {
  Value size = b.index(panelKeys), one = b.index(1);
  Value first = b.add(place->firstKey, panel.first);
  Value last = arith::SubIOp::create(b, b.add(first, panel.size), one);
  Value from = arith::DivUIOp::create(b, first, size),
        to = b.add(arith::DivUIOp::create(b, last, size), one);
  Value none = arith::ConstantIntOp::create(b, 0, 8);
  Value yes = arith::ConstantIntOp::create(b, 1, 1);
  return b.loop(from, to, 1, yes, [&](Value n, ValueRange carried) -> Values {
    Value byte = memref::LoadOp::create(
        b, place->packed.bounded, ValueRange{place->batch, place->head, n});
    Value is = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, byte, none);
    return {arith::AndIOp::create(b, carried[0], is)};
  })[0];
}

/// Transposes a KV panel of V and returns whether all of it is below
/// 2^kMostBits.
Value AMXKernel::packValues(const KVPanel &panel) {
  // Whole blocks: a weight of 0 does not hide what lies in scratch.
  Value groups = arith::MulIOp::create(
      b, arith::CeilDivUIOp::create(b, panel.size, b.index(kBlock)),
      b.index(kBlock / kPairs));
  VectorType words = getVector(b, kPairs, 16);
  Value none = arith::ConstantOp::create(b, b.getZeroAttr(words));
  bool hasRows = hasRowsInOnePiece(value);
  Value bits = b.loop(
      zero, groups, 1, none, [&](Value group, ValueRange carried) -> Values {
        Value key = b.add(panel.first,
                          arith::MulIOp::create(b, group, b.index(kPairs)));
        return {hasRows ? packValueTiles(group, key, carried[0])
                        : packValueElements(group, key, carried[0])};
      })[0];
  Value largest =
      vector::ReductionOp::create(b, vector::CombiningKind::MAXUI, bits);
  constexpr int64_t bias = 127;
  Value limit = arith::ConstantOp::create(
      b, b.getI16IntegerAttr((bias + kMostBits) << 7));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, largest, limit);
}

/// 32 keys by 8 features are 16 pairs of keys by 8, transposed; features beyond
/// V's own are 0.
Value AMXKernel::packValueTiles(Value group, Value firstKey, Value bits) {
  VectorType pairs = VectorType::get({kPairs}, b.getBF16Type());
  VectorType dwords = getVector(b, kTile, 32), words = getVector(b, kPairs, 16),
             part = getVector(b, kPart, 16);
  Value exponent = arith::ConstantOp::create(
      b, DenseElementsAttr::get(words, b.getI16IntegerAttr(kExponentBits)));
  Values sources;
  for (int64_t t = 0; t < kPairs; ++t)
    sources.push_back(clampKey(b.add(firstKey, t)));
  auto pack = [&](Value feature, ValueRange carried, LoadPart load) -> Values {
    auto joinKeys = [&](int64_t first) {
      return b.joinRows([&](int64_t pair) -> Value {
        return vector::BitCastOp::create(b, part,
                                         load(sources[2 * pair + first]));
      });
    };
    Values even = joinKeys(0), odd = joinKeys(1);
    Value mixed = carried[0];
    for (bool isUpper : {false, true}) {
      Values joined;
      for (auto [first, second] : llvm::zip_equal(even, odd)) {
        Value both = b.unpack(first, second, isUpper);
        mixed = arith::MaxUIOp::create(
            b, mixed, arith::AndIOp::create(b, both, exponent));
        joined.push_back(vector::BitCastOp::create(b, dwords, both));
      }
      Value from = b.add(feature, isUpper * kPart / 2);
      for (auto [f, row] : llvm::enumerate(b.transposeJoined(joined)))
        b.store(vector::BitCastOp::create(b, pairs, row), packedValues,
                ValueRange{group, b.add(from, f), zero});
    }
    return {mixed};
  };
  return forParts(value, width, bits, pack)[0];
}

/// Any strides.
Value AMXKernel::packValueElements(Value group, Value firstKey, Value bits) {
  VectorType pairs = VectorType::get({kPairs}, b.getBF16Type());
  VectorType words = getVector(b, kPairs, 16);
  Value exponent = arith::ConstantOp::create(
      b, DenseElementsAttr::get(words, b.getI16IntegerAttr(kExponentBits)));
  Values seen =
      b.loop(zero, b.index(valueFeatures), 1, bits,
             [&](Value feature, ValueRange carried) -> Values {
               b.loop(zero, b.index(kPairs), 1, [&](Value t) {
                 Value source = clampKey(b.add(firstKey, t));
                 Value x = memref::LoadOp::create(b, value,
                                                  ValueRange{source, feature});
                 memref::StoreOp::create(b, x, packedValues,
                                         ValueRange{group, feature, t});
               });
               Value row = vector::LoadOp::create(
                   b, pairs, packedValues, ValueRange{group, feature, zero});
               Value masked = arith::AndIOp::create(
                   b, vector::BitCastOp::create(b, words, row), exponent);
               return {arith::MaxUIOp::create(b, carried[0], masked)};
             });
  return seen[0];
}
