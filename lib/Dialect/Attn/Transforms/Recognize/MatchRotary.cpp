//===- MatchRotary.cpp - Pairs of features that are rotated ---------------===//
#include "ConstantTables.h"
#include "Match.h"
#include "Rotary.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

/// A product has at most so many factors.
static constexpr unsigned maxFactors = 4;

Expr RotaryMatcher::strip(Expr expr) {
  expr = r.head(expr);
  while (isFloatCast(expr))
    expr = r.head(expr->operands[0]);
  return expr;
}

Expr RotaryMatcher::readAt(Value root, Expr feature) {
  SmallVector<Expr> indices(positions);
  indices.push_back(feature);
  return c.read(root, indices);
}

//===----------------------------------------------------------------------===//
// Sums of two products
//===----------------------------------------------------------------------===//

static bool isSum(Expr e) {
  return e->is<arith::AddFOp>() || e->is<arith::SubFOp>();
}

RotaryMatcher::Signed RotaryMatcher::takeSign(Expr expr, bool negative) {
  Expr e = strip(expr);
  for (; e->is<arith::NegFOp>(); e = strip(e->operands[0]))
    negative = !negative;
  return {e, negative};
}

/// Every way to read `term` as one read times other factors.
void RotaryMatcher::collectProducts(Expr term, Product product, unsigned depth,
                                    Products &products) {
  for (Expr e = term; e;) {
    while (isFloatCast(e))
      e = e->operands[0];
    if (e->isRead()) {
      product.read = e;
      if (!product.factors.empty())
        products.push_back(product);
      e = r.lookThrough(e);
      continue;
    }
    if (e->is<arith::NegFOp>()) {
      product.negative = !product.negative;
      e = e->operands[0];
      continue;
    }
    if (!e->is<arith::MulFOp>() || depth == maxFactors)
      return;
    for (unsigned n : {0, 1}) {
      Product part = product;
      part.factors.push_back(e->operands[1 - n]);
      collectProducts(e->operands[n], part, depth + 1, products);
    }
    return;
  }
}

std::optional<std::array<RotaryMatcher::Products, 2>>
RotaryMatcher::readTerms(Expr sum) {
  Signed whole = takeSign(sum, false);
  if (!isSum(whole.value))
    return std::nullopt;
  std::array<Products, 2> result;
  for (unsigned n : {0, 1}) {
    bool subtracted = n == 1 && whole.value->is<arith::SubFOp>();
    Signed term =
        takeSign(whole.value->operands[n], whole.negative != subtracted);
    // A residual stream is a sum of as many terms as there are layers.
    if (isSum(term.value))
      return std::nullopt;
    collectProducts(term.value, {nullptr, {}, term.negative}, 0, result[n]);
    if (result[n].empty())
      return std::nullopt;
  }
  return result;
}

/// Whether `read` reads a constant that holds the same for both of a pair.
static bool isSameForPair(Expr read, unsigned index, int64_t first,
                          int64_t second, int64_t step, int64_t count) {
  auto constant = read->value.getDefiningOp<arith::ConstantOp>();
  auto attribute =
      constant ? dyn_cast<ElementsAttr>(constant.getValue()) : ElementsAttr();
  if (!attribute)
    return false;
  ConstantElements elements(attribute);
  if (!elements.isReadable())
    return false;
  ArrayRef<int64_t> shape = elements.getShape();
  int64_t inner = 1, outer = 1, size = shape[index];
  for (auto [dim, extent] : llvm::enumerate(shape))
    (dim < index ? outer : inner) *= dim == index ? 1 : extent;
  if (second + (count - 1) * step >= size)
    return false;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t t = 0; t < count; ++t)
      for (int64_t i = 0; i < inner; ++i) {
        int64_t at = o * size + t * step;
        if (elements.getBits((at + first) * inner + i) !=
            elements.getBits((at + second) * inner + i))
          return false;
      }
  return true;
}

/// In what is read for the second of a pair, constants that hold the same for
/// the first are read there.
static Expr readAtFirst(ExprContext &c, Expr expr, Expr low, Expr high,
                        int64_t count, bool interleaved) {
  return c.rewrite(expr, [&](Expr e) -> Expr {
    auto found = llvm::find(e->operands, high);
    if (!e->isRead() || found == e->operands.end())
      return nullptr;
    unsigned index = found - e->operands.begin();
    if (!isSameForPair(e, index, 0, interleaved ? 1 : count,
                       interleaved ? 2 : 1, count))
      return nullptr;
    SmallVector<Expr> indices(e->operands);
    indices[index] = low;
    return c.read(e->value, indices);
  });
}

