//===- DivideSums.cpp - Parts of a sum for threads to share ---------------===//
#include "Contraction.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"

using namespace mlir;
using namespace mlir::attn;

bool Contraction::readsRowsOfRhs() const {
  constexpr int64_t few = 8;
  const AffineMap map = getMap(rhs);
  const int64_t rows = getRows();
  return !panels && !ShapedType::isDynamic(rows) && rows <= few &&
         map.getResults().back() == getAffineDimExpr(column, map.getContext());
}

/// In how many parts, each of enough rows of rhs that adding them up takes no
/// time beside it; 1 where the sum is to stay whole.
static int64_t countParts(const Contraction &c) {
  constexpr int64_t leastRows = 64, leastElements = 1 << 18;
  const int64_t inner = c.getSize(c.inner), columns = c.getSize(c.column);
  if (ShapedType::isDynamic(inner) || ShapedType::isDynamic(columns) ||
      inner * columns < leastElements)
    return 1;
  for (int64_t parts : {8, 4})
    if (inner % parts == 0 && inner / parts >= leastRows)
      return parts;
  return 1;
}

int64_t attn::divideSum(Contraction &c, RewriterBase &rewriter) {
  linalg::LinalgOp op = c.op;
  const int64_t parts = countParts(c);
  auto isOne = [&](AffineExpr expr) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    return loop == c.column || c.row == loop || c.getSize(loop) == 1;
  };
  if (parts == 1 || !c.readsRowsOfRhs() || op.getNumReductionLoops() != 1 ||
      !llvm::all_of(c.getMap(&c.init()).getResults(), isOne))
    return 1;
  rewriter.setInsertionPoint(op);
  FailureOr<linalg::SplitReductionResult> divided =
      linalg::splitReduction(rewriter, op, [&](linalg::LinalgOp) {
        return linalg::SplitReductionOptions{parts, /*index=*/0,
                                             /*innerParallel=*/false};
      });
  if (failed(divided))
    return 1;
  (void)findLoops(divided->splitLinalgOp, c);
  return parts;
}
