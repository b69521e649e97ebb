//===- DefineOps.cpp - Define or check what MLIR leaves undefined ---------===//

#include "RegionChecks.h"
#include "UndefinedOps.h"

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Dialect/Attn/Utils/Building.h"
#include "attn/Dialect/Attn/Utils/GuardedReads.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Rewrite/PatternApplicator.h"

namespace mlir::attn {
#define GEN_PASS_DEF_DEFINEOPS
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static SmallVector<Operation *>
collect(Operation *root, function_ref<bool(Operation *)> isWanted) {
  SmallVector<Operation *> ops;
  root->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isWanted(op))
      ops.push_back(op);
  });
  return ops;
}

/// Folders look the dimension up without a question.
static LogicalResult verifyDimensions(Operation *root) {
  WalkResult result = root->walk([](tensor::DimOp op) {
    auto type = dyn_cast<RankedTensorType>(op.getSource().getType());
    std::optional<int64_t> index = op.getConstantIndex();
    if (!type || (type.getRank() != 0 &&
                  (!index || (*index >= 0 && *index < type.getRank()))))
      return WalkResult::advance();
    InFlightDiagnostic error = op.emitOpError("expected a dimension from 0 to ")
                               << "below " << type.getRank() << " of " << type;
    if (index)
      error << ", got " << *index;
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

/// Any value will do; 0 is the same one everywhere.
static void replacePoison(Operation *root) {
  root->walk([](ub::PoisonOp op) {
    OpBuilder b(op);
    if (auto zero = dyn_cast_or_null<TypedAttr>(b.getZeroAttr(op.getType()))) {
      op.replaceAllUsesWith(
          arith::ConstantOp::create(b, op.getLoc(), zero).getResult());
      op.erase();
    }
  });
}

/// Checks are of scalars, so these ops come into the body of a linalg op.
static void convertOpsOnTensors(Operation *root) {
  SmallVector<Operation *> ops = collect(root, [](Operation *op) {
    return canBeUndefined(op) && OpTrait::hasElementwiseMappableTraits(op) &&
           isa<RankedTensorType>(op->getResult(0).getType());
  });
  RewritePatternSet patterns(root->getContext());
  linalg::populateElementwiseToLinalgConversionPatterns(patterns);
  FrozenRewritePatternSet frozen(std::move(patterns));
  PatternApplicator applicator(frozen);
  applicator.applyDefaultCostModel();
  // The greedy driver would erase those whose results nothing takes.
  PatternRewriter rewriter(root->getContext());
  for (Operation *op : ops) {
    rewriter.setInsertionPoint(op);
    (void)applicator.matchAndRewrite(op, rewriter);
  }
}

/// What depends on nothing in the regions of `attention` is computed before it.
static void moveOut(ArrayRef<Operation *> made, Operation *attention) {
  auto isOutside = [&](Value value) {
    return !attention->isAncestor(value.getParentBlock()->getParentOp());
  };
  for (Operation *op : made)
    if (llvm::all_of(op->getOperands(), isOutside))
      op->moveBefore(attention);
}

namespace {
struct DefineOps : attn::impl::DefineOpsBase<DefineOps> {
  void runOnOperation() override {
    Operation *root = getOperation();
    if (failed(verifyDimensions(root)))
      return signalPassFailure();
    root->walk(dropPromises);
    replacePoison(root);
    convertOpsOnTensors(root);
    defineAll(root);
    guardReadsInRegions(root);
    guardReadsOutsideRegions(root);
  }

  static void defineAll(Operation *root) {
    IntegerRanges ranges(root);
    SmallVector<OpCheck> inRegions;
    for (Operation *op : collect(root, [](Operation *op) {
           return canBeUndefined(op) && !isDefined(op);
         })) {
      SmallVector<OpCheck> checks;
      SmallVector<Operation *> made;
      defineOp(op, ranges, checks, made);
      if (!made.empty())
        markAsDefined(op);
      if (Operation *attention = getAttentionAround(op)) {
        moveOut(made, attention);
        llvm::append_range(inRegions, checks);
        continue;
      }
      OpBuilder b(op);
      for (const OpCheck &check : checks)
        assertThat(b, op->getLoc(), check.holds, check.message);
    }
    // All of a region is defined by now, and can be computed twice.
    for (const OpCheck &check : inRegions)
      checkForAllPairs(getAttentionAround(check.op), check);
  }
};
} // namespace
