//===- SharedValues.cpp - V packed once for all queries -------------------===//
#include "State/SharedValues.h"
#include "Kernels/TileFallback.h"
#include "Steps/Matrix.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/Utils/AttentionSizes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Whose part an op's values are
//===----------------------------------------------------------------------===//

namespace {
/// A memref from outside of a loop, and where in it values begin.
struct Part {
  Value whole;
  SmallVector<SmallVector<OpFoldResult>> offsets; // to be added, by dimension
};
} // namespace

static std::optional<Part> findPart(Value values, scf::ForallOp loop) {
  Part part{values, {}};
  part.offsets.resize(cast<MemRefType>(values.getType()).getRank());
  while (!loop.isDefinedOutsideOfLoop(part.whole)) {
    auto view = part.whole.getDefiningOp<memref::SubViewOp>();
    if (!view || !view.hasUnitStride() ||
        view.getType().getRank() != view.getSourceType().getRank())
      return std::nullopt;
    for (auto [sum, offset] :
         llvm::zip_equal(part.offsets, view.getMixedOffsets()))
      sum.push_back(offset);
    part.whole = view.getSource();
  }
  return part;
}

static bool isMultiple(OpFoldResult value, int64_t divisor);

/// `expr` of `operands`, a sum of products.
static bool isMultiple(AffineExpr expr, unsigned numDims, ValueRange operands,
                       int64_t divisor) {
  if (expr.isMultipleOf(divisor))
    return true;
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return isMultiple(operands[dim.getPosition()], divisor);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return isMultiple(operands[numDims + symbol.getPosition()], divisor);
  auto both = dyn_cast<AffineBinaryOpExpr>(expr);
  return both && both.getKind() == AffineExprKind::Add &&
         isMultiple(both.getLHS(), numDims, operands, divisor) &&
         isMultiple(both.getRHS(), numDims, operands, divisor);
}

/// Whether `divisor` divides it, as far as its making tells.
static bool isMultiple(OpFoldResult value, int64_t divisor) {
  if (std::optional<int64_t> known = getConstantIntValue(value))
    return *known % divisor == 0;
  auto dynamic = cast<Value>(value);
  auto are = [&](ValueRange values) {
    return llvm::all_of(values, [&](Value one) {
      return isMultiple(OpFoldResult(one), divisor);
    });
  };
  if (auto argument = dyn_cast<BlockArgument>(dynamic)) {
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    return loop && argument == loop.getInductionVar() &&
           are({loop.getLowerBound(), loop.getStep()});
  }
  Operation *op = dynamic.getDefiningOp();
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op)) {
    AffineMap map = apply.getAffineMap();
    return isMultiple(map.getResult(0), map.getNumDims(), apply.getOperands(),
                      divisor);
  }
  if (auto product = dyn_cast<arith::MulIOp>(op))
    return are(product.getLhs()) || are(product.getRhs());
  if (auto choice = dyn_cast<arith::SelectOp>(op))
    return are({choice.getTrueValue(), choice.getFalseValue()});
  return isa<arith::AddIOp, arith::SubIOp, arith::MinSIOp, arith::MaxSIOp,
             arith::MinUIOp, arith::MaxUIOp>(op) &&
         are(op->getOperands());
}

/// Whether one iteration has all queries of a kv head.
static bool isAlone(scf::ForallOp loop, MemRefType values,
                    ArrayRef<int64_t> layout) {
  std::optional<int64_t> iterations =
      getConstantProduct(loop.getMixedUpperBound());
  int64_t batches = values.getDimSize(getTensorDim(layout, Batch)),
          heads = values.getDimSize(getTensorDim(layout, Head));
  return iterations && !ShapedType::isDynamic(batches) &&
         !ShapedType::isDynamic(heads) && *iterations <= batches * heads;
}

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

std::optional<SharedValues::Place> SharedValues::get(KernelBuilder &b,
                                                     AttendOp op,
                                                     const Shape &shape,
                                                     Pack pack) {
  auto loop = op->getParentOfType<scf::ForallOp>();
  if (!loop || loop->getParentOfType<scf::ForallOp>())
    return std::nullopt;
  std::optional<Part> part = findPart(op.getValue(), loop);
  SmallVector<int64_t> layout = getLayout(op.getValueLayoutAttr(), 4);
  if (!part || isAlone(loop, cast<MemRefType>(part->whole.getType()), layout))
    return std::nullopt;
  auto offsets = [&](int64_t dim) -> ArrayRef<OpFoldResult> {
    return part->offsets[getTensorDim(layout, dim)];
  };
  auto areMultiples = [](ArrayRef<OpFoldResult> values, int64_t divisor) {
    return llvm::all_of(
        values, [&](OpFoldResult value) { return isMultiple(value, divisor); });
  };
  if (!areMultiples(offsets(Sequence), shape.block) ||
      !llvm::all_of(offsets(Feature), isZeroInteger))
    return std::nullopt;
  Packed &packed = known[{loop, part->whole}];
  if (!packed.values)
    packed = create(b, op, loop, part->whole, shape, pack);
  auto getSum = [&](int64_t dim) {
    Value sum = b.index(0);
    for (OpFoldResult offset : offsets(dim))
      sum = b.add(sum, getValueOrCreateConstantIndexOp(b, b.getLoc(), offset));
    return sum;
  };
  return Place{packed, getSum(Batch), getSum(Head), getSum(Sequence)};
}

