//===- TensorReader.cpp - Elements of results of ops ----------------------===//
#include "TensorReader.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

/// Stacks are finite; chains of definitions are followed this far.
static constexpr unsigned maxDepth = 400;

TensorReader::TensorReader(ExprContext &c, Operation *function) : c(c) {
  learnFrom(function);
}

Expr TensorReader::head(Expr expr) {
  for (unsigned step = 0; expr->isRead() && step < maxDepth; ++step) {
    Expr next = lookThrough(expr);
    if (!next)
      break;
    expr = next;
  }
  return expr;
}

Expr TensorReader::full(Expr expr) {
  return c.rewrite(expr, [&](Expr e) -> Expr {
    if (!e->isRead())
      return nullptr;
    auto known = fullOf.find(e);
    if (known != fullOf.end())
      return known->second;
    if (depth > maxDepth)
      return e;
    ++depth;
    Expr result;
    if (Expr next = lookThrough(e)) {
      result = full(next);
    } else {
      SmallVector<Expr> indices;
      for (Expr index : e->operands)
        indices.push_back(full(index));
      result = c.read(e->value, indices);
      // Simpler indices may say more of the element.
      if (result != e && lookThrough(result))
        result = full(result);
    }
    --depth;
    fullOf[e] = result;
    return result;
  });
}

Expr TensorReader::lookThrough(Expr read) {
  auto known = through.find(read);
  if (known != through.end())
    return known->second;
  Operation *op = read->value.getDefiningOp();
  ArrayRef<Expr> indices = read->operands;
  Expr result = nullptr;
  if (!op)
    return nullptr;
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto [known, isNew] = constants.try_emplace(read, nullptr);
    if (auto elements = dyn_cast<ElementsAttr>(constant.getValue());
        elements && isNew)
      known->second = readConstant(elements, indices);
    result = known->second;
  } else if (auto linalg = dyn_cast<linalg::LinalgOp>(op)) {
    result = lookThroughLinalg(
        linalg, cast<OpResult>(read->value).getResultNumber(), indices);
  } else if (auto cast = dyn_cast<tensor::CastOp>(op)) {
    result = c.read(cast.getSource(), indices);
  } else if (auto splat = dyn_cast<tensor::SplatOp>(op)) {
    result = scalarOf(splat.getInput());
  } else if (auto generate = dyn_cast<tensor::GenerateOp>(op)) {
    Scalars scalars;
    for (auto [argument, index] :
         llvm::zip(generate.getBody().getArguments(), indices))
      scalars[argument] = index;
    result = evaluate(generate.getBody().front().getTerminator()->getOperand(0),
                      scalars, {});
  } else if (auto list = dyn_cast<tensor::FromElementsOp>(op)) {
    int64_t flat = 0;
    for (auto [dim, index] : llvm::enumerate(indices)) {
      std::optional<int64_t> value = ExprContext::getInteger(index);
      if (!value)
        return nullptr;
      flat = flat * list.getType().getDimSize(dim) + *value;
    }
    if (flat >= 0 && flat < static_cast<int64_t>(list.getElements().size()))
      result = scalarOf(list.getElements()[flat]);
  } else if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op)) {
    result = lookThroughReshape(op, indices);
  } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
    result = lookThroughLoops(loop);
  } else {
    result = lookThroughSlice(op, indices);
  }
  through[read] = result;
  if (result)
    visited.insert(op);
  return result;
}

//===----------------------------------------------------------------------===//
// linalg
//===----------------------------------------------------------------------===//

SmallVector<Expr> TensorReader::getLoops(linalg::LinalgOp op, unsigned result,
                                         ArrayRef<Expr> indices,
                                         ArrayRef<Expr> reduced) {
  SmallVector<Expr> loops(op.getNumLoops());
  AffineMap map = op.getIndexingMapMatchingResult(op->getResult(result));
  for (auto [expr, index] : llvm::zip(map.getResults(), indices)) {
    // A reduced dimension that is kept has one place.
    auto place = dyn_cast<AffineConstantExpr>(expr);
    if (place && ExprContext::getInteger(index) == place.getValue())
      continue;
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || loops[dim.getPosition()])
      return {};
    loops[dim.getPosition()] = index;
  }
  unsigned next = 0;
  for (auto [loop, kind] : llvm::zip(loops, op.getIteratorTypesArray())) {
    if (loop)
      continue;
    if (kind != utils::IteratorType::reduction || next == reduced.size())
      return {};
    loop = reduced[next++];
  }
  return loops;
}

