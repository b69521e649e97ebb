//===- ConstantTables.cpp - Constants that are functions of positions -----===//
// Exporters keep masks and ranges as constants. A proof looks at every element.
//===----------------------------------------------------------------------===//
#include "ConstantTables.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace mlir::attn::recognize;

ConstantElements::ConstantElements(ElementsAttr attribute)
    : type(attribute.getShapedType()) {
  Type element = type.getElementType();
  if (!type.hasStaticShape() || type.getNumElements() == 0 ||
      !element.isIntOrIndexOrFloat())
    return;
  unsigned bits = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
  dense = dyn_cast<DenseElementsAttr>(attribute);
  if (dense && dense.isSplat()) {
    readable = true;
  } else if (dense && bits >= 8) {
    raw = dense.getRawData();
    readable = true;
  } else if (dense) {
    readable = true;
  } else if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute)) {
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      raw = blob->getData();
    // i1 has a byte for each element there.
    readable = raw.size() == static_cast<uint64_t>(type.getNumElements()) *
                                 std::max(bits / 8, 1u);
  }
  readable = readable &&
             (bits == 1 || bits == 8 || bits == 16 || bits == 32 || bits == 64);
}

uint64_t ConstantElements::getBits(uint64_t flat) const {
  if (dense && dense.isSplat())
    flat = 0;
  if (raw.empty()) {
    if (isa<FloatType>(getElementType()))
      return dense.getValues<APFloat>()[flat].bitcastToAPInt().getZExtValue();
    return dense.getValues<APInt>()[flat].getZExtValue();
  }
  Type element = getElementType();
  unsigned bits = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
  unsigned bytes = std::max(bits / 8, 1u);
  uint64_t value = 0;
  std::memcpy(&value, raw.data() + flat * bytes, bytes);
  return bits == 1 ? value != 0 : value;
}

TypedAttr ConstantElements::get(uint64_t flat) const {
  uint64_t bits = getBits(flat);
  if (auto element = dyn_cast<FloatType>(getElementType()))
    return FloatAttr::get(element, APFloat(element.getFloatSemantics(),
                                           APInt(element.getWidth(), bits)));
  Type element = getElementType();
  if (element.isInteger(1))
    return BoolAttr::get(element.getContext(), bits != 0);
  unsigned width = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
  return IntegerAttr::get(element, APInt(width, bits));
}

namespace {

/// The elements that vary: rows by columns, rows being 1 where one index does.
struct Slab {
  const ConstantElements &elements;
  uint64_t first = 0, rowStride = 0, columnStride = 0;
  int64_t rows = 1, columns = 1;
  Expr row = nullptr, column = nullptr;

  uint64_t at(int64_t r, int64_t k) const {
    return elements.getBits(first + r * rowStride + k * columnStride);
  }
};

/// A bound that is `start` for every row, or start + row, clamped to
/// 0 .. columns.
struct Bound {
  int64_t start;
  bool moves;

  int64_t at(int64_t row, int64_t columns) const {
    return std::clamp<int64_t>(start + (moves ? row : 0), 0, columns);
  }
};

} // namespace

/// Whether all slices along a dimension are the same, that of the first index.
static bool repeats(const ConstantElements &elements, size_t dim) {
  ArrayRef<int64_t> shape = elements.getShape();
  uint64_t stride = ShapedType::getNumElements(shape.drop_front(dim + 1));
  uint64_t size = shape[dim], count = ShapedType::getNumElements(shape);
  for (uint64_t flat = 0; flat < count; ++flat)
    if (uint64_t at = flat / stride % size;
        at && elements.getBits(flat) != elements.getBits(flat - at * stride))
      return false;
  return true;
}

/// Indices as they are, but 0 along what is repeated where more than two vary:
/// a batch of equal masks.
static SmallVector<Expr> dropRepeated(ExprContext &context,
                                      const ConstantElements &elements,
                                      ArrayRef<Expr> indices) {
  SmallVector<Expr> result(indices);
  auto varies = [&](size_t dim) {
    return elements.getShape()[dim] != 1 &&
           !ExprContext::getInteger(result[dim]);
  };
  auto dims = llvm::seq<size_t>(0, result.size());
  for (size_t dim : dims)
    if (varies(dim) && llvm::count_if(dims, varies) > 2 &&
        repeats(elements, dim))
      result[dim] = context.integer(0);
  return result;
}

/// Splits the dimensions into fixed ones and at most two that vary.
static std::optional<Slab> findSlab(const ConstantElements &elements,
                                    ArrayRef<Expr> indices) {
  Slab slab{elements};
  uint64_t stride = 1;
  for (size_t dim = indices.size(); dim-- > 0;) {
    int64_t size = elements.getShape()[dim];
    std::optional<int64_t> fixed = size == 1
                                       ? std::optional<int64_t>(0)
                                       : ExprContext::getInteger(indices[dim]);
    if (fixed && (*fixed < 0 || *fixed >= size))
      return std::nullopt;
    if (fixed) {
      slab.first += *fixed * stride;
    } else if (!slab.column) {
      slab.column = indices[dim];
      slab.columns = size;
      slab.columnStride = stride;
    } else if (!slab.row) {
      slab.row = indices[dim];
      slab.rows = size;
      slab.rowStride = stride;
    } else {
      return std::nullopt;
    }
    stride *= size;
  }
  return slab;
}

