//===- SplitWeights.cpp - Weights that are sums of softmaxes --------------===//
#include "SplitWeights.h"
#include "Emitter.h"
#include "MergeProducts.h"
#include "Tables.h"

using namespace mlir;
using namespace mlir::attn::recognize;

namespace {
/// One softmax of the sum, as the graph has it, and what multiplies it.
struct WeightsTerm {
  Expr weights, factor;
};

/// Splits the product of weights and values, which is `output`.
class WeightsSplitter {
public:
  WeightsSplitter(TensorReader &reader, const Contraction &output)
      : r(reader), c(reader.c), output(output), op(output.getLinalg()) {}

  bool match(unsigned weights);
  SmallVector<Contraction> split();

private:
  Expr strip(Expr expr);
  bool readTerm(Expr term, bool negative);
  Operation *findProduct(Expr scores);
  Value addOutputs(Value first, Value second);

  TensorReader &r;
  ExprContext &c;
  const Contraction &output;
  linalg::LinalgOp op;
  OpOperand *operand = nullptr;
  Expr key = nullptr;
  /// Of the op, those of the result and the key's.
  SmallVector<Expr> loops, rows;
  SmallVector<WeightsTerm> terms;
  SmallVector<Operation *> products;
};
} // namespace

Expr WeightsSplitter::strip(Expr expr) {
  expr = r.head(expr);
  while (isFloatCast(expr))
    expr = r.head(expr->operands[0]);
  return expr;
}

/// The one product of queries and keys in the scores; null where there are more
/// or none.
Operation *WeightsSplitter::findProduct(Expr scores) {
  DenseSet<Expr> seen;
  Operation *product = nullptr;
  bool isOne = true;
  std::function<void(Expr)> visit = [&](Expr e) {
    if (!seen.insert(e).second)
      return;
    if (e->isRead() && e->dependsOn(key) && readProduct(r, e, key)) {
      Operation *maker = e->value.getDefiningOp();
      isOne &= !product || product == maker;
      product = maker;
    }
    for (Expr part : e->operands)
      visit(part);
  };
  visit(scores);
  return isOne ? product : nullptr;
}

bool WeightsSplitter::readTerm(Expr term, bool negative) {
  WeightsTerm read{term,
                   c.floating(getElementTypeOrSelf(op->getResult(0)).isF64()
                                  ? Type(Float64Type::get(c.getContext()))
                                  : Float32Type::get(c.getContext()),
                              negative ? -1 : 1)};
  std::optional<Softmax> softmax;
  while (!(softmax = SoftmaxMatcher(r, key).match(read.weights))) {
    Expr e = strip(read.weights);
    if (!e->is<arith::MulFOp>())
      return false;
    unsigned other = e->operands[0]->dependsOn(key) ? 1 : 0;
    if (e->operands[other]->dependsOn(key))
      return false;
    read.factor = c.op<arith::MulFOp>(
        read.factor->type, {read.factor, plain(r, e->operands[other])});
    read.weights = e->operands[1 - other];
  }
  Operation *product = findProduct(softmax->scores);
  if (!product || llvm::is_contained(products, product) ||
      read.weights->type != getElementTypeOrSelf(operand->get().getType()))
    return false;
  products.push_back(product);
  terms.push_back(read);
  return true;
}

bool WeightsSplitter::match(unsigned weights) {
  operand = output.operands[weights];
  Type element = getElementTypeOrSelf(op->getResult(0).getType());
  Expr keys = r.getReducedSize(op);
  AffineMap map = op.getIndexingMapMatchingResult(op->getResult(0));
  if (!keys || !map.isProjectedPermutation() || map.getNumResults() > 7 ||
      !op.getMatchingIndexingMap(operand).isProjectedPermutation() ||
      (!element.isF32() && !element.isF64()))
    return false;
  key = c.position(KeyRole, keys);
  loops.assign(op.getNumLoops(), key);
  rows.clear();
  for (unsigned dim = 0; dim < map.getNumResults(); ++dim) {
    rows.push_back(
        c.position(FirstLoop + dim, r.sizeOf(op->getResult(0), dim)));
    loops[map.getDimPosition(dim)] = rows.back();
  }
  Expr sum = strip(r.readOperand(op, *operand, loops));
  if (!sum->is<arith::AddFOp>() && !sum->is<arith::SubFOp>())
    return false;
  return readTerm(sum->operands[0], false) &&
         readTerm(sum->operands[1], sum->is<arith::SubFOp>());
}

/// Each times its factor.
Value WeightsSplitter::addOutputs(Value first, Value second) {
  OpBuilder builder(first.getContext());
  builder.setInsertionPointAfter(op);
  Location loc = op->getLoc();
  auto type = cast<RankedTensorType>(first.getType());
  SmallVector<OpFoldResult> sizes;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    sizes.push_back(emitSize(builder, loc, r.sizeOf(first, dim), op));
  Value empty =
      tensor::EmptyOp::create(builder, loc, sizes, type.getElementType());
  if (empty.getType() != type)
    empty = tensor::CastOp::create(builder, loc, type, empty);
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> parallel(type.getRank(),
                                            utils::IteratorType::parallel);
  auto sum = linalg::GenericOp::create(
      builder, loc, type, ValueRange{first, second}, empty,
      {identity, identity, identity}, parallel,
      [&](OpBuilder &b, Location l, ValueRange x) {
        Emitter emitter(b, l, type.getElementType(), op);
        for (auto [dim, row] : llvm::enumerate(rows))
          if (!ExprContext::getInteger(row))
            emitter.bind(row, linalg::IndexOp::create(b, l, dim));
        SmallVector<Value> scaled;
        for (auto [term, value] : llvm::zip(terms, x))
          scaled.push_back(
              arith::MulFOp::create(b, l, value, emitter.emit(term.factor)));
        linalg::YieldOp::create(
            b, l,
            arith::AddFOp::create(b, l, scaled[0], scaled[1])->getResults());
      });
  return sum.getResult(0);
}

SmallVector<Contraction> WeightsSplitter::split() {
  SmallVector<Expr> positions;
  for (AffineExpr expr : op.getMatchingIndexingMap(operand).getResults())
    positions.push_back(loops[cast<AffineDimExpr>(expr).getPosition()]);
  SmallVector<Value> weights;
  for (const WeightsTerm &term : terms) {
    Value table = buildTable(term.weights, positions, op);
    OpBuilder builder(op);
    if (table.getType() != operand->get().getType())
      table = tensor::CastOp::create(builder, op->getLoc(),
                                     operand->get().getType(), table);
    weights.push_back(table);
  }
  OpBuilder builder(op);
  Operation *second = builder.clone(*op);
  second->setOperand(operand->getOperandNumber(), weights[1]);
  op->setOperand(operand->getOperandNumber(), weights[0]);
  Value sum = addOutputs(op->getResult(0), second->getResult(0));
  op->getResult(0).replaceAllUsesExcept(sum, sum.getDefiningOp());
  Contraction first = output;
  unsigned n[] = {output.operands[0]->getOperandNumber(),
                  output.operands[1]->getOperandNumber()};
  return {first,
          {second, {&second->getOpOperand(n[0]), &second->getOpOperand(n[1])}}};
}

SmallVector<Contraction>
mlir::attn::recognize::splitWeights(TensorReader &reader,
                                    const Contraction &output) {
  for (unsigned weights : {0, 1}) {
    WeightsSplitter splitter(reader, output);
    if (splitter.match(weights))
      return splitter.split();
  }
  return {};
}
