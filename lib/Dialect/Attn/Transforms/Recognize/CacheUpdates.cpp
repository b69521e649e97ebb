//===- CacheUpdates.cpp - Writes at a position ----------------------------===//
#include "CacheUpdates.h"
#include "Match.h"
#include "Remarks.h"
#include "Tables.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

namespace {
/// Reads a nest of loops, each of which carries the tensor that is written.
class WriteMatcher {
public:
  WriteMatcher(TensorReader &reader, scf::ForOp outermost)
      : r(reader), c(reader.c), outermost(outermost) {}

  bool match();
  void build();

private:
  tensor::InsertOp findInsert();
  Expr atPositions(Value index);
  bool matchIndices(tensor::InsertOp insert, tensor::ExtractOp extract);

  TensorReader &r;
  ExprContext &c;
  scf::ForOp outermost;
  SmallVector<scf::ForOp> loops;
  Value cache, update;
  std::optional<unsigned> axis;
  Expr start = nullptr;
};
} // namespace

/// The one write in the innermost loop; null where a loop does anything else.
tensor::InsertOp WriteMatcher::findInsert() {
  Operation *next = outermost;
  Value carried;
  while (auto loop = dyn_cast_if_present<scf::ForOp>(next)) {
    if (loop.getInitArgs().size() != 1 ||
        (carried && loop.getInitArgs()[0] != carried) ||
        getConstantIntValue(loop.getLowerBound()) != 0 ||
        getConstantIntValue(loop.getStep()) != 1)
      return {};
    loops.push_back(loop);
    carried = loop.getRegionIterArg(0);
    for (Operation &op : loop.getBody()->without_terminator())
      if (!isa<scf::ForOp>(op) && !isPure(&op))
        return {};
    next = loop.getBody()->getTerminator()->getOperand(0).getDefiningOp();
    if (!next || next->getBlock() != loop.getBody())
      return {};
  }
  auto insert = dyn_cast_if_present<tensor::InsertOp>(next);
  return insert && insert.getDest() == carried ? insert : tensor::InsertOp();
}

/// An index as a function of the positions of the loops.
Expr WriteMatcher::atPositions(Value index) {
  return c.rewrite(r.full(r.scalarOf(index)), [&](Expr e) -> Expr {
    if (e->kind != Kind::Scalar)
      return nullptr;
    for (auto [n, loop] : llvm::enumerate(loops))
      if (e->value == loop.getInductionVar())
        return c.position(FirstLoop + n, r.scalarOf(loop.getUpperBound()));
    return nullptr;
  });
}

bool WriteMatcher::matchIndices(tensor::InsertOp insert,
                                tensor::ExtractOp extract) {
  if (insert.getIndices().size() != extract.getIndices().size())
    return false;
  uint32_t covered = 0;
  for (auto [dim, pair] :
       llvm::enumerate(llvm::zip(insert.getIndices(), extract.getIndices()))) {
    Expr to = atPositions(std::get<0>(pair)),
         from = atPositions(std::get<1>(pair));
    Expr size = r.sizeOf(update, dim);
    bool whole = from->kind == Kind::Position
                     ? from->getExtent() == size && !(covered & from->positions)
                     : ExprContext::getInteger(from) == 0 &&
                           ExprContext::getInteger(size) == 1;
    if (!whole)
      return false;
    covered |= from->positions;
    if (to == from && (from->kind == Kind::Position ||
                       ExprContext::getInteger(r.sizeOf(cache, dim)) == 1))
      continue;
    if (axis)
      return false;
    axis = dim;
    start = c.sub(to, from);
  }
  if (!axis || start->positions != 0)
    return false;
  // All of the other dimensions is written.
  for (size_t dim = 0; dim < insert.getIndices().size(); ++dim)
    if (dim != *axis && r.sizeOf(cache, dim) != r.sizeOf(update, dim))
      return false;
  return true;
}

bool WriteMatcher::match() {
  tensor::InsertOp insert = findInsert();
  auto extract = insert ? insert.getScalar().getDefiningOp<tensor::ExtractOp>()
                        : tensor::ExtractOp();
  if (!extract || loops.size() > 6)
    return false;
  cache = outermost.getInitArgs()[0];
  update = extract.getTensor();
  auto isOutside = [&](Value value) {
    return !outermost->isAncestor(value.getParentBlock()->getParentOp());
  };
  if (!isOutside(update) || !matchIndices(insert, extract))
    return false;
  bool holds = true;
  c.rewrite(start, [&](Expr e) -> Expr {
    if (e->value)
      holds &= isOutside(e->value);
    return nullptr;
  });
  return holds && cast<RankedTensorType>(cache.getType()).getRank() > 1;
}

void WriteMatcher::build() {
  OpBuilder builder(outermost);
  Location loc = outermost.getLoc();
  int64_t rank = cast<RankedTensorType>(cache.getType()).getRank();
  // The op has the batch in dimension 0, which is not what is written along.
  auto dims = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  SmallVector<int64_t> own(dims);
  if (*axis == 0)
    std::swap(own[0], own[1]);
  Value wide = toDims(builder, loc, cache, dims, own),
        narrow = toDims(builder, loc, update, dims, own);
  Value positions;
  if (ExprContext::getInteger(start) != 0) {
    Expr batch = c.position(BatchRole, r.sizeOf(cache, own[0]));
    positions = buildTable(start, batch, outermost);
  }
  auto op = CacheUpdateOp::create(
      builder, loc, wide.getType(), wide, narrow, positions,
      builder.getI64IntegerAttr(*axis == 0 ? 1 : *axis), UnitAttr());
  Value result = toDims(builder, loc, op.getOutput(), own, dims);
  if (result.getType() != cache.getType())
    result = tensor::CastOp::create(builder, loc, cache.getType(), result);
  outermost.getResult(0).replaceAllUsesWith(result);
  outermost.erase();
}

void mlir::attn::recognize::recognizeCacheUpdates(
    FunctionOpInterface function) {
  ExprContext context(function.getContext());
  TensorReader reader(context, function);
  SmallVector<scf::ForOp> outermost;
  function.walk<WalkOrder::PreOrder>([&](scf::ForOp loop) {
    outermost.push_back(loop);
    return WalkResult::skip();
  });
  for (scf::ForOp loop : outermost) {
    WriteMatcher matcher(reader, loop);
    if (!matcher.match())
      continue;
    remark::passed(loop.getLoc(), getRemark("Recognized"))
        << "cache update at a position";
    matcher.build();
    reader.forgetElements();
  }
}
