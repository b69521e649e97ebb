//===- TileRows.cpp - attn-tile-rows --------------------------------------===//
#include "RowGroups.h"
#include "RowLoops.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_TILEROWS
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static remark::RemarkOpts describe(StringRef name) {
  return remark::RemarkOpts::name(name).category("attn-tile-rows");
}

namespace {

/// Dimensions of 1 that a reshape adds say nothing: the op reads what is
/// reshaped.
struct ReadBeforeUnitDimensions : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    bool hasChanged = false;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      auto expand = operand->get().getDefiningOp<tensor::ExpandShapeOp>();
      AffineMap &map = maps[operand->getOperandNumber()];
      AffineMap before = expand ? dropUnits(expand, map) : AffineMap();
      if (!before)
        continue;
      std::swap(map, before);
      // Another operand must say how far each loop runs.
      if (!inversePermutation(concatAffineMaps(maps, op.getContext()))) {
        map = before;
        continue;
      }
      rewriter.modifyOpInPlace(op, [&] { operand->set(expand.getSrc()); });
      hasChanged = true;
    }
    if (!hasChanged)
      return rewriter.notifyMatchFailure(op, "expected an operand with added "
                                             "dimensions of 1");
    rewriter.modifyOpInPlace(op, [&] {
      op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    });
    return success();
  }

  /// `map` on what is expanded, or none.
  static AffineMap dropUnits(tensor::ExpandShapeOp expand, AffineMap map) {
    SmallVector<AffineExpr> exprs;
    for (const ReassociationIndices &group : expand.getReassociationIndices()) {
      auto isWide = [&](int64_t dim) {
        return expand.getResultType().getDimSize(dim) != 1;
      };
      if (llvm::count_if(group, isWide) > 1)
        return {};
      auto wide = llvm::find_if(group, isWide);
      exprs.push_back(map.getResult(wide == group.end() ? group[0] : *wide));
    }
    return AffineMap::get(map.getNumDims(), 0, exprs, map.getContext());
  }
};

struct TileRows : attn::impl::TileRowsBase<TileRows> {
  using TileRowsBase::TileRowsBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ReadBeforeUnitDimensions>(&getContext());
    walkAndApplyPatterns(getOperation(), std::move(patterns));
    // Those that nothing reads any more would seem to read a row early.
    getOperation()->walk<WalkOrder::PostOrder, ReverseIterator>(
        [](tensor::ExpandShapeOp op) {
          if (op->use_empty())
            op->erase();
        });
    // A loop's iterations are too short for threads to share.
    getOperation()->walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<LoopLikeOpInterface, linalg::LinalgOp>(op))
        return WalkResult::skip();
      if (isa<func::FuncOp, scf::IfOp>(op))
        for (Region &region : op->getRegions())
          for (Block &block : region)
            tile(block);
      return WalkResult::advance();
    });
  }

  void tile(Block &block) {
    IRRewriter rewriter(&getContext());
    tileCopies(block, rewriter);
    SmallVector<RowGroup> groups = findRowGroups(block);
    for (RowGroup &group : groups) {
      RowLoops loops(group, rewriter);
      if (!loops.isWorthwhile())
        continue;
      Location loc = group.ops.back().getLoc();
      remark::passed(loc, describe("Tiled")) << loops.describe();
      loops.replace();
    }
  }
};

} // namespace
