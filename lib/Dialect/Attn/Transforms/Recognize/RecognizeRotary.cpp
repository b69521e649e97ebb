//===- RecognizeRotary.cpp - Rotary embeddings of a function --------------===//
#include "Remarks.h"
#include "Rotary.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

/// Whether `op` could be the last of those that rotate: one that adds up, or
/// that puts parts together.
static bool isRoot(Operation *op) {
  if (isa<tensor::ConcatOp, tensor::CollapseShapeOp>(op))
    return true;
  if (isa<tensor::InsertSliceOp>(op))
    return llvm::none_of(op->getUsers(), [&](Operation *user) {
      auto next = dyn_cast<tensor::InsertSliceOp>(user);
      return next && next.getDest() == op->getResult(0);
    });
  auto generic = dyn_cast<linalg::GenericOp>(op);
  return generic && generic->getNumResults() == 1 &&
         generic.getNumParallelLoops() == generic.getNumLoops() &&
         !generic.getBody()->without_terminator().empty();
}

static void describe(const RotaryParts &parts) {
  Operation *root = parts.root.getDefiningOp();
  std::string text = parts.interleaved ? "rotary embedding, interleaved"
                                       : "rotary embedding, half-split";
  int64_t features =
      cast<RankedTensorType>(parts.root.getType()).getShape().back();
  if (parts.rotated != features)
    text += ", " + std::to_string(parts.rotated) + " of " +
            std::to_string(features) + " features";
  remark::passed(root->getLoc(), getRemark("Recognized")) << text;
}

void mlir::attn::recognize::recognizeRotary(FunctionOpInterface function) {
  ExprContext context(function.getContext());
  TensorReader reader(context, function);
  SmallVector<Operation *> roots;
  function.walk([&](Operation *op) {
    if (isRoot(op))
      roots.push_back(op);
  });
  // The last ops first: what is inside of a rotation is no root.
  std::vector<std::pair<RotaryParts, OperandView>> found;
  DenseSet<Operation *> inside;
  for (Operation *op : llvm::reverse(roots)) {
    if (inside.contains(op))
      continue;
    RotaryMatcher matcher(reader);
    std::optional<RotaryParts> parts = matcher.match(op->getResult(0));
    std::optional<OperandView> input =
        parts ? findRotaryInput(reader, *parts) : std::nullopt;
    if (input) {
      inside.insert_range(parts->inside);
      found.emplace_back(std::move(*parts), std::move(*input));
    } else if (!matcher.obstacle.empty()) {
      remark::missed(op->getLoc(), getRemark("Declined")) << matcher.obstacle;
    }
  }
  // The first ones first, so that tables are before all that read them.
  Tables tables;
  for (const auto &[parts, input] : llvm::reverse(found)) {
    describe(parts);
    buildRotary(reader, parts, input, tables);
  }
}
