//===- MergeProducts.cpp - Scores that are sums of products ---------------===//
#include "MergeProducts.h"

using namespace mlir;
using namespace mlir::attn::recognize;

std::optional<ScoreProduct>
mlir::attn::recognize::readProduct(TensorReader &reader, Expr read,
                                   Expr keyPosition) {
  auto product = matchContraction(reader, read->value.getDefiningOp());
  Expr size = product ? reader.getReducedSize(product->getLinalg()) : nullptr;
  if (!size)
    return std::nullopt;
  linalg::LinalgOp op = product->getLinalg();
  Expr feature = reader.c.position(FeatureRole, size);
  SmallVector<Expr> at = reader.getLoops(op, 0, read->operands, feature);
  if (at.size() != op.getNumLoops())
    return std::nullopt;
  Expr x = reader.readOperand(op, *product->operands[0], at);
  Expr y = reader.readOperand(op, *product->operands[1], at);
  if (!x || !y ||
      (!hasOneValue(keyPosition) &&
       x->dependsOn(keyPosition) == y->dependsOn(keyPosition)))
    return std::nullopt;
  if (x->dependsOn(keyPosition))
    std::swap(x, y);
  return ScoreProduct{x, y, feature};
}

namespace {
/// Looks for sums of two products in a score.
class ProductMerger {
public:
  ProductMerger(TensorReader &reader, AttentionParts &parts)
      : r(reader), c(reader.c), parts(parts) {}

  /// Whether one more was taken into the product.
  bool mergeOne();

private:
  Expr findSum(Expr expr, DenseSet<Expr> &seen);
  std::optional<FurtherProduct> readFurther(Expr term);
  bool mergeInto(Expr sum, Expr own, Expr other);
  bool isWorthwhile(Expr feature);

  TensorReader &r;
  ExprContext &c;
  AttentionParts &parts;
};
} // namespace

/// Copies of queries and keys with more features are written and read; the bias
/// is, otherwise, for each pair.
bool ProductMerger::isWorthwhile(Expr feature) {
  Expr queries = getExtent(c, parts.queryDims[2]),
       keys = getExtent(c, parts.keyDims[2]);
  std::optional<int64_t> first = ExprContext::getInteger(getExtent(c, feature)),
                         own = ExprContext::getInteger(
                             getExtent(c, parts.queryDims[3])),
                         q = ExprContext::getInteger(queries),
                         k = ExprContext::getInteger(keys);
  if (!first || !own)
    return false;
  return q && k ? *q * *k > (*q + *k) * (*first + *own) : queries == keys;
}

std::optional<FurtherProduct> ProductMerger::readFurther(Expr term) {
  Factor part = splitFactor(r, term);
  if (!part.rest->isRead() || part.rest == parts.product)
    return std::nullopt;
  std::optional<ScoreProduct> product =
      readProduct(r, part.rest, parts.keyDims[2]);
  if (!product || product->key->dependsOn(parts.queryDims[2]) ||
      product->query->type != parts.query->type ||
      product->key->type != parts.key->type || !isWorthwhile(product->feature))
    return std::nullopt;
  FurtherProduct further{product->query, product->key, parts.queryDims,
                         parts.keyDims, part.factor};
  further.queryDims[3] = further.keyDims[3] = product->feature;
  return further;
}

/// The innermost sum of the product, with a factor or without, and something.
Expr ProductMerger::findSum(Expr expr, DenseSet<Expr> &seen) {
  if (!seen.insert(expr).second)
    return nullptr;
  for (Expr operand : expr->operands)
    if (Expr inner = findSum(operand, seen))
      return inner;
  const bool isSum = expr->is<arith::AddFOp>() &&
                     llvm::any_of(expr->operands, [&](Expr operand) {
                       return splitFactor(r, operand).rest == parts.product;
                     });
  return isSum ? expr : nullptr;
}

bool ProductMerger::mergeInto(Expr sum, Expr own, Expr other) {
  Factor scaled = splitFactor(r, own);
  if (scaled.rest != parts.product || scaled.factor == 0)
    return false;
  std::optional<FurtherProduct> further = readFurther(other);
  if (!further)
    return false;
  further->factor /= scaled.factor;
  bool isElsewhere = false;
  c.rewrite(parts.score, [&](Expr e) -> Expr {
    isElsewhere |= e == parts.product;
    return e == sum ? e : nullptr;
  });
  if (isElsewhere)
    return false;
  parts.score = c.rewrite(
      parts.score, [&](Expr e) -> Expr { return e == sum ? own : nullptr; });
  parts.further.push_back(*further);
  return true;
}

bool ProductMerger::mergeOne() {
  DenseSet<Expr> seen;
  Expr sum = findSum(parts.score, seen);
  return sum && (mergeInto(sum, sum->operands[0], sum->operands[1]) ||
                 mergeInto(sum, sum->operands[1], sum->operands[0]));
}

void mlir::attn::recognize::mergeProducts(TensorReader &reader,
                                          AttentionParts &parts) {
  // What is returned of the scores is found by what they were.
  if (parts.returned)
    return;
  ProductMerger merger(reader, parts);
  while (merger.mergeOne())
    ;
}
