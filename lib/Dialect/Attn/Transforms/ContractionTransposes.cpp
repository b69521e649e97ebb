//===- ContractionTransposes.cpp - Products of transposed tensors ---------===//
#include "Contraction.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"

using namespace mlir;
using namespace mlir::attn;

/// The map that reads the input of `transpose` as `map` reads its result.
static AffineMap readInput(linalg::TransposeOp transpose, AffineMap map) {
  SmallVector<AffineExpr> results(map.getResults());
  for (auto [i, from] : llvm::enumerate(transpose.getPermutation()))
    results[from] = map.getResult(i);
  return AffineMap::get(map.getNumDims(), 0, results, map.getContext());
}

/// Rows of the tensor must be rows or columns of a matrix: a product reads
/// those as they are, and others element by element.
static bool hasMatrixRows(const Contraction &c, AffineMap map) {
  auto last = dyn_cast<AffineDimExpr>(map.getResults().back());
  return last && (last.getPosition() == c.column ||
                  last.getPosition() == c.row || last.getPosition() == c.inner);
}

void attn::foldTransposes(Contraction &c, RewriterBase &rewriter) {
  for (int64_t i : {0, 1}) {
    OpOperand *operand = c.op.getDpsInputOperand(i);
    auto transpose = operand->get().getDefiningOp<linalg::TransposeOp>();
    if (!transpose)
      continue;
    AffineMap map = readInput(transpose, c.getMap(operand));
    if (!hasMatrixRows(c, map))
      continue;
    rewriter.setInsertionPoint(c.op);
    auto generic = dyn_cast<linalg::GenericOp>(c.op.getOperation());
    if (!generic)
      generic = linalg::generalizeNamedOp(rewriter, c.op).value();
    SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
    maps[i] = map;
    rewriter.modifyOpInPlace(generic, [&] {
      generic.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
      generic->setOperand(i, transpose.getInput());
    });
    (void)findLoops(generic, c);
  }
}
