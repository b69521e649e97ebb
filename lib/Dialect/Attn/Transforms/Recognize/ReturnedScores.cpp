//===- ReturnedScores.cpp - Scores that the function returns --------------===//
#include "ReturnedScores.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

static void collectPlaces(ArrayRef<Operation *> seen, AttentionParts &parts) {
  SmallVector<Operation *> path(seen);
  llvm::stable_sort(path, [](Operation *a, Operation *b) {
    return a->getBlock() == b->getBlock() && a->isBeforeInBlock(b);
  });
  parts.places.push_back(parts.product->value.getLoc());
  for (Operation *op : path)
    parts.places.push_back(op->getLoc());
  parts.places.push_back(parts.output.op->getLoc());
}

/// Whether a reduction is none of the softmax's, but of what the attention may
/// give beside its output: a mean of the weights over the heads.
static bool reducesBeside(TensorReader &reader, Operation *user,
                          const AttentionParts &parts) {
  Operation *output = parts.output.op;
  auto linalg = dyn_cast_or_null<linalg::LinalgOp>(user);
  return linalg && linalg.getNumReductionLoops() > 0 &&
         user->getBlock() == output->getBlock() &&
         output->isBeforeInBlock(user) && !matchContraction(reader, user);
}

LogicalResult mlir::attn::recognize::followScores(TensorReader &reader,
                                                  AttentionParts &parts,
                                                  Operation *&obstacle) {
  SmallVector<Operation *> work{parts.product->value.getDefiningOp()};
  llvm::SetVector<Operation *> seen;
  constexpr unsigned largest = 200;
  while (!work.empty()) {
    Operation *op = work.pop_back_val();
    for (OpOperand &use : op->getUses()) {
      obstacle = use.getOwner();
      // Bodies of elementwise ops may read at positions that they compute.
      Operation *user = op->getBlock()->findAncestorOpInBlock(*obstacle);
      if (isa_and_present<func::ReturnOp>(user) ||
          reducesBeside(reader, user, parts)) {
        if (parts.returned && parts.returned != use.get())
          return failure();
        parts.returned = use.get();
        continue;
      }
      if (user == parts.output.op || isa<tensor::DimOp>(obstacle) ||
          (user && !seen.insert(user)))
        continue;
      bool onPath = user && (isa<linalg::LinalgOp, linalg::SoftmaxOp>(user) ||
                             user->getName().getDialectNamespace() == "tensor");
      if (!onPath || seen.size() > largest || matchContraction(reader, user))
        return failure();
      work.push_back(user);
    }
  }
  collectPlaces(seen.getArrayRef(), parts);
  return success();
}

/// Whether each dimension of `tensor` is one of the product's, whatever its
/// size: no op between takes a part.
static bool keepsSizes(Value tensor, Value product,
                       const SetVector<Operation *> &afterProduct) {
  Operation *op = tensor.getDefiningOp();
  if (tensor == product || !afterProduct.contains(op))
    return true;
  return isa<linalg::LinalgOp, linalg::SoftmaxOp, tensor::ExpandShapeOp,
             tensor::CollapseShapeOp, tensor::CastOp>(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return keepsSizes(operand, product, afterProduct);
         });
}

