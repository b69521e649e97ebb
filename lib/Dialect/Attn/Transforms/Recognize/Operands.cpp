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

/// How often `count` heads stand one after another, where `index` is the query
/// head modulo their number.
static std::optional<int64_t> getTiles(ExprContext &c, Expr index, Expr head,
                                       Expr count) {
  std::optional<int64_t> heads = ExprContext::getInteger(head->getExtent()),
                         own = ExprContext::getInteger(count);
  if (!heads || !own || *own < 1 || *heads % *own != 0 ||
      index != c.mod(head, count))
    return std::nullopt;
  return *heads / *own;
}

/// Whether a dimension of this size is the whole of a position. `corresponds`:
/// ops require that it is, so that only constants may say otherwise.
static bool isWhole(Expr size, Expr position, bool corresponds) {
  Expr extent = position->getExtent();
  return size == extent || (corresponds && !(ExprContext::getInteger(size) &&
                                             ExprContext::getInteger(extent)));
}

namespace {
/// Matches one read, dimension by dimension.
class ViewReader {
public:
  ViewReader(TensorReader &reader, Expr read, const Dims &dims,
             bool corresponds)
      : r(reader), c(reader.c), read(read), dims(dims),
        corresponds(corresponds) {
    view.tensor = read->value;
  }

  std::optional<OperandView> match();

private:
  bool is(int64_t dim) const { return !ExprContext::getInteger(dims[dim]); }
  bool matchUnit(int64_t p);
  bool matchOne(int64_t p);
  bool matchTwo(int64_t p);
  bool add(int64_t canonical, Expr size, ReassociationIndices group);
  bool mergeUnits();
  bool addMissing();

  TensorReader &r;
  ExprContext &c;
  Expr read;
  const Dims &dims;
  bool corresponds;
  OperandView view;
  bool found[4] = {};
};
} // namespace

bool ViewReader::add(int64_t canonical, Expr size, ReassociationIndices group) {
  if (found[canonical] || !isWhole(size, dims[canonical], corresponds))
    return false;
  found[canonical] = true;
  view.dims.push_back(canonical);
  view.groups.push_back(group);
  return true;
}

bool ViewReader::matchUnit(int64_t p) {
  if (ExprContext::getInteger(r.sizeOf(read->value, p)) != 1 ||
      ExprContext::getInteger(read->operands[p]) != 0)
    return false;
  view.dims.push_back(-1);
  view.groups.push_back({p});
  return true;
}

bool ViewReader::matchOne(int64_t p) {
  Expr index = read->operands[p], size = r.sizeOf(read->value, p);
  for (int64_t dim = 0; dim < 4; ++dim)
    if (is(dim) && index == dims[dim])
      return add(dim, size, {p});
  std::optional<int64_t> group =
      is(1) ? getGroup(index, dims[1]) : std::nullopt;
  if (!group && is(1)) {
    group = getTiles(c, index, dims[1], size);
    view.tiled = group.has_value();
  }
  if (!group)
    return false;
  view.group = *group;
  return add(1, c.mul(size, c.integer(*group)), {p});
}

/// Batches or heads in two dimensions.
bool ViewReader::matchTwo(int64_t p) {
  if (p + 1 == static_cast<int64_t>(read->operands.size()))
    return false;
  Expr size = r.sizeOf(read->value, p + 1);
  for (int64_t dim : {0, 1})
    if (is(dim) && read->operands[p] == c.floorDiv(dims[dim], size) &&
        read->operands[p + 1] == c.mod(dims[dim], size))
      return add(dim, c.mul(r.sizeOf(read->value, p), size), {p, p + 1});
  return false;
}

/// All query heads share the one that is there.
bool ViewReader::addMissing() {
  for (int64_t dim = 0; dim < 4; ++dim) {
    if (found[dim] || !is(dim))
      continue;
    std::optional<int64_t> heads =
        dim == 1 ? ExprContext::getInteger(dims[1]->getExtent()) : std::nullopt;
    if (!heads)
      return false;
    view.group = *heads;
  }
  return true;
}

/// Dimensions of size 1 beyond the fourth go along with their neighbors.
bool ViewReader::mergeUnits() {
  while (view.dims.size() > 4) {
    auto unit = llvm::find(view.dims, -1);
    if (unit == view.dims.end())
      return false;
    const size_t at = unit - view.dims.begin();
    ReassociationIndices &group = view.groups[at == 0 ? 1 : at - 1];
    llvm::append_range(group, view.groups[at]);
    llvm::sort(group);
    view.groups.erase(view.groups.begin() + at);
    view.dims.erase(unit);
  }
  return true;
}

std::optional<OperandView> ViewReader::match() {
  const int64_t rank = read->operands.size();
  for (int64_t p = 0; p < rank; ++p) {
    if (matchTwo(p))
      ++p;
    else if (!matchUnit(p) && !matchOne(p))
      return std::nullopt;
  }
  return mergeUnits() && addMissing() ? std::optional(view) : std::nullopt;
}

std::vector<OperandView> mlir::attn::recognize::findViews(TensorReader &reader,
                                                          Expr element,
                                                          const Dims &dims) {
  std::vector<OperandView> views;
  double factor = 1;
  bool corresponds = true;
  for (Expr e = element; e;) {
    if (!e->isRead()) {
      Factor part = splitFactor(reader, e);
      if (part.rest == e)
        break;
      factor *= part.factor;
      e = part.rest;
      continue;
    }
    // A gather's indices are read, too.
    SmallVector<Expr> indices;
    for (Expr index : e->operands)
      indices.push_back(reader.full(index));
    e = reader.c.read(e->value, indices);
    if (std::optional<OperandView> view =
            ViewReader(reader, e, dims, corresponds).match()) {
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
  Value tensor = view.tensor;
  auto source = cast<RankedTensorType>(tensor.getType());
  if (source.getRank() != static_cast<int64_t>(layout.size()))
    tensor = tensor::CollapseShapeOp::create(builder, loc, tensor, view.groups);
  if (layout.size() == 4)
    return {tensor, layout};
  // The others come behind the one before them in the canonical order.
  auto type = cast<RankedTensorType>(tensor.getType());
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
  return {tensor::ExpandShapeOp::create(builder, loc, expanded, tensor, groups),
          whole};
}
