//===- Operands.cpp - Query, key and value as tensors ---------------------===//
#include "Operands.h"

using namespace mlir;
using namespace mlir::attn::recognize;

/// Whether `index` is head h of every `group` query heads.
static std::optional<int64_t> getGroup(Expr index, Expr head) {
  if (index == head)
    return 1;
  if (index->is<arith::FloorDivSIOp>() && index->operands[0] == head)
    return ExprContext::getInteger(index->operands[1]);
  return std::nullopt;
}

static std::optional<OperandView> viewOf(TensorReader &reader, Expr read,
                                         const Dims &dims) {
  ExprContext &c = reader.c;
  OperandView view{read->value, {}};
  bool found[4] = {};
  for (auto [p, index] : llvm::enumerate(read->operands)) {
    Expr size = reader.sizeOf(read->value, p);
    if (ExprContext::getInteger(size) == 1 && ExprContext::getInteger(index) == 0) {
      view.dims.push_back(-1);
      continue;
    }
    int64_t canonical = -1;
    for (int64_t dim = 0; dim < 4; ++dim)
      if (index == dims[dim] && !ExprContext::getInteger(dims[dim]))
        canonical = dim;
    if (canonical < 0 && !ExprContext::getInteger(dims[1]))
      if (std::optional<int64_t> group = getGroup(index, dims[1])) {
        canonical = 1;
        view.group = *group;
      }
    if (canonical < 0 || found[canonical])
      return std::nullopt;
    Expr whole = canonical == 1 ? c.mul(size, c.integer(view.group)) : size;
    if (whole != dims[canonical]->getExtent())
      return std::nullopt;
    found[canonical] = true;
    view.dims.push_back(canonical);
  }
  for (int64_t dim = 0; dim < 4; ++dim) {
    if (found[dim] || ExprContext::getInteger(dims[dim]))
      continue;
    // All query heads share the one that is there.
    std::optional<int64_t> heads =
        dim == 1 ? ExprContext::getInteger(dims[1]->getExtent()) : std::nullopt;
    if (!heads)
      return std::nullopt;
    view.group = *heads;
  }
  // No more dimensions than there are.
  return view.dims.size() <= 4 ? std::optional(view) : std::nullopt;
}

std::vector<OperandView>
mlir::attn::recognize::findViews(TensorReader &reader, Expr element,
                                 const Dims &dims) {
  std::vector<OperandView> views;
  double factor = 1;
  for (Expr e = element; e;) {
    Factor part = splitFactor(reader, e);
    factor *= part.factor;
    e = part.rest;
    if (!e->isRead())
      break;
    if (std::optional<OperandView> view = viewOf(reader, e, dims)) {
      view->factor = factor;
      views.push_back(*view);
    }
    e = reader.lookThrough(e);
  }
  return views;
}

Operand mlir::attn::recognize::makeOperand(OpBuilder &builder, Location loc,
                                           const OperandView &view) {
  SmallVector<int64_t> layout;
  bool used[4] = {};
  for (int64_t dim : view.dims)
    if (dim >= 0)
      used[dim] = true;
  auto takeUnused = [&] {
    for (int64_t dim = 0; dim < 4; ++dim)
      if (!used[dim]) {
        used[dim] = true;
        return dim;
      }
    llvm_unreachable("expected at most four dimensions");
  };
  for (int64_t dim : view.dims)
    layout.push_back(dim >= 0 ? dim : takeUnused());
  if (layout.size() == 4)
    return {view.tensor, layout};
  // The missing ones, of size 1, come first.
  auto type = cast<RankedTensorType>(view.tensor.getType());
  int64_t missing = 4 - layout.size();
  SmallVector<ReassociationIndices> groups(std::max<size_t>(layout.size(), 1));
  SmallVector<int64_t> shape(missing, 1), whole;
  for (int64_t n = 0; n < missing; ++n) {
    groups[0].push_back(n);
    whole.push_back(takeUnused());
  }
  for (int64_t p = 0; p < type.getRank(); ++p) {
    groups[p].push_back(missing + p);
    shape.push_back(type.getDimSize(p));
  }
  if (type.getRank() == 0)
    groups.clear();
  whole.append(layout);
  auto expanded = RankedTensorType::get(shape, type.getElementType());
  return {tensor::ExpandShapeOp::create(builder, loc, expanded, view.tensor,
                                        groups),
          whole};
}
