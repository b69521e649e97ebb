//===- Reorder.cpp - (Q K^T) V as Q (K^T V) -------------------------------===//
#include "Reorder.h"
#include "Scores.h"
#include "attn/Dialect/Attn/Utils/Building.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

namespace {
class Reordering {
public:
  Reordering(TensorReader &reader, const Contraction &output)
      : r(reader), c(reader.c), output(output), op(output.getLinalg()) {}

  bool run();

private:
  bool read(OpOperand &weights, OpOperand &values);
  bool isCheaper();
  int64_t count(ArrayRef<Expr> positions);
  Value multiply(Expr lhs, Expr rhs, ArrayRef<Expr> loops, Type type);

  TensorReader &r;
  ExprContext &c;
  const Contraction &output;
  linalg::LinalgOp op;
  /// Of the output's dimensions; then the key and the feature of queries and
  /// keys.
  SmallVector<Expr> at;
  Expr key = nullptr, feature = nullptr;
  Expr query = nullptr, keys = nullptr, value = nullptr;
  double factor = 1;
};
} // namespace

/// Whether each index is a position of its own, or 0.
static bool isPlainRead(Expr read) {
  DenseSet<Expr> seen;
  return read->isRead() && llvm::all_of(read->operands, [&](Expr index) {
           return ExprContext::getInteger(index) == 0 ||
                  (index->kind == Kind::Position && seen.insert(index).second);
         });
}

bool Reordering::read(OpOperand &weights, OpOperand &values) {
  Expr size = r.getReducedSize(op);
  AffineMap map = op.getIndexingMapMatchingResult(op->getResult(0));
  if (!size || !map.isProjectedPermutation() || map.getNumResults() > 6)
    return false;
  key = c.position(KeyRole, size);
  SmallVector<Expr> loops(op.getNumLoops(), key);
  at.clear();
  for (unsigned dim = 0; dim < map.getNumResults(); ++dim) {
    at.push_back(c.position(FirstLoop + dim, r.sizeOf(op->getResult(0), dim)));
    loops[map.getDimPosition(dim)] = at.back();
  }
  Expr weight = r.readOperand(op, weights, loops);
  value = r.readOperand(op, values, loops);
  if (!weight || !value || !isPlainRead(value))
    return false;
  Factor part = splitFactor(r, weight);
  factor = part.factor;
  Expr scores = r.head(part.rest);
  if (!scores->isRead())
    return false;
  auto product = matchContraction(r, scores->value.getDefiningOp());
  if (!product || !product->op->hasOneUse())
    return false;
  Expr features = r.getReducedSize(product->getLinalg());
  if (!features)
    return false;
  feature = c.position(FeatureRole, features);
  SmallVector<Expr> own =
      r.getLoops(product->getLinalg(), 0, scores->operands, feature);
  if (own.size() != product->getLinalg().getNumLoops())
    return false;
  query = r.readOperand(product->getLinalg(), *product->operands[0], own);
  keys = r.readOperand(product->getLinalg(), *product->operands[1], own);
  if (query && keys && query->dependsOn(key))
    std::swap(query, keys);
  return query && keys && isPlainRead(query) && isPlainRead(keys) &&
         !query->dependsOn(key) && keys->dependsOn(key) &&
         value->dependsOn(key);
}

/// The sizes multiplied, or 0 where one is not known.
int64_t Reordering::count(ArrayRef<Expr> positions) {
  int64_t product = 1;
  for (Expr position : positions)
    if (!ExprContext::getInteger(position))
      product *= ExprContext::getInteger(position->getExtent()).value_or(0);
  return product;
}

static SmallVector<Expr> getThoseOf(ArrayRef<Expr> positions, Expr a, Expr b) {
  SmallVector<Expr> result;
  for (Expr position : positions)
    if (a->dependsOn(position) || b->dependsOn(position))
      result.push_back(position);
  return result;
}

