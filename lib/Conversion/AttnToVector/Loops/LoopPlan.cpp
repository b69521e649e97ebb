//===- LoopPlan.cpp - Which loop of an op runs in vectors -----------------===//
#include "Loops/LoopPlan.h"
#include "Regions/RegionDependence.h"
#include "Steps/Matrix.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::attn;

bool attn::moves(AffineMap map, unsigned loop) {
  return map.isFunctionOfDim(loop);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static bool isInVectors(Type type) {
  return type.isIndex() || isa<FloatType>(type) ||
         (isa<IntegerType>(type) && !type.isInteger(1));
}

static bool isReadInVectors(Value memref) {
  auto type = dyn_cast<MemRefType>(memref.getType());
  return type && type.getRank() > 0 && hasUnitStride(type) &&
         isInVectors(type.getElementType());
}

/// Whether `expr` grows as `loop` does.
static bool followsLoop(AffineExpr expr, unsigned loop) {
  AffineExpr dim = getAffineDimExpr(loop, expr.getContext());
  if (expr == dim)
    return true;
  auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!sum || sum.getKind() != AffineExprKind::Add)
    return false;
  auto isOneSide = [&](AffineExpr a, AffineExpr b) {
    return a == dim && !b.isFunctionOfDim(loop);
  };
  return isOneSide(sum.getLHS(), sum.getRHS()) ||
         isOneSide(sum.getRHS(), sum.getLHS());
}

/// Whether elements along `loop` are the same one, or lie side by side.
static bool suits(linalg::LinalgOp op, OpOperand &operand, unsigned loop) {
  AffineMap map = op.getMatchingIndexingMap(&operand);
  if (!moves(map, loop))
    return true;
  return isReadInVectors(operand.get()) &&
         llvm::none_of(
             map.getResults().drop_back(),
             [&](AffineExpr expr) { return expr.isFunctionOfDim(loop); }) &&
         followsLoop(map.getResults().back(), loop);
}

/// The loop along which elements of a row of `operand` lie side by side, where
/// vectors along `loop` stride over them. What else the operand moves with has
/// to be known before.
static std::optional<unsigned>
findCrossLoop(const LoopPlan &plan, OpOperand &operand, unsigned loop) {
  linalg::LinalgOp op = plan.op;
  AffineMap map = op.getMatchingIndexingMap(&operand);
  auto type = dyn_cast<MemRefType>(operand.get().getType());
  if (!type || op.isDpsInit(&operand) || !map.isProjectedPermutation() ||
      type.getElementType() != plan.element)
    return std::nullopt;
  std::optional<unsigned> cross;
  for (auto [dim, expr] : llvm::enumerate(map.getResults()))
    if (hasUnitStride(type, dim))
      cross = cast<AffineDimExpr>(expr).getPosition();
  for (unsigned other = cross.value_or(0); other < op.getNumLoops(); ++other)
    if (moves(map, other) && other != cross && other != loop)
      return std::nullopt;
  return cross == loop ? std::nullopt : cross;
}

