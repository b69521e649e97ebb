//===- MergeRows.cpp - Batches and rows as rows of one product ------------===//
#include "Contraction.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

/// The dimensions of the result, up to the rows', that lhs alone reads, side by
/// side there too. Those of 1 before others are left out.
static ReassociationIndices findRowDims(const Contraction &c) {
  if (!c.row)
    return {};
  const AffineMap out = c.getMap(&c.init()), left = c.getMap(c.lhs);
  auto positionOf = [](AffineMap map, unsigned loop) {
    return map.getResultPosition(getAffineDimExpr(loop, map.getContext()));
  };
  const unsigned end = *positionOf(out, *c.row);
  const unsigned lastLeft = *positionOf(left, *c.row);
  unsigned first = end;
  while (first > 0) {
    const unsigned loop = out.getDimPosition(first - 1);
    const std::optional<unsigned> position = positionOf(left, loop);
    if (!position || *position + (end - first + 1) != lastLeft ||
        c.getMap(c.rhs).isFunctionOfDim(loop))
      break;
    --first;
  }
  while (first < end && c.getSize(out.getDimPosition(first)) == 1)
    ++first;
  return llvm::to_vector<2>(llvm::seq<int64_t>(first, end + 1));
}

static bool canCollapse(linalg::LinalgOp op,
                        const ReassociationIndices &loops) {
  const SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  return llvm::all_of(
             maps,
             [](AffineMap map) { return map.isProjectedPermutation(); }) &&
         linalg::areDimSequencesPreserved(maps, {loops}) &&
         !op.hasIndexSemantics();
}

namespace {

/// Makes one dimension of several, in ops that follow one another.
class DimMerger {
public:
  DimMerger(Contraction &contraction, RewriterBase &rewriter)
      : c(contraction), b(rewriter) {}

  size_t merge(const ReassociationIndices &dims);

private:
  linalg::GenericOp collapse(linalg::GenericOp op, ReassociationIndices loops);
  Value simplify(tensor::CollapseShapeOp op);
  void eraseIfUnread(tensor::ExpandShapeOp expand);
  void writeCollapsed(tensor::ExpandShapeOp expand);

  Contraction &c;
  RewriterBase &b;
};

} // namespace

/// What is collapsed, without the reshape, where that is known.
Value DimMerger::simplify(tensor::CollapseShapeOp op) {
  Location loc = op.getLoc();
  if (auto expand = op.getSrc().getDefiningOp<tensor::ExpandShapeOp>();
      expand && expand.getSrcType() == op.getResultType() &&
      expand.getReassociationIndices() == op.getReassociationIndices())
    return expand.getSrc();
  auto fill = op.getSrc().getDefiningOp<linalg::FillOp>();
  if (!fill && !op.getSrc().getDefiningOp<tensor::EmptyOp>())
    return op;
  b.setInsertionPoint(op);
  SmallVector<OpFoldResult> sizes;
  for (const ReassociationIndices &group : op.getReassociationIndices()) {
    OpFoldResult size = b.getIndexAttr(1);
    for (int64_t d : group)
      size = affine::makeComposedFoldedAffineApply(
          b, loc, b.getAffineDimExpr(0) * b.getAffineSymbolExpr(0),
          {size, tensor::getMixedSize(b, loc, op.getSrc(), d)});
    sizes.push_back(size);
  }
  Value empty = tensor::EmptyOp::create(b, loc, sizes,
                                        op.getResultType().getElementType());
  if (!fill)
    return empty;
  return linalg::FillOp::create(b, loc, fill.getInputs()[0], empty)
      .getResult(0);
}