/// Integers that are a + b * row + c * column.
static Expr readAffine(ExprContext &context, const Slab &slab) {
  if (!isWideInteger(slab.elements.getElementType()))
    return nullptr;
  auto at = [&](int64_t r, int64_t k) {
    return static_cast<int64_t>(slab.at(r, k));
  };
  int64_t start = at(0, 0);
  int64_t byColumn = slab.columns > 1 ? at(0, 1) - start : 0;
  int64_t byRow = slab.rows > 1 ? at(1, 0) - start : 0;
  for (int64_t r = 0; r < slab.rows; ++r)
    for (int64_t k = 0; k < slab.columns; ++k)
      if (at(r, k) != start + byRow * r + byColumn * k)
        return nullptr;
  Expr result = context.integer(start);
  if (slab.row)
    result = context.add(result, slab.row, byRow);
  return context.add(result, slab.column, byColumn);
}

/// Integers that are a + c * (column floordiv n): each is there n times in a
/// row, as the heads of a gather that repeats them.
static Expr readSteps(ExprContext &context, const Slab &slab) {
  if (!isWideInteger(slab.elements.getElementType()) || slab.row)
    return nullptr;
  auto at = [&](int64_t k) { return static_cast<int64_t>(slab.at(0, k)); };
  int64_t width = 1;
  while (width < slab.columns && at(width) == at(0))
    ++width;
  if (width == slab.columns)
    return nullptr;
  const int64_t start = at(0), step = at(width) - start;
  for (int64_t k = 0; k < slab.columns; ++k)
    if (at(k) != start + step * (k / width))
      return nullptr;
  return context.add(context.integer(start),
                     context.floorDiv(slab.column, context.integer(width)),
                     step);
}

/// The columns of a row that hold `value`, if they lie side by side and the
/// others hold `other`.
static std::optional<std::pair<int64_t, int64_t>>
findRun(const Slab &slab, int64_t row, uint64_t value, uint64_t other) {
  int64_t begin = 0;
  while (begin < slab.columns && slab.at(row, begin) != value)
    ++begin;
  int64_t end = begin;
  while (end < slab.columns && slab.at(row, end) == value)
    ++end;
  for (int64_t k = 0; k < slab.columns; ++k)
    if (slab.at(row, k) != (begin <= k && k < end ? value : other))
      return std::nullopt;
  return std::pair(begin, end);
}

/// One of two values: `value` between two bounds, the other one elsewhere.
static Expr readRuns(ExprContext &context, const Slab &slab, uint64_t value,
                     uint64_t other) {
  SmallVector<std::pair<int64_t, int64_t>> runs;
  for (int64_t r = 0; r < slab.rows; ++r) {
    auto run = findRun(slab, r, value, other);
    if (!run)
      return nullptr;
    runs.push_back(*run);
  }
  auto fit = [&](bool upper) -> std::optional<Bound> {
    auto of = [&](int64_t r) { return upper ? runs[r].second : runs[r].first; };
    // A row whose bound is neither end says where it starts.
    for (int64_t r = 0; r < slab.rows; ++r) {
      if (runs[r].first == runs[r].second ||
          of(r) == (upper ? slab.columns : 0))
        continue;
      for (Bound bound : {Bound{of(r) - r, true}, Bound{of(r), false}}) {
        bool fits = true;
        for (int64_t s = 0; s < slab.rows && fits; ++s)
          fits = runs[s].first == runs[s].second ||
                 bound.at(s, slab.columns) == of(s);
        if (fits)
          return bound;
      }
      return std::nullopt;
    }
    return Bound{upper ? slab.columns : 0, false};
  };
  std::optional<Bound> lower = fit(false), upper = fit(true);
  if (!lower || !upper || (slab.rows == 1 && !slab.column))
    return nullptr;
  // The proof, empty rows included.
  for (int64_t r = 0; r < slab.rows; ++r) {
    int64_t begin = lower->at(r, slab.columns),
            end = upper->at(r, slab.columns);
    for (int64_t k = 0; k < slab.columns; ++k)
      if (slab.at(r, k) != (begin <= k && k < end ? value : other))
        return nullptr;
  }
  auto bound = [&](Bound b) {
    Expr start = context.integer(b.start);
    return b.moves && slab.row ? context.add(start, slab.row) : start;
  };
  Expr inside = context.boolean(true);
  if (lower->start != 0 || lower->moves)
    inside = context.atLeastZero(context.sub(slab.column, bound(*lower)));
  if (upper->start != slab.columns || upper->moves)
    inside = context.andOf(inside, context.atLeastZero(context.sub(
                                       context.sub(bound(*upper), slab.column),
                                       context.integer(1))));
  return inside;
}

Expr mlir::attn::recognize::readConstantTable(ExprContext &c,
                                              const ConstantElements &elements,
                                              ArrayRef<Expr> indices) {
  std::optional<Slab> slab =
      findSlab(elements, dropRepeated(c, elements, indices));
  if (!slab)
    return nullptr;
  if (!slab->column)
    return c.constant(elements.get(slab->first));
  if (Expr affine = readAffine(c, *slab))
    return affine;
  if (Expr steps = readSteps(c, *slab))
    return steps;
  // Two values: which is which is tried both ways.
  uint64_t value = slab->at(0, 0), other = value;
  int64_t otherRow = 0, otherColumn = 0;
  for (int64_t r = 0; r < slab->rows && other == value; ++r)
    for (int64_t k = 0; k < slab->columns && other == value; ++k)
      if (slab->at(r, k) != value) {
        other = slab->at(r, k);
        otherRow = r;
        otherColumn = k;
      }
  Expr first = c.constant(elements.get(slab->first));
  if (other == value)
    return first;
  Expr second =
      c.constant(elements.get(slab->first + otherRow * slab->rowStride +
                              otherColumn * slab->columnStride));
  if (Expr inside = readRuns(c, *slab, value, other))
    return c.select(inside, first, second);
  if (Expr inside = readRuns(c, *slab, other, value))
    return c.select(inside, second, first);
  return nullptr;
}