/// Whether vectors along `loop` suit all operands once some are transposed, a
/// few rows at a time.
static bool suitsAcross(LoopPlan &plan, unsigned loop) {
  constexpr int64_t most = 1024; // of a row, on the stack
  linalg::LinalgOp op = plan.op;
  int64_t size = op.getStaticLoopRanges()[loop];
  plan.across.clear();
  if (plan.isReduction() || ShapedType::isDynamic(size) || size > most)
    return false;
  for (OpOperand &operand : op->getOpOperands()) {
    if (suits(op, operand, loop))
      continue;
    std::optional<unsigned> cross = findCrossLoop(plan, operand, loop);
    if (!cross || (!plan.across.empty() && plan.crossLoop != *cross))
      return false;
    plan.crossLoop = *cross;
    plan.across.push_back(&operand);
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

/// What differs between lanes.
static RegionDependence getLanes(linalg::LinalgOp op, unsigned loop) {
  SmallVector<Value> varying;
  for (OpOperand &operand : op->getOpOperands())
    if (moves(op.getMatchingIndexingMap(&operand), loop))
      varying.push_back(op.getMatchingBlockArgument(&operand));
  for (auto index : op.getBlock()->getOps<linalg::IndexOp>())
    if (index.getDim() == loop)
      varying.push_back(index.getResult());
  return RegionDependence(op->getRegion(0), varying);
}

/// Whether lanes read elements side by side.
static bool isAlong(memref::LoadOp load, const RegionDependence &lanes,
                    unsigned loop) {
  if (!isReadInVectors(load.getMemRef()) || lanes.contains(load.getMemRef()) ||
      llvm::any_of(load.getIndices().drop_back(),
                   [&](Value index) { return lanes.contains(index); }))
    return false;
  auto index = load.getIndices().back().getDefiningOp<linalg::IndexOp>();
  return index && index.getDim() == loop;
}

static bool isElementwise(Operation &op) {
  return OpTrait::hasElementwiseMappableTraits(&op) &&
         op.getNumRegions() == 0 &&
         llvm::all_of(op.getResultTypes(), VectorType::isValidElementType) &&
         llvm::all_of(op.getOperandTypes(), VectorType::isValidElementType);
}

static std::string checkBody(linalg::LinalgOp op, unsigned loop) {
  const RegionDependence lanes = getLanes(op, loop);
  for (Operation &inner : op.getBlock()->without_terminator()) {
    auto load = dyn_cast<memref::LoadOp>(inner);
    bool varies = lanes.contains(inner);
    if (isa<linalg::IndexOp>(inner) || (load && !varies) ||
        (load && isAlong(load, lanes, loop)))
      continue;
    if (load || (varies && !isElementwise(inner)) || !isPure(&inner))
      return "expected elementwise ops, got " +
             inner.getName().getStringRef().str();
  }
  return "";
}

/// What is combined with `before` in the end, and by which op.
static bool findCombiner(linalg::LinalgOp op, unsigned result, LoopPlan &plan) {
  BlockArgument before = op.getRegionOutputArgs()[result];
  Value yielded = op.getBlock()->getTerminator()->getOperand(result);
  Operation *combiner = yielded.getDefiningOp();
  if (!combiner || !before.hasOneUse() || *before.user_begin() != combiner ||
      combiner->getNumOperands() != 2 || !yielded.hasOneUse() ||
      !isa<arith::AddFOp, arith::MulFOp, arith::MaximumFOp, arith::MinimumFOp,
           arith::AddIOp, arith::MulIOp, arith::AndIOp, arith::OrIOp,
           arith::XOrIOp, arith::MaxSIOp, arith::MinSIOp, arith::MaxUIOp,
           arith::MinUIOp>(combiner))
    return false;
  plan.combiners.push_back(combiner);
  plan.terms.push_back(
      combiner->getOperand(combiner->getOperand(0) == before ? 1 : 0));
  return true;
}

static std::string findCombiners(LoopPlan &plan) {
  linalg::LinalgOp op = plan.op;
  if (op.getNumReductionLoops() == 0)
    return "";
  for (unsigned n = 0; n < unsigned(op.getNumDpsInits()); ++n)
    if (!findCombiner(op, n, plan))
      return "expected sums, products, maxima or minima";
  for (Value term : plan.terms)
    if (term.getType().isF16() || term.getType().isBF16())
      return "expected sums in f32 or f64";
  return "";
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

static bool has(linalg::LinalgOp op, function_ref<bool(Type)> holds) {
  auto isIt = [&](Value value) {
    return holds(getElementTypeOrSelf(value.getType()));
  };
  return llvm::any_of(op->getOperands(), isIt) ||
         op.getBlock()
             ->walk([&](Operation *inner) {
               return llvm::any_of(inner->getResults(), isIt)
                          ? WalkResult::interrupt()
                          : WalkResult::advance();
             })
             .wasInterrupted();
}

static FloatType getElement(linalg::LinalgOp op) {
  Builder b(op.getContext());
  bool isDouble = has(op, [](Type type) { return type.isF64(); });
  return isDouble ? FloatType(b.getF64Type()) : FloatType(b.getF32Type());
}

static std::string checkOp(linalg::LinalgOp op) {
  if (!op.hasPureBufferSemantics() || op->getNumRegions() != 1 ||
      op.getNumLoops() == 0 ||
      op.getBlock()->getNumArguments() != op->getNumOperands())
    return "expected an op with loops on memrefs";
  for (OpOperand &init : op.getDpsInitsMutable()) {
    AffineMap map = op.getMatchingIndexingMap(&init);
    if (!map.isProjectedPermutation())
      return "expected results that single loops write";
    for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
      if (moves(map, loop) ==
          (op.getIteratorTypesArray()[loop] == utils::IteratorType::reduction))
        return "expected results that move with each parallel loop";
  }
  return "";
}

/// The innermost loop of those that `suits`; returns what is in the way.
static std::string findVectorLoop(LoopPlan &plan,
                                  function_ref<bool(unsigned loop)> suits) {
  // Fewer elements are no vector.
  constexpr int64_t least = 4;
  std::string obstacle = "expected elements side by side along one loop";
  SmallVector<int64_t> sizes = plan.op.getStaticLoopRanges();
  for (unsigned loop = sizes.size(); loop-- > 0;) {
    bool isShort = !ShapedType::isDynamic(sizes[loop]) && sizes[loop] < least;
    if (isShort || !suits(loop))
      continue;
    plan.vectorLoop = loop;
    obstacle = checkBody(plan.op, loop);
    if (obstacle.empty())
      return "";
  }
  return obstacle;
}

std::string attn::planLoops(linalg::LinalgOp op, LoopPlan &plan) {
  plan.op = op;
  if (std::string obstacle = checkOp(op); !obstacle.empty())
    return obstacle;
  plan.element = getElement(op);
  if (std::string obstacle = findCombiners(plan); !obstacle.empty())
    return obstacle;
  std::string obstacle = findVectorLoop(plan, [&](unsigned loop) {
    return llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
      return suits(op, operand, loop);
    });
  });
  if (obstacle.empty() || findVectorLoop(plan, [&](unsigned loop) {
                            return suitsAcross(plan, loop);
                          }).empty())
    return "";
  return obstacle;
}
