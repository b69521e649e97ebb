//===- Contraction.cpp - The loops of a dense product ---------------------===//
#include "Contraction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::attn;

int64_t Contraction::getSize(unsigned loop) const {
  return linalg::LinalgOp(op).getStaticLoopRanges()[loop];
}

//===----------------------------------------------------------------------===//
// The body
//===----------------------------------------------------------------------===//

/// The op's operand that `value` is an element of, maybe widened.
static OpOperand *getOperand(linalg::LinalgOp op, Value value) {
  while (auto extend = value.getDefiningOp<arith::ExtFOp>())
    value = extend.getIn();
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != op.getBlock())
    return nullptr;
  return op.getMatchingOpOperand(argument);
}

/// acc + a * b, in either order.
static bool isMultiplyAdd(linalg::LinalgOp op) {
  Value yielded = op.getBlock()->getTerminator()->getOperand(0);
  auto sum = yielded.getDefiningOp<arith::AddFOp>();
  if (!sum)
    return false;
  Value acc = op.getRegionOutputArgs()[0];
  Value other = sum.getLhs() == acc ? sum.getRhs() : sum.getLhs();
  auto product = other.getDefiningOp<arith::MulFOp>();
  if (!product || (sum.getLhs() != acc && sum.getRhs() != acc))
    return false;
  OpOperand *first = getOperand(op, product.getLhs());
  OpOperand *second = getOperand(op, product.getRhs());
  return first && second && first != second && op.isDpsInput(first) &&
         op.isDpsInput(second);
}

bool attn::isSumOfProducts(linalg::LinalgOp op) {
  return op.getNumDpsInputs() == 2 && op.getNumDpsInits() == 1 &&
         op->getNumRegions() == 1 && op.getNumReductionLoops() > 0 &&
         isMultiplyAdd(op);
}

//===----------------------------------------------------------------------===//
// The loops
//===----------------------------------------------------------------------===//

/// Dimensions and zeros, each dimension once.
static bool isSimple(AffineMap map) {
  return map.isProjectedPermutation(/*allowZeroInResults=*/true);
}

static bool reads(AffineMap map, unsigned loop) {
  return map.isFunctionOfDim(loop);
}

/// Of the loops in the order of the results of `map`, the last that `suits`;
/// one of a size that is not 1 if there is any.
static std::optional<unsigned> findLast(const Contraction &of, AffineMap map,
                                        function_ref<bool(unsigned)> suits) {
  std::optional<unsigned> last, trivial;
  for (AffineExpr expr : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || !suits(dim.getPosition()))
      continue;
    (of.getSize(dim.getPosition()) == 1 ? trivial : last) = dim.getPosition();
  }
  return last ? last : trivial;
}

static std::string checkTypes(const Contraction &c) {
  Type acc = getElementTypeOrSelf(c.init().get().getType());
  if (!acc.isF32() && !acc.isF64())
    return "expected sums in f32 or f64";
  for (OpOperand *operand : {c.lhs, c.rhs}) {
    Type type = getElementTypeOrSelf(operand->get().getType());
    if (type != acc && !type.isF16() && !type.isBF16() && !type.isF32())
      return "expected operands of f16, bf16, f32 or f64";
  }
  return "";
}

std::string attn::findLoops(linalg::LinalgOp op, Contraction &c) {
  c.op = op;
  c.lhs = op.getDpsInputOperand(0);
  c.rhs = op.getDpsInputOperand(1);
  if (std::string obstacle = checkTypes(c); !obstacle.empty())
    return obstacle;
  if (llvm::is_contained(op.getStaticLoopRanges(), 0))
    return "expected loops that run, got one that does not";
  AffineMap out = c.getMap(&c.init());
  if (!isSimple(c.getMap(c.lhs)) || !isSimple(c.getMap(c.rhs)) ||
      !out.isProjectedPermutation())
    return "expected operands and result to be read by single loops";
  std::optional<unsigned> column =
      findLast(c, out, [](unsigned) { return true; });
  if (!column)
    return "expected a result with dimensions";
  if (reads(c.getMap(c.lhs), *column))
    std::swap(c.lhs, c.rhs);
  AffineMap left = c.getMap(c.lhs), right = c.getMap(c.rhs);
  if (reads(left, *column) || !reads(right, *column))
    return "expected the result's last dimension in one operand";
  c.column = *column;
  c.row = findLast(c, out, [&](unsigned loop) {
    return reads(left, loop) && !reads(right, loop);
  });
  if (c.row && c.getSize(*c.row) == 1)
    c.row = std::nullopt;
  SmallVector<unsigned> summed;
  op.getReductionDims(summed);
  for (unsigned loop : summed)
    if (!reads(left, loop) || !reads(right, loop))
      return "expected both operands in each sum";
  // The one whose elements lie side by side in an operand.
  auto isSummed = [&](unsigned loop) {
    return llvm::is_contained(summed, loop);
  };
  c.inner = findLast(c, left, isSummed).value();
  return "";
}

//===----------------------------------------------------------------------===//
// What follows
//===----------------------------------------------------------------------===//

/// Whether each element of `value` is read where the element of the result with
/// the same indices is computed, and of the other operands slices are.
static bool isElementwiseOn(linalg::GenericOp op, Value value) {
  if (op.getNumLoops() != op.getNumParallelLoops() || op->getNumResults() != 1)
    return false;
  return llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    bool isWhole = operand.get() == value || op.isDpsInit(&operand);
    return isWhole ? map.isIdentity() : isSimple(map);
  });
}

SmallVector<linalg::GenericOp> attn::findFollowers(const Contraction &c) {
  SmallVector<linalg::GenericOp> followers;
  Value product = linalg::LinalgOp(c.op)->getResult(0);
  while (!product.use_empty() && llvm::all_equal(product.getUsers())) {
    auto next = dyn_cast<linalg::GenericOp>(*product.user_begin());
    if (!next || next->getBlock() != c.op->getBlock() ||
        !isElementwiseOn(next, product))
      break;
    followers.push_back(next);
    product = next->getResult(0);
  }
  return followers;
}