/// An affine expression of loops.
static Expr evaluateAffine(ExprContext &c, AffineExpr expr,
                           ArrayRef<Expr> loops) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return loops[dim.getPosition()];
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return c.integer(constant.getValue());
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return nullptr;
  Expr a = evaluateAffine(c, binary.getLHS(), loops);
  Expr b = evaluateAffine(c, binary.getRHS(), loops);
  if (!a || !b)
    return nullptr;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return c.add(a, b);
  case AffineExprKind::Mul:
    return c.mul(a, b);
  case AffineExprKind::FloorDiv:
    return c.floorDiv(a, b);
  case AffineExprKind::Mod:
    return c.mod(a, b);
  default:
    return nullptr;
  }
}

Expr TensorReader::readOperand(linalg::LinalgOp op, OpOperand &operand,
                               ArrayRef<Expr> loops) {
  if (!isa<RankedTensorType>(operand.get().getType()))
    return scalarOf(operand.get());
  SmallVector<Expr> indices;
  for (AffineExpr expr : op.getMatchingIndexingMap(&operand).getResults()) {
    Expr index = evaluateAffine(c, expr, loops);
    if (!index)
      return nullptr;
    indices.push_back(index);
  }
  return c.read(operand.get(), indices);
}

Expr TensorReader::lookThroughLinalg(linalg::LinalgOp op, unsigned result,
                                     ArrayRef<Expr> indices) {
  if (op.getNumParallelLoops() != op.getNumLoops() ||
      !op.hasPureTensorSemantics())
    return nullptr;
  SmallVector<Expr> loops = getLoops(op, result, indices, {});
  if (loops.size() != op.getNumLoops() || llvm::is_contained(loops, nullptr))
    return nullptr;
  Scalars scalars;
  for (OpOperand &operand : op->getOpOperands())
    if (Expr value = readOperand(op, operand, loops))
      scalars[op.getMatchingBlockArgument(&operand)] = value;
  return evaluate(op.getBlock()->getTerminator()->getOperand(result), scalars,
                  loops);
}

Expr TensorReader::getReducedSize(linalg::LinalgOp op) {
  SmallVector<unsigned> loops;
  op.getReductionDims(loops);
  for (OpOperand *operand : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(operand);
    for (auto [dim, expr] : llvm::enumerate(map.getResults()))
      if (expr == getAffineDimExpr(loops[0], op.getContext()))
        return sizeOf(operand->get(), dim);
  }
  return nullptr;
}

std::optional<Reduction> TensorReader::readReduction(Expr read, Expr position) {
  auto op = read->isRead() ? read->value.getDefiningOp<linalg::LinalgOp>()
                           : linalg::LinalgOp();
  if (!op || op.getNumReductionLoops() != 1)
    return std::nullopt;
  // Others, as where the maximum is, must be of no use.
  unsigned result = cast<OpResult>(read->value).getResultNumber();
  for (OpResult other : op->getResults())
    if (other.getResultNumber() != result && !other.use_empty())
      return std::nullopt;
  Expr size = getReducedSize(op);
  if (position->kind == Kind::Position
          ? size != position->getExtent()
          : !size || ExprContext::getInteger(size) != 1)
    return std::nullopt;
  SmallVector<Expr> loops = getLoops(op, result, read->operands, position);
  if (loops.size() != op.getNumLoops())
    return std::nullopt;
  Scalars scalars;
  for (OpOperand *operand : op.getDpsInputOperands())
    if (Expr value = readOperand(op, *operand, loops))
      scalars[op.getMatchingBlockArgument(operand)] = value;
  Value accumulator = op.getRegionOutputArgs()[result];
  Operation *combiner =
      op.getBlock()->getTerminator()->getOperand(result).getDefiningOp();
  if (!combiner || combiner->getNumOperands() != 2)
    return std::nullopt;
  unsigned other = combiner->getOperand(0) == accumulator ? 1 : 0;
  if (combiner->getOperand(1 - other) != accumulator)
    return std::nullopt;
  // Null where it goes by what was accumulated.
  Expr element = evaluate(combiner->getOperand(other), scalars, loops);
  Expr initial = head(c.read(op.getDpsInits()[result], read->operands));
  if (!element)
    return std::nullopt;
  visited.insert(op);
  return Reduction{op, combiner->getName().getIdentifier(), element, initial};
}

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

