//===- InsertShapeChecks.cpp - Check sizes that ops assume ----------------===//

#include "attn/Target/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::attn {
#define GEN_PASS_DEF_INSERTSHAPECHECKS
#include "attn/Target/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Inserts checks before one op.
class Checks {
public:
  explicit Checks(Operation *op) : op(op), builder(op), loc(op->getLoc()) {}

  /// The size of a dimension, taken from where the tensor was made.
  OpFoldResult getDim(Value tensor, int64_t d) {
    while (auto op = tensor.getDefiningOp<DestinationStyleOpInterface>())
      tensor = op.getTiedOpOperand(cast<OpResult>(tensor))->get();
    if (auto empty = tensor.getDefiningOp<tensor::EmptyOp>())
      return empty.getMixedSizes()[d];
    return linalg::createFoldedDimOp(builder, loc, tensor, d);
  }

  static bool isSameSize(OpFoldResult lhs, OpFoldResult rhs) {
    if (isEqualConstantIntOrValue(lhs, rhs))
      return true;
    auto getDimOp = [](OpFoldResult size) {
      auto value = dyn_cast<Value>(size);
      return value ? value.getDefiningOp<tensor::DimOp>() : tensor::DimOp();
    };
    tensor::DimOp left = getDimOp(lhs), right = getDimOp(rhs);
    return left && right && left.getSource() == right.getSource() &&
           left.getConstantIndex() &&
           left.getConstantIndex() == right.getConstantIndex();
  }

  Value toValue(OpFoldResult size) {
    return getValueOrCreateConstantIndexOp(builder, loc, size);
  }

  Value compare(arith::CmpIPredicate predicate, Value lhs, Value rhs) {
    return builder.createOrFold<arith::CmpIOp>(loc, predicate, lhs, rhs);
  }

  Value both(Value lhs, Value rhs) {
    return builder.createOrFold<arith::AndIOp>(loc, lhs, rhs);
  }

  void require(Value condition, const Twine &message) {
    if (matchPattern(condition, m_One()))
      return;
    cf::AssertOp::create(builder, loc, condition,
                         (op->getName().getStringRef() + ": " + message).str());
  }

  void requireEqual(OpFoldResult lhs, OpFoldResult rhs, const Twine &message) {
    if (isSameSize(lhs, rhs))
      return;
    require(compare(arith::CmpIPredicate::eq, toValue(lhs), toValue(rhs)),
            message);
  }

  /// 0 <= value <= limit, by one unsigned comparison where the limit is a size.
  void requireWithin(Value value, Value limit, const Twine &message) {
    require(compare(arith::CmpIPredicate::ule, value, limit), message);
  }

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(builder, loc, value);
  }

  Operation *op;
  OpBuilder builder;
  Location loc;
};

/// The dimension that a loop of a linalg op takes its trip count from.
struct LoopBound {
  OpFoldResult size;
  unsigned operand = 0;
  int64_t dimension = 0;
};

} // namespace

/// Each loop's bound is the first dimension that is indexed by it alone; all
/// others of that loop must equal it.
static SmallVector<LoopBound> checkLoopDims(Checks &checks,
                                            linalg::LinalgOp op) {
  SmallVector<LoopBound> bounds(op.getNumLoops());
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (!isa<RankedTensorType>(operand.get().getType()))
      continue;
    for (auto [d, expr] : llvm::enumerate(map.getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      if (!loop)
        continue;
      LoopBound &bound = bounds[loop.getPosition()];
      OpFoldResult size = checks.getDim(operand.get(), d);
      if (!bound.size)
        bound = {size, operand.getOperandNumber(), int64_t(d)};
      else
        checks.requireEqual(
            size, bound.size,
            llvm::formatv("expected dimension {0} of operand {1} to equal "
                          "dimension {2} of operand {3}",
                          d, operand.getOperandNumber(), bound.dimension,
                          bound.operand)
                .str());
    }
  }
  return bounds;
}

