//===- OutputGuard.cpp - Rows of the output that are set to 0 -------------===//
#include "OutputGuard.h"

using namespace mlir;
using namespace mlir::attn::recognize;

/// Null where there is none, or where there are more.
static Operation *getOnlyUser(Value value) {
  Operation *only = nullptr;
  for (Operation *user : value.getUsers()) {
    if (isa<tensor::DimOp>(user))
      continue;
    if (only && only != user)
      return nullptr;
    only = user;
  }
  return only;
}

std::optional<OutputGuard>
mlir::attn::recognize::findOutputGuard(TensorReader &reader, Value output,
                                       ArrayRef<Expr> positions) {
  auto user = dyn_cast_if_present<linalg::LinalgOp>(getOnlyUser(output));
  if (!user || user->getNumResults() != 1 ||
      user->getResult(0).getType() != output.getType())
    return std::nullopt;
  ExprContext &c = reader.c;
  Expr element = reader.lookThrough(c.read(user->getResult(0), positions));
  if (!element || !element->is<arith::SelectOp>())
    return std::nullopt;
  for (bool first : {true, false}) {
    Expr zero = element->operands[first ? 1 : 2],
         other = element->operands[first ? 2 : 1];
    if (other != c.read(output, positions) ||
        ExprContext::getFloat(reader.head(zero)) != 0.0)
      continue;
    Expr condition = element->operands[0];
    return OutputGuard{user, first ? condition : c.notOf(condition)};
  }
  return std::nullopt;
}
