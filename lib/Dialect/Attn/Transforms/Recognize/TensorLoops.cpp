//===- TensorLoops.cpp - Loops that write a tensor ------------------------===//
#include "TensorReader.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn::recognize;

/// The insertion in the innermost of loops that hand on one tensor, with the
/// loops from the outermost; null for other loops.
static tensor::InsertOp findInsertion(scf::ForOp loop,
                                      SmallVectorImpl<scf::ForOp> &nest) {
  while (loop && loop.getNumRegionIterArgs() == 1) {
    nest.push_back(loop);
    Value tensor = loop.getRegionIterArg(0);
    Value yielded = cast<scf::YieldOp>(loop.getBody()->getTerminator())
                        .getResults()
                        .front();
    auto insertion = yielded.getDefiningOp<tensor::InsertOp>();
    if (insertion && insertion.getDest() == tensor)
      return insertion;
    loop = yielded.getDefiningOp<scf::ForOp>();
    if (loop && loop.getInitArgs().front() != tensor)
      break;
  }
  return {};
}

/// What the innermost loop writes, as long as all before it is 0.
Expr TensorReader::readNext(ArrayRef<scf::ForOp> nest,
                            tensor::InsertOp insertion) {
  // No role has these numbers.
  constexpr int64_t first = 24;
  Scalars scalars;
  for (scf::ForOp loop : nest) {
    Expr position =
        c.position(first + scalars.size(), scalarOf(loop.getUpperBound()));
    scalars[loop.getInductionVar()] = position;
  }
  Expr element = evaluate(insertion.getScalar(), scalars, {});
  Value tensor = insertion.getDest();
  return element ? c.rewrite(full(element),
                             [&](Expr e) -> Expr {
                               return e->isRead() && e->value == tensor
                                          ? c.integer(0)
                                          : nullptr;
                             })
                 : nullptr;
}

static void collectSizes(Expr expr, DenseSet<Expr> &seen,
                         SmallVectorImpl<Expr> &sizes) {
  if (!seen.insert(expr).second)
    return;
  if (expr->kind == Kind::Size)
    sizes.push_back(expr);
  for (Expr operand : expr->operands)
    collectSizes(operand, seen, sizes);
  for (const Term &term : expr->terms)
    for (Expr atom : term.atoms)
      collectSizes(atom, seen, sizes);
}

/// Sizes that are not 0 where a loop runs at all.
static SmallVector<Expr> findPositiveSizes(ExprContext &c, Expr bound) {
  SmallVector<Expr> sizes;
  DenseSet<Expr> seen;
  collectSizes(bound, seen, sizes);
  llvm::erase_if(sizes, [&](Expr size) {
    Expr without = c.rewrite(bound, [&](Expr e) -> Expr {
      return e == size ? c.integer(0) : nullptr;
    });
    return ExprContext::getInteger(without) != 0;
  });
  return sizes;
}

/// Whether all that is written is 0. By induction: it is 0 as long as all
/// before is, and nobody has written what the tensor held at first. Asked of a
/// reader of its own, which knows that the loops run.
bool TensorReader::writesZeros(scf::ForOp outermost) {
  SmallVector<scf::ForOp> nest;
  tensor::InsertOp insertion = findInsertion(outermost, nest);
  auto function = outermost->getParentOfType<FunctionOpInterface>();
  constexpr size_t most = 8;
  if (!insertion || !function || nest.size() > most ||
      !isWideInteger(insertion.getScalar().getType()) ||
      !outermost.getInitArgs().front().getDefiningOp<tensor::EmptyOp>())
    return false;
  ExprContext own(c.getContext());
  TensorReader reader(own, function);
  for (scf::ForOp loop : nest) {
    if (ExprContext::getInteger(reader.scalarOf(loop.getLowerBound())) != 0 ||
        ExprContext::getInteger(reader.scalarOf(loop.getStep())) != 1)
      return false;
    Expr bound = reader.scalarOf(loop.getUpperBound());
    for (Expr size : findPositiveSizes(own, bound))
      own.assumeNeverNegative(own.sub(size, own.integer(1)));
  }
  // What was read before that was known is read again.
  reader.outer.clear();
  reader.forgetElements();
  Expr next = reader.readNext(nest, insertion);
  return next && ExprContext::getInteger(next) == 0;
}

/// Running sums of zeros, as they are made of how far positions are apart.
Expr TensorReader::lookThroughLoops(scf::ForOp outermost) {
  if (!zeros.contains(outermost))
    zeros[outermost] = writesZeros(outermost);
  return zeros[outermost] ? c.integer(0) : nullptr;
}