bool Reordering::isCheaper() {
  SmallVector<Expr> all(at);
  all.append({key, feature});
  int64_t scores = count(getThoseOf(all, query, keys)),
          before = count(at) * count(key);
  int64_t inner = count(getThoseOf(all, keys, value)),
          after = count(at) * count(feature);
  return scores && before && inner && after && inner + after < scores + before;
}

/// The sum over the last of `loops` of lhs * rhs.
Value Reordering::multiply(Expr lhs, Expr rhs, ArrayRef<Expr> loops,
                           Type type) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  MLIRContext *context = builder.getContext();
  auto mapOf = [&](ArrayRef<Expr> indices) {
    SmallVector<AffineExpr> results;
    for (Expr index : indices) {
      auto loop = llvm::find(loops, index);
      results.push_back(loop == loops.end() || ExprContext::getInteger(index)
                            ? getAffineConstantExpr(0, context)
                            : getAffineDimExpr(loop - loops.begin(), context));
    }
    return AffineMap::get(loops.size(), 0, results, context);
  };
  SmallVector<int64_t> shape;
  for (Expr loop : loops.drop_back())
    shape.push_back(*ExprContext::getInteger(loop->getExtent()));
  Value empty = tensor::EmptyOp::create(builder, loc, shape, type);
  Value zero = constantFloat(builder, loc, type, 0);
  Value start = linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
  SmallVector<utils::IteratorType> iterators(loops.size(),
                                             utils::IteratorType::parallel);
  iterators.back() = utils::IteratorType::reduction;
  return linalg::GenericOp::create(
             builder, loc, start.getType(), ValueRange{lhs->value, rhs->value},
             start,
             ArrayRef<AffineMap>{mapOf(lhs->operands), mapOf(rhs->operands),
                                 mapOf(loops.drop_back())},
             iterators,
             [&](OpBuilder &b, Location l, ValueRange x) {
               Value product =
                   arith::MulFOp::create(b, l, convertFloat(b, l, x[0], type),
                                         convertFloat(b, l, x[1], type));
               linalg::YieldOp::create(
                   b, l,
                   arith::AddFOp::create(b, l, x[2], product).getResult());
             })
      .getResult(0);
}

bool Reordering::run() {
  if (!read(*output.operands[0], *output.operands[1]) &&
      !read(*output.operands[1], *output.operands[0]))
    return false;
  // A dimension of size 1 has no loop.
  if (!isCheaper() ||
      llvm::any_of(at,
                   [](Expr position) {
                     return ExprContext::getInteger(position).has_value();
                   }) ||
      feature->kind != Kind::Position || key->kind != Kind::Position)
    return false;
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  SmallVector<Expr> inner = getThoseOf(at, keys, value);
  inner.push_back(feature);
  SmallVector<Expr> loops(inner);
  loops.push_back(key);
  Value product = multiply(keys, value, loops, type.getElementType());
  loops.assign(at);
  loops.push_back(feature);
  Value result =
      multiply(query, c.read(product, inner), loops, type.getElementType());
  if (factor != 1) {
    OpBuilder builder(op);
    Location loc = op.getLoc();
    AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
    SmallVector<utils::IteratorType> parallel(type.getRank(),
                                              utils::IteratorType::parallel);
    Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                          type.getElementType());
    result = linalg::GenericOp::create(
                 builder, loc, type, result, empty,
                 ArrayRef<AffineMap>{identity, identity}, parallel,
                 [&](OpBuilder &b, Location l, ValueRange x) {
                   Value by = constantFloat(b, l, x[0].getType(), factor);
                   linalg::YieldOp::create(
                       b, l, arith::MulFOp::create(b, l, x[0], by).getResult());
                 })
                 .getResult(0);
  }
  op->getResult(0).replaceAllUsesWith(result);
  return true;
}

bool mlir::attn::recognize::reorderProducts(TensorReader &reader,
                                            const Contraction &output) {
  return Reordering(reader, output).run();
}