/// An index that is computed, such as d0 + d1 of a convolution, is checked at
/// the first and the last iteration: affine expressions of the kinds that
/// linalg's own verifier knows are monotone.
static void checkComputedIndices(Checks &checks, linalg::LinalgOp op,
                                 ArrayRef<LoopBound> bounds) {
  if (llvm::any_of(bounds, [](const LoopBound &b) { return !b.size; }))
    return;
  Builder &attrs = checks.builder;
  SmallVector<OpFoldResult> first(bounds.size(), attrs.getIndexAttr(0)), last;
  Value empty = arith::ConstantIntOp::create(checks.builder, checks.loc, 0, 1);
  for (const LoopBound &bound : bounds) {
    AffineExpr d0 = attrs.getAffineDimExpr(0);
    last.push_back(affine::makeComposedFoldedAffineApply(
        checks.builder, checks.loc, d0 - 1, {bound.size}));
    empty = checks.builder.createOrFold<arith::OrIOp>(
        checks.loc, empty,
        checks.compare(arith::CmpIPredicate::eq, checks.toValue(bound.size),
                       checks.constant(0)));
  }
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (!isa<RankedTensorType>(operand.get().getType()))
      continue;
    for (auto [d, expr] : llvm::enumerate(map.getResults())) {
      if (isa<AffineDimExpr>(expr))
        continue;
      AffineMap index =
          AffineMap::get(map.getNumDims(), 0, expr, op->getContext());
      Value size = checks.toValue(checks.getDim(operand.get(), d));
      Value inside =
          checks.builder.createOrFold<arith::ConstantIntOp>(checks.loc, 1, 1);
      for (ArrayRef<OpFoldResult> point : {ArrayRef(first), ArrayRef(last)}) {
        Value at = checks.toValue(affine::makeComposedFoldedAffineApply(
            checks.builder, checks.loc, index, point));
        inside = checks.both(
            inside, checks.compare(arith::CmpIPredicate::ult, at, size));
      }
      checks.require(
          checks.builder.createOrFold<arith::OrIOp>(checks.loc, empty, inside),
          llvm::formatv("expected indices within dimension {0} of operand {1}",
                        d, operand.getOperandNumber())
              .str());
    }
  }
}

static void check(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics() || !op.hasDynamicShape())
    return;
  Checks checks(op);
  SmallVector<LoopBound> bounds = checkLoopDims(checks, op);
  bool hasComputed = llvm::any_of(op.getIndexingMapsArray(), [](AffineMap map) {
    return !llvm::all_of(map.getResults(), llvm::IsaPred<AffineDimExpr>);
  });
  if (hasComputed)
    checkComputedIndices(checks, op, bounds);
}

/// Sizes that the result's type states must be those of the source.
static void check(tensor::CastOp op) {
  auto source = dyn_cast<RankedTensorType>(op.getSource().getType());
  auto result = dyn_cast<RankedTensorType>(op.getType());
  if (!source || !result)
    return;
  Checks checks(op);
  for (int64_t d = 0; d < result.getRank(); ++d)
    if (source.isDynamicDim(d) && !result.isDynamicDim(d))
      checks.requireEqual(checks.getDim(op.getSource(), d),
                          checks.builder.getIndexAttr(result.getDimSize(d)),
                          llvm::formatv("expected dimension {0} to be {1}", d,
                                        result.getDimSize(d))
                              .str());
}

/// A slice [offset, offset + (size - 1) * stride] of a dimension must lie
/// within it.
static void checkSlice(Checks &checks, OffsetSizeAndStrideOpInterface op,
                       Value whole) {
  SmallVector<OpFoldResult> offsets = op.getMixedOffsets(),
                            sizes = op.getMixedSizes(),
                            strides = op.getMixedStrides();
  auto type = cast<RankedTensorType>(whole.getType());
  for (int64_t d = 0; d < type.getRank(); ++d) {
    bool isStatic = !type.isDynamicDim(d) && getConstantIntValue(offsets[d]) &&
                    getConstantIntValue(sizes[d]) &&
                    getConstantIntValue(strides[d]);
    OpFoldResult dim = checks.getDim(whole, d);
    bool isWhole = Checks::isSameSize(sizes[d], dim) &&
                   isConstantIntValue(offsets[d], 0) &&
                   isConstantIntValue(strides[d], 1);
    if (isStatic || isWhole)
      continue; // the verifier has looked
    Value limit = checks.toValue(dim), size = checks.toValue(sizes[d]),
          offset = checks.toValue(offsets[d]);
    checks.requireWithin(
        size, limit,
        llvm::formatv("expected the slice's size in dimension {0} to be "
                      "within the tensor's",
                      d)
            .str());
    AffineExpr s0, s1, s2;
    bindSymbols(checks.op->getContext(), s0, s1, s2);
    // The number of elements from the offset to behind the last one taken.
    Value reach = checks.toValue(affine::makeComposedFoldedAffineApply(
        checks.builder, checks.loc, s0 + (s1 - 1) * s2 + 1,
        {offsets[d], sizes[d], strides[d]}));
    Value isEmpty =
        checks.compare(arith::CmpIPredicate::eq, size, checks.constant(0));
    Value inside =
        checks.both(checks.compare(arith::CmpIPredicate::ule, offset, limit),
                    checks.compare(arith::CmpIPredicate::ule, reach, limit));
    checks.require(
        checks.builder.createOrFold<arith::OrIOp>(checks.loc, isEmpty, inside),
        llvm::formatv("expected the slice of dimension {0} to end within "
                      "the tensor",
                      d)
            .str());
  }
}