Expr TensorReader::scalarOf(Value value) { return evaluate(value, outer, {}); }

Expr TensorReader::readBody(Block &block, Value value,
                            ArrayRef<Expr> arguments) {
  Scalars scalars;
  for (auto [argument, expr] : llvm::zip(block.getArguments(), arguments))
    scalars[argument] = expr;
  return evaluate(value, scalars, {});
}

static bool isInBody(Value value) {
  Operation *around = value.getParentBlock()->getParentOp();
  if (isa_and_present<scf::IfOp>(around))
    around = around->getParentOp();
  // What an op on positions expands to is in no op.
  return !around ||
         isa<linalg::LinalgOp, tensor::GenerateOp, AttentionOp>(around);
}

/// What one branch in a region of an attention yields, where a check says that
/// it is taken: the value of a read whose index is checked. Who reads the
/// region keeps its checks; nobody keeps those of other bodies.
static Value getChecked(scf::IfOp op, unsigned result) {
  bool isChecked =
      llvm::any_of(op.getCondition().getUsers(), [&](Operation *user) {
        return isa<cf::AssertOp>(user) && user->getBlock() == op->getBlock();
      });
  return isChecked && isa<AttentionOp>(op->getParentOp())
             ? op.thenYield().getOperand(result)
             : Value();
}

Expr TensorReader::evaluate(Value value, Scalars &scalars,
                            ArrayRef<Expr> loops) {
  auto known = scalars.find(value);
  if (known != scalars.end())
    return known->second;
  known = outer.find(value);
  if (known != outer.end())
    return known->second;
  // Block arguments of a body are known, or are not read.
  if (isa<RankedTensorType>(value.getType()))
    return nullptr;
  auto result = dyn_cast<OpResult>(value);
  Expr expr = nullptr;
  if (result && depth < maxDepth) {
    ++depth;
    expr =
        evaluateOp(result.getOwner(), result.getResultNumber(), scalars, loops);
    --depth;
  }
  // What a body computes from its arguments is not known outside of it.
  if (!expr && isInBody(value))
    return nullptr;
  if (!expr)
    expr = c.scalar(value);
  scalars[value] = expr;
  return expr;
}

Expr TensorReader::evaluateOp(Operation *op, unsigned result, Scalars &scalars,
                              ArrayRef<Expr> loops) {
  if (auto index = dyn_cast<linalg::IndexOp>(op))
    return loops.empty() ? nullptr : loops[index.getDim()];
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return isa<FloatAttr, IntegerAttr>(constant.getValue())
               ? c.constant(constant.getValue())
               : nullptr;
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    std::optional<int64_t> index = dim.getConstantIndex();
    auto type = dyn_cast<RankedTensorType>(dim.getSource().getType());
    return index && type && *index < type.getRank()
               ? sizeOf(dim.getSource(), *index)
               : nullptr;
  }
  SmallVector<Expr> operands;
  if (isa<PositionOpInterface>(op)) {
    for (Value operand : op->getOperands()) {
      Expr expr = isa<RankedTensorType>(operand.getType())
                      ? c.integer(0)
                      : evaluate(operand, scalars, loops);
      if (!expr)
        return nullptr;
      operands.push_back(expr);
    }
    return evaluatePositionOp(op, operands);
  }
  if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
    for (Value index : extract.getIndices()) {
      Expr expr = evaluate(index, scalars, loops);
      if (!expr)
        return nullptr;
      operands.push_back(expr);
    }
    return c.read(extract.getTensor(), operands);
  }
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    Value checked = getChecked(branch, result);
    return checked ? evaluate(checked, scalars, loops) : nullptr;
  }
  if (op->getNumRegions() || op->getNumResults() != 1 || !isPure(op) ||
      !isa<arith::ArithDialect, math::MathDialect>(op->getDialect()))
    return nullptr;
  for (Value operand : op->getOperands()) {
    Expr expr = evaluate(operand, scalars, loops);
    if (!expr)
      return nullptr;
    operands.push_back(expr);
  }
  // Flags of what may be assumed do not say what is computed.
  NamedAttrList attributes(op->getAttrDictionary());
  attributes.erase("fastmath");
  attributes.erase("overflowFlags");
  return c.op(op->getName().getIdentifier(), op->getResult(result).getType(),
              operands, attributes.getDictionary(op->getContext()));
}