/// Groups from `first` on of the values of a kv head.
static Value getGroups(KernelBuilder &b, Value values, Value batch, Value head,
                       OpFoldResult first, OpFoldResult count) {
  auto type = cast<MemRefType>(values.getType());
  SmallVector<OpFoldResult> at{batch, head, first, b.getIndexAttr(0),
                               b.getIndexAttr(0)};
  SmallVector<OpFoldResult> sizes(2, b.getIndexAttr(1)),
      strides(5, b.getIndexAttr(1));
  sizes.push_back(count);
  for (int64_t size : type.getShape().drop_front(3))
    sizes.push_back(b.getIndexAttr(size));
  std::optional<int64_t> known = getConstantIntValue(count);
  SmallVector<int64_t> shape{known.value_or(ShapedType::kDynamic)};
  llvm::append_range(shape, type.getShape().drop_front(3));
  auto view = cast<MemRefType>(memref::SubViewOp::inferRankReducedResultType(
      shape, type, at, sizes, strides));
  return memref::SubViewOp::create(b, view, values, at, sizes, strides);
}

Value SharedValues::getOfHead(KernelBuilder &b, const Place &place) {
  Value values = place.packed.values;
  return getGroups(b, values, place.batch, place.head, b.getIndexAttr(0),
                   memref::getMixedSize(b, b.getLoc(), values, 2));
}

/// All of its memory, in the loop over panels of all kv heads.
static Value getHead(KernelBuilder &b, Value values, ArrayRef<int64_t> layout,
                     Value batch, Value head) {
  SmallVector<OpFoldResult> at(4, b.getIndexAttr(0)),
      sizes = memref::getMixedSizes(b, b.getLoc(), values),
      strides(4, b.getIndexAttr(1));
  for (auto [dim, position] : {std::pair(Batch, batch), {Head, head}}) {
    int64_t p = getTensorDim(layout, dim);
    at[p] = position;
    sizes[p] = b.getIndexAttr(1);
  }
  Value view = memref::SubViewOp::create(b, values, at, sizes, strides);
  return getMatrix(b, b.getLoc(), view, layout);
}

/// On the calling thread where the loop is.
static std::optional<ArrayAttr> getMapping(scf::ForallOp loop) {
  std::optional<ArrayAttr> mapping = loop.getMapping();
  if (!mapping || !llvm::all_of(*mapping, llvm::IsaPred<CallingThreadAttr>))
    return std::nullopt;
  MLIRContext *context = loop.getContext();
  return ArrayAttr::get(context, {CallingThreadAttr::get(context, 0),
                                  CallingThreadAttr::get(context, 1),
                                  CallingThreadAttr::get(context, 2)});
}

/// Nothing is packed where the system denies tiles.
SharedValues::Packed SharedValues::create(KernelBuilder &b, AttendOp op,
                                          scf::ForallOp loop, Value values,
                                          const Shape &shape, Pack pack) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(loop);
  SmallVector<int64_t> layout = getLayout(op.getValueLayoutAttr(), 4);
  auto sizeOf = [&](int64_t dim) -> Value {
    return b.createOrFold<memref::DimOp>(values, getTensorDim(layout, dim));
  };
  Value batches = sizeOf(Batch), heads = sizeOf(Head), keys = sizeOf(Sequence);
  const int64_t panelKeys = shape.panelKeys;
  Value panels = arith::SelectOp::create(
      b, createHasTiles(b, b.getLoc()),
      arith::CeilDivUIOp::create(b, keys, b.index(panelKeys)), b.index(0));
  constexpr int64_t any = ShapedType::kDynamic;
  const int64_t groups = panelKeys / kGroup;
  Value numGroups = arith::MulIOp::create(b, panels, b.index(groups));
  Packed packed;
  packed.values = memref::AllocOp::create(
      b,
      MemRefType::get({any, any, any, shape.features, kGroup}, b.getBF16Type()),
      ValueRange{batches, heads, numGroups}, b.getI64IntegerAttr(64));
  packed.bounded = memref::AllocOp::create(
      b, MemRefType::get({any, any, any}, b.getI8Type()),
      ValueRange{batches, heads, panels});
  auto all = scf::ForallOp::create(
      b, b.getLoc(), getAsOpFoldResult(ValueRange{batches, heads, panels}),
      ValueRange(), getMapping(loop));
  b.setInsertionPointToStart(all.getBody());
  SmallVector<Value> position = all.getInductionVars();
  Value batch = position[0], head = position[1], panel = position[2];
  Value first = arith::MulIOp::create(b, panel, b.index(panelKeys));
  Value size = b.min(b.index(panelKeys), arith::SubIOp::create(b, keys, first));
  Value group = arith::MulIOp::create(b, panel, b.index(groups));
  Value isBounded = pack(
      getHead(b, values, layout, batch, head), first, size,
      getGroups(b, packed.values, batch, head, group, b.getIndexAttr(groups)));
  memref::StoreOp::create(b,
                          arith::ExtUIOp::create(b, b.getI8Type(), isBounded),
                          packed.bounded, position);
  return packed;
}