static void check(tensor::ExtractSliceOp op) {
  Checks checks(op);
  checkSlice(checks, op, op.getSource());
}

static void check(tensor::InsertSliceOp op) {
  Checks checks(op);
  checkSlice(checks, op, op.getDest());
  // The source's own sizes are what is read.
  llvm::SmallBitVector dropped = op.getDroppedDims();
  SmallVector<OpFoldResult> sizes = op.getMixedSizes();
  int64_t source = 0;
  for (auto [d, size] : llvm::enumerate(sizes)) {
    if (dropped.test(d))
      continue;
    checks.requireEqual(
        checks.getDim(op.getSource(), source), size,
        llvm::formatv("expected dimension {0} of the source to equal the "
                      "slice's size in dimension {1}",
                      source, d)
            .str());
    ++source;
  }
}

/// The groups' sizes multiply to the source's.
static void check(tensor::ExpandShapeOp op) {
  Checks checks(op);
  SmallVector<OpFoldResult> sizes = op.getMixedOutputShape();
  for (auto [d, group] : llvm::enumerate(op.getReassociationIndices())) {
    OpFoldResult dim = checks.getDim(op.getSrc(), d);
    if (group.size() == 1 && Checks::isSameSize(dim, sizes[group[0]]))
      continue;
    OpFoldResult product = checks.builder.getIndexAttr(1);
    for (int64_t i : group) {
      AffineExpr s0, s1;
      bindSymbols(op.getContext(), s0, s1);
      Value size = checks.toValue(sizes[i]);
      checks.require(
          checks.compare(arith::CmpIPredicate::sge, size, checks.constant(0)),
          llvm::formatv("expected dimension {0} of the result to "
                        "be at least 0",
                        i)
              .str());
      product = checks.builder.createOrFold<arith::MulIOp>(
          checks.loc, checks.toValue(product), size);
    }
    checks.requireEqual(dim, product,
                        llvm::formatv("expected dimension {0} of the source "
                                      "to equal the product of the "
                                      "dimensions it becomes",
                                      d)
                            .str());
  }
}

/// A trap is not an error code: x / 0, and the smallest number / -1.
template <typename Op> static void checkDivision(Op op, bool isSigned) {
  Type type = op.getType();
  APInt known;
  if (!type.isIntOrIndex() ||
      (matchPattern(op.getRhs(), m_ConstantInt(&known)) && !known.isZero() &&
       !(isSigned && known.isAllOnes())))
    return;
  Checks checks(op);
  auto constant = [&](const APInt &value) {
    return arith::ConstantOp::create(
        checks.builder, op.getLoc(),
        cast<TypedAttr>(checks.builder.getIntegerAttr(type, value)));
  };
  unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  checks.require(checks.compare(arith::CmpIPredicate::ne, op.getRhs(),
                                constant(APInt::getZero(width))),
                 "expected a divisor that is not 0");
  if (!isSigned)
    return;
  Value smallest = checks.compare(arith::CmpIPredicate::ne, op.getLhs(),
                                  constant(APInt::getSignedMinValue(width)));
  Value minusOne = checks.compare(arith::CmpIPredicate::ne, op.getRhs(),
                                  constant(APInt::getAllOnes(width)));
  checks.require(checks.builder.createOrFold<arith::OrIOp>(op.getLoc(),
                                                           smallest, minusOne),
                 "expected a quotient that its type can hold");
}

static void checkOp(Operation *op) {
  llvm::TypeSwitch<Operation *, void>(op)
      .Case<linalg::LinalgOp>([](auto op) { check(op); })
      .Case<tensor::CastOp, tensor::ExtractSliceOp, tensor::InsertSliceOp,
            tensor::ExpandShapeOp>([](auto op) { check(op); })
      .Case<arith::DivSIOp, arith::RemSIOp, arith::CeilDivSIOp,
            arith::FloorDivSIOp>([](auto op) { checkDivision(op, true); })
      .Case<arith::DivUIOp, arith::RemUIOp, arith::CeilDivUIOp>(
          [](auto op) { checkDivision(op, false); });
}

namespace {
struct InsertShapeChecks
    : attn::impl::InsertShapeChecksBase<InsertShapeChecks> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : ops)
      checkOp(op);
  }
};
} // namespace