/// The element of `scores` at the canonical positions, which are its dimensions
/// in their order, or with batch and head in one; null where they are not.
/// Dimensions of size 1 may stand anywhere.
static Expr readScores(TensorReader &reader, const AttentionParts &parts,
                       bool mayAssumeSizes) {
  Value scores = parts.returned;
  ExprContext &c = reader.c;
  SmallVector<Expr> at, sizes;
  for (Expr dim : {parts.queryDims[0], parts.queryDims[1], parts.queryDims[2],
                   parts.keyDims[2]})
    if (!ExprContext::getInteger(dim)) {
      at.push_back(dim);
      sizes.push_back(dim->getExtent());
    }
  SmallVector<int64_t> own;
  int64_t rank = cast<RankedTensorType>(scores.getType()).getRank();
  SmallVector<Expr> indices(rank, c.integer(0));
  for (int64_t dim = 0; dim < rank; ++dim)
    if (ExprContext::getInteger(reader.sizeOf(scores, dim)) != 1)
      own.push_back(dim);
  Expr head = parts.queryDims[1];
  if (own.size() == at.size() + 1 && !ExprContext::getInteger(head)) {
    // Heads of kv heads and of a group.
    size_t p = llvm::find(at, head) - at.begin();
    Expr group = reader.sizeOf(scores, own[p + 1]);
    at[p] = c.floorDiv(head, group);
    sizes[p] = c.floorDiv(sizes[p], group);
    at.insert(at.begin() + p + 1, c.mod(head, group));
    sizes.insert(sizes.begin() + p + 1, group);
  }
  if (at.size() > 1 && at.size() == own.size() + 1) {
    at[1] = c.add(c.mul(at[0], sizes[1]), at[1]);
    sizes[1] = c.mul(sizes[0], sizes[1]);
    at.erase(at.begin());
    sizes.erase(sizes.begin());
  }
  if (at.size() != own.size())
    return nullptr;
  for (auto [dim, position, size] : llvm::zip(own, at, sizes)) {
    Expr actual = reader.sizeOf(scores, dim);
    bool mayBeSame = mayAssumeSizes && !(ExprContext::getInteger(actual) &&
                                         ExprContext::getInteger(size));
    if (actual != size && !mayBeSame)
      return nullptr;
    indices[dim] = position;
  }
  return plain(reader, c.read(scores, indices));
}

static bool holds(Expr expr, Expr part, DenseSet<Expr> &seen) {
  return expr == part ||
         (seen.insert(expr).second && llvm::any_of(expr->operands, [&](Expr e) {
            return holds(e, part, seen);
          }));
}

/// Whether it is computed from one pair's product, and nothing of others.
static bool isOfOnePair(Expr expr, Expr product,
                        const SetVector<Operation *> &afterProduct,
                        DenseSet<Expr> &seen) {
  if (expr == product || !seen.insert(expr).second)
    return true;
  if (expr->isRead() && (expr->value == product->value ||
                         afterProduct.contains(expr->value.getDefiningOp())))
    return false;
  return llvm::all_of(expr->operands, [&](Expr e) {
    return isOfOnePair(e, product, afterProduct, seen);
  });
}

std::optional<ScoresResult> mlir::attn::recognize::readReturnedScores(
    TensorReader &reader, const AttentionParts &parts,
    const ScaledScore &scaled, bool lowestMasks) {
  ExprContext &c = reader.c;
  SetVector<Operation *> afterProduct;
  getForwardSlice(parts.product->value, &afterProduct);
  Value product = parts.product->value;
  Expr scores = readScores(reader, parts,
                           keepsSizes(parts.returned, product, afterProduct));
  if (!scores)
    return std::nullopt;
  if (scores == parts.weights)
    return ScoresResult{ScoresStage::weights};
  // Masked by the least finite number, it has that number, not -inf.
  if (scores == parts.score && !lowestMasks)
    return ScoresResult{ScoresStage::modified};
  DenseSet<Expr> seen, pairs;
  if (!holds(scores, parts.product, seen) ||
      !isOfOnePair(scores, parts.product, afterProduct, pairs))
    return std::nullopt;
  ScaledScore own = splitScale(c, scores, parts.product);
  if (own.rest == parts.product && own.scale == scaled.scale)
    return ScoresResult{ScoresStage::scaled};
  Type type = parts.product->type;
  Expr rescaled = c.op<arith::MulFOp>(
      type, {parts.product, c.floating(type, own.scale / scaled.scale)});
  return ScoresResult{ScoresStage::intermediate,
                      c.rewrite(own.rest, [&](Expr e) -> Expr {
                        return e == parts.product ? rescaled : nullptr;
                      })};
}