/// What reads nothing but its sizes reads those that it was given.
void DimMerger::eraseIfUnread(tensor::ExpandShapeOp expand) {
  const SmallVector<OpFoldResult> sizes = expand.getMixedOutputShape();
  for (Operation *user : llvm::make_early_inc_range(expand->getUsers())) {
    auto size = dyn_cast<tensor::DimOp>(user);
    std::optional<int64_t> dim = size ? size.getConstantIndex() : std::nullopt;
    if (!dim)
      continue;
    b.setInsertionPoint(size);
    b.replaceOp(size,
                getValueOrCreateConstantIndexOp(b, size.getLoc(), sizes[*dim]));
  }
  if (expand->use_empty())
    b.eraseOp(expand);
}

linalg::GenericOp DimMerger::collapse(linalg::GenericOp op,
                                      ReassociationIndices loops) {
  b.setInsertionPoint(op);
  linalg::CollapseResult result =
      linalg::collapseOpIterationDims(op, {loops}, b).value();
  b.replaceOp(op, result.results);
  linalg::LinalgOp collapsed = result.collapsedOp;
  for (OpOperand &operand : collapsed->getOpOperands())
    if (auto reshape = operand.get().getDefiningOp<tensor::CollapseShapeOp>()) {
      Value simpler = simplify(reshape);
      if (simpler == reshape)
        continue;
      b.modifyOpInPlace(collapsed, [&] { operand.set(simpler); });
      auto expand = reshape.getSrc().getDefiningOp<tensor::ExpandShapeOp>();
      b.eraseOp(reshape);
      if (expand)
        eraseIfUnread(expand);
    }
  return cast<linalg::GenericOp>(collapsed.getOperation());
}

/// A caller's buffer, which is dense, takes the rows as they are: what is then
/// computed in it need not be copied there.
void DimMerger::writeCollapsed(tensor::ExpandShapeOp expand) {
  for (Operation *user : llvm::make_early_inc_range(expand->getUsers())) {
    auto write = dyn_cast<bufferization::MaterializeInDestinationOp>(user);
    if (!write || write.getSource() != expand.getResult())
      continue;
    auto type = dyn_cast<MemRefType>(write.getDest().getType());
    if (!type || !type.getLayout().isIdentity())
      continue;
    b.setInsertionPoint(write);
    Value into = memref::CollapseShapeOp::create(
        b, write.getLoc(), write.getDest(), expand.getReassociationIndices());
    bufferization::MaterializeInDestinationOp::create(
        b, write.getLoc(), /*result=*/Type(), expand.getSrc(), into,
        write.getRestrict(), write.getWritable());
    b.eraseOp(write);
  }
}

size_t DimMerger::merge(const ReassociationIndices &dims) {
  if (dims.size() < 2)
    return 0;
  const AffineMap out = c.getMap(&c.init());
  const ReassociationIndices loops = llvm::map_to_vector<2>(
      dims, [&](int64_t dim) { return int64_t(out.getDimPosition(dim)); });
  if (!canCollapse(c.op, loops))
    return 0;
  SmallVector<linalg::GenericOp> followers = findFollowers(c);
  auto product = dyn_cast<linalg::GenericOp>(c.op.getOperation());
  b.setInsertionPoint(c.op);
  if (!product)
    product = linalg::generalizeNamedOp(b, c.op).value();
  c.op = collapse(product, loops);
  (void)findLoops(c.op, c);
  Value result = c.op->getResult(0);
  for (linalg::GenericOp op : followers) {
    if (!canCollapse(cast<linalg::LinalgOp>(op.getOperation()), dims))
      break;
    result = collapse(op, dims)->getResult(0);
  }
  for (Operation *user : llvm::make_early_inc_range(result.getUsers()))
    if (auto expand = dyn_cast<tensor::ExpandShapeOp>(user))
      writeCollapsed(expand);
  return dims.size();
}

size_t attn::mergeDims(Contraction &c, const ReassociationIndices &dims,
                       RewriterBase &rewriter) {
  return DimMerger(c, rewriter).merge(dims);
}

size_t attn::mergeRows(Contraction &c, RewriterBase &rewriter) {
  return mergeDims(c, findRowDims(c), rewriter);
}
