//===- RecognizeLinear.cpp - Recurrences of a function --------------------===//
#include "Linear.h"
#include "Match.h"
#include "Remarks.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

void mlir::attn::recognize::recognizeLinear(FunctionOpInterface function) {
  ExprContext context(function.getContext());
  TensorReader reader(context, function);
  SmallVector<scf::ForOp> loops;
  SmallVector<Operation *> products;
  function.walk([&](Operation *op) {
    if (auto loop = dyn_cast<scf::ForOp>(op))
      loops.push_back(loop);
    else if (!op->getParentOfType<scf::ForOp>() && matchContraction(reader, op))
      products.push_back(op);
  });
  auto build = [&](LinearMatcher &matcher, std::optional<LinearParts> parts,
                   Operation *op) {
    if (parts && buildLinear(reader, *parts)) {
      remark::passed(op->getLoc(), getRemark("Recognized"))
          << (Twine("linear attention") + (parts->delta ? ", delta rule" : "") +
              (parts->decay ? ", gated" : ""))
                 .str();
      reader.forgetElements();
    } else if (!matcher.obstacle.empty()) {
      remark::missed(op->getLoc(), getRemark("Declined")) << matcher.obstacle;
    }
  };
  for (scf::ForOp loop : loops) {
    LinearMatcher matcher(reader);
    build(matcher, matcher.match(loop), loop);
  }
  for (Operation *op : products) {
    LinearMatcher matcher(reader);
    build(matcher, matcher.matchToken(op), op);
  }
}
