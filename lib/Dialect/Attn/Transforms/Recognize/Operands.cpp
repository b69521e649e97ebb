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

/// Whether a dimension of this size is the whole of a position. `corresponds`:
/// ops require that it is, so that only constants may say otherwise.
static bool isWhole(Expr size, Expr position, bool corresponds) {
  Expr extent = position->getExtent();
  return size == extent ||
         (corresponds && !(ExprContext::getInteger(size) &&
                           ExprContext::getInteger(extent)));
}

static std::optional<OperandView> viewOf(TensorReader &reader, Expr read,
                                         const Dims &dims, bool corresponds) {
  ExprContext &c = reader.c;
  OperandView view{read->value, {}};
  bool found[4] = {};
  for (auto [p, index] : llvm::enumerate(read->operands)) {
    Expr size = reader.sizeOf(read->value, p);
    if (ExprContext::getInteger(size) == 1 &&
        ExprContext::getInteger(index) == 0) {
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
    if (!isWhole(whole, dims[canonical], corresponds))
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
  return view.dims.size() <= 4 ? std::optional(view) : std::nullopt;
}

std::vector<OperandView>
mlir::attn::recognize::findViews(TensorReader &reader, Expr element,
                                 const Dims &dims) {
  std::vector<OperandView> views;
  double factor = 1;
  bool corresponds = true;
  for (Expr e = element; e;) {
    Factor part = splitFactor(reader, e);
    factor *= part.factor;
    e = part.rest;
    if (!e->isRead())
      break;
    if (std::optional<OperandView> view =
            viewOf(reader, e, dims, corresponds)) {
      view->factor = factor;
      views.push_back(*view);
    }
    // A part of a tensor does not say how large the tensor is.
    Operation *op = e->value.getDefiningOp();
    corresponds &= isa_and_present<linalg::LinalgOp, tensor::ExpandShapeOp,
                                   tensor::CollapseShapeOp, tensor::CastOp>(op);
    e = reader.lookThrough(e);
  }
  return views;
}

Operand mlir::attn::recognize::makeOperand(OpBuilder &builder, Location loc,
                                           const OperandView &view) {
  SmallVector<int64_t> layout(view.dims), missing;
  for (int64_t dim = 0; dim < 4; ++dim)
    if (!llvm::is_contained(layout, dim))
      missing.push_back(dim);
  // Dimensions of size 1 that are there stand for the first ones.
  std::reverse(missing.begin(), missing.end());
  for (int64_t &dim : layout)
    if (dim < 0)
      dim = missing.pop_back_val();
  if (layout.size() == 4)
    return {view.tensor, layout};
  // The others come behind the one before them in the canonical order.
  auto type = cast<RankedTensorType>(view.tensor.getType());
  SmallVector<ReassociationIndices> groups(type.getRank());
  SmallVector<int64_t> shape, whole;
  SmallVector<int64_t> sources;
  for (auto [p, dim] : llvm::enumerate(layout)) {
    whole.push_back(dim);
    sources.push_back(p);
  }
  for (int64_t dim : llvm::reverse(missing)) {
    auto before = llvm::find(whole, dim - 1);
    size_t at = before == whole.end() ? 0 : before - whole.begin() + 1;
    whole.insert(whole.begin() + at, dim);
    sources.insert(sources.begin() + at, -1);
  }
  int64_t group = 0;
  bool seen = false;
  for (auto [p, source] : llvm::enumerate(sources)) {
    if (source >= 0 && seen)
      ++group;
    seen |= source >= 0;
    shape.push_back(source < 0 ? 1 : type.getDimSize(source));
    if (!groups.empty())
      groups[group].push_back(p);
  }
  auto expanded = RankedTensorType::get(shape, type.getElementType());
  return {tensor::ExpandShapeOp::create(builder, loc, expanded, view.tensor,
                                        groups),
          whole};
}