RotaryMatcher::Coefficient RotaryMatcher::multiply(const Product &product) {
  int64_t count = pair->kind == Kind::Position
                      ? *ExprContext::getInteger(pair->getExtent())
                      : 1;
  SmallVector<Expr> factors;
  bool negative = product.negative;
  for (Expr factor : product.factors) {
    Expr e = plain(r, factor);
    while (e->is<arith::NegFOp>()) {
      e = e->operands[0];
      negative = !negative;
    }
    if (ExprContext::getFloat(e) == -1.0)
      negative = !negative;
    else
      factors.push_back(readAtFirst(c, e, low, high, count, low != pair));
  }
  llvm::sort(factors, [](Expr a, Expr b) { return a->serial < b->serial; });
  Expr value = nullptr;
  for (Expr factor : factors)
    value = value ? c.op<arith::MulFOp>(value->type, {value, factor}) : factor;
  return {value, negative};
}

std::optional<RotaryMatcher::Coefficient>
RotaryMatcher::find(const Products &products, Expr read) {
  for (const Product &product : products)
    if (product.read == read)
      return multiply(product);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Pairs
//===----------------------------------------------------------------------===//

/// The one index in which two reads differ, `low` in `a` and `high` in `b`, and
/// nothing else goes by the pair.
static std::optional<unsigned> findPairIndex(Expr a, Expr b, Expr low,
                                             Expr high, Expr pair) {
  if (a->value != b->value)
    return std::nullopt;
  std::optional<unsigned> index;
  for (unsigned n = 0; n < a->operands.size(); ++n) {
    if (a->operands[n] == b->operands[n]) {
      if (a->operands[n]->positions & pair->positions)
        return std::nullopt;
      continue;
    }
    if (index || a->operands[n] != low || b->operands[n] != high)
      return std::nullopt;
    index = n;
  }
  return index;
}

static Expr readWithIndex(ExprContext &c, Expr read, unsigned n, Expr index) {
  SmallVector<Expr> indices(read->operands);
  indices[n] = index;
  return c.read(read->value, indices);
}

bool RotaryMatcher::matchPair(RotaryParts &parts, Expr first, Expr second,
                              Expr features) {
  auto a = readTerms(first);
  if (!a)
    return false;
  auto b = readTerms(second);
  if (!b)
    return false;
  for (unsigned n : {0, 1})
    for (const Product &x : (*a)[n])
      for (const Product &y : (*a)[1 - n]) {
        std::optional<unsigned> index =
            findPairIndex(x.read, y.read, low, high, pair);
        // No more features than the root has, and no fewer.
        if (!index || r.sizeOf(x.read->value, *index) != features)
          continue;
        for (unsigned m : {0, 1}) {
          auto sin = find((*b)[m], x.read), cos = find((*b)[1 - m], y.read);
          if (!sin || !cos)
            continue;
          Coefficient firstCos = multiply(x), firstSin = multiply(y);
          if (!firstCos.value || firstCos != *cos ||
              firstSin.value != sin->value ||
              firstSin.negative == sin->negative || !sin->value) {
            obstacle = "expected both features of a pair to be turned by one "
                       "angle";
            continue;
          }
          auto take = [&](const Coefficient &k) {
            return k.negative ? c.op<arith::NegFOp>(k.value->type, k.value)
                              : k.value;
          };
          parts.cos = take(*cos);
          parts.sin = take(*sin);
          featureIndex = *index;
          lowRead = x.read;
          return true;
        }
      }
  return false;
}

/// The features behind the rotated ones are those of the input.
bool RotaryMatcher::matchRest(const RotaryParts &parts, int64_t features) {
  if (parts.rotated == features)
    return true;
  Expr rest = c.position(ValueRole, c.integer(features - parts.rotated));
  Expr at = c.add(rest, c.integer(parts.rotated));
  Expr wanted = readWithIndex(c, lowRead, featureIndex, at);
  for (Expr e = readAt(parts.root, at); e && (e->isRead() || isFloatCast(e));
       e = e->isRead() ? r.lookThrough(e) : e->operands[0])
    if (e == wanted)
      return true;
  obstacle = "expected the features that are not rotated to be the input's";
  return false;
}

bool RotaryMatcher::assignDims(RotaryParts &parts) {
  SmallVector<unsigned> angles, others;
  for (auto [dim, position] : llvm::enumerate(positions))
    (parts.cos->dependsOn(position) || parts.sin->dependsOn(position) ? angles
                                                                      : others)
        .push_back(dim);
  if (angles.size() > 2) {
    obstacle = "expected angles that go by batch and position, got " +
               std::to_string(angles.size()) + " dimensions";
    return false;
  }
  // Batch and sequence are those of the angles; what is left in front is the
  // batch.
  SmallVector<unsigned> bySequence(angles), byBatch;
  if (bySequence.empty()) {
    // One angle for all: a dimension of size 1, or the last.
    auto one = llvm::find_if(others, [&](unsigned dim) {
      return ExprContext::getInteger(positions[dim]).has_value();
    });
    auto at = one == others.end() ? std::prev(others.end()) : one;
    bySequence.push_back(*at);
    others.erase(at);
  }
  if (bySequence.size() == 2)
    byBatch.push_back(*bySequence.begin()),
        bySequence.erase(bySequence.begin());
  else if (others.size() == 2)
    byBatch.push_back(others.front()), others.erase(others.begin());
  parts.rootDims.assign(positions.size() + 1, 3);
  parts.dims.fill(c.integer(0));
  const SmallVector<unsigned> *lists[] = {&byBatch, &others, &bySequence};
  for (auto [canonical, list] : llvm::enumerate(lists))
    for (unsigned dim : *list) {
      parts.rootDims[dim] = canonical;
      parts.dims[canonical] = positions[dim];
    }
  return true;
}

std::optional<RotaryParts> RotaryMatcher::match(Value root, int64_t rotated,
                                                bool interleaved) {
  auto type = cast<RankedTensorType>(root.getType());
  int64_t features = type.getDimSize(type.getRank() - 1);
  RotaryParts parts;
  parts.root = root;
  parts.rotated = rotated;
  parts.interleaved = interleaved;
  pair = c.position(FeatureRole, c.integer(rotated / 2));
  low = interleaved ? c.mul(pair, c.integer(2)) : pair;
  high = c.add(low, c.integer(interleaved ? 1 : rotated / 2));
  if (!matchPair(parts, readAt(root, low), readAt(root, high),
                 c.integer(features)) ||
      !matchRest(parts, features) || !assignDims(parts))
    return std::nullopt;
  parts.pair = pair;
  // Of the tensor as it is read, the whole of its features.
  parts.dims[3] = c.position(ValueRole + 1, c.integer(features));
  parts.input = readWithIndex(c, lowRead, featureIndex, parts.dims[3]);
  return parts;
}

/// How many features could be rotated: all, or those before a seam.
static SmallVector<int64_t> findSeams(Value root, int64_t features) {
  SmallVector<int64_t> seams{features};
  auto add = [&](std::optional<int64_t> seam) {
    if (seam && *seam > 0 && *seam < features && *seam % 2 == 0)
      seams.push_back(*seam);
  };
  if (auto concat = root.getDefiningOp<tensor::ConcatOp>())
    add(cast<RankedTensorType>(concat.getInputs()[0].getType())
            .getShape()
            .back());
  for (auto insert = root.getDefiningOp<tensor::InsertSliceOp>(); insert;
       insert = insert.getDest().getDefiningOp<tensor::InsertSliceOp>())
    add(getConstantIntValue(insert.getMixedOffsets().back()));
  return seams;
}

/// Ops that the root is made of, up to the input.
static void collectInside(Operation *op, Value input,
                          DenseSet<Operation *> &inside) {
  if (!op ||
      !isa<linalg::LinalgOp, tensor::ConcatOp, tensor::InsertSliceOp,
           tensor::ExtractSliceOp, tensor::CollapseShapeOp,
           tensor::ExpandShapeOp, tensor::CastOp>(op) ||
      !inside.insert(op).second)
    return;
  for (Value operand : op->getOperands())
    if (operand != input)
      collectInside(operand.getDefiningOp(), input, inside);
}

std::optional<RotaryParts> RotaryMatcher::match(Value root) {
  auto type = dyn_cast<RankedTensorType>(root.getType());
  if (!type || !isa<FloatType>(type.getElementType()) || type.getRank() < 3 ||
      type.getRank() > 4 || type.isDynamicDim(type.getRank() - 1))
    return std::nullopt;
  int64_t features = type.getShape().back();
  if (features < 2)
    return std::nullopt;
  positions.clear();
  for (int64_t dim = 0; dim < type.getRank() - 1; ++dim)
    positions.push_back(c.position(FirstLoop + dim, r.sizeOf(root, dim)));
  for (int64_t rotated : findSeams(root, features))
    for (bool interleaved : {false, true}) {
      if (rotated % 2)
        continue;
      std::optional<RotaryParts> parts = match(root, rotated, interleaved);
      if (!parts)
        continue;
      collectInside(root.getDefiningOp(), parts->input->value, parts->inside);
      obstacle.clear();
      return parts;
    }
  return std::nullopt;
}
