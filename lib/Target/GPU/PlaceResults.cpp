//===- PlaceResults.cpp - Destinations for what elements choose -----------===//

#include "attn/Target/GPU/Passes.h"
#include "attn/Target/Transforms/KnownSizes.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir::attn {
#define GEN_PASS_DEF_PLACERESULTS
#include "attn/Target/GPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

using MaterializeOp = bufferization::MaterializeInDestinationOp;

static bool hasTensors(TypeRange types) {
  return llvm::any_of(types, llvm::IsaPred<RankedTensorType>);
}

/// Whether a number follows from an element of a tensor, through loops and
/// branches too.
static bool goesByElements(ValueRange numbers) {
  SetVector<Value> worklist(numbers.begin(), numbers.end());
  for (size_t n = 0; n < worklist.size(); ++n) {
    Value next = worklist[n];
    Operation *op = next.getDefiningOp();
    Operation *region = op ? op : next.getParentBlock()->getParentOp();
    if (isa_and_nonnull<tensor::ExtractOp>(op))
      return true;
    auto add = [&](ValueRange values) {
      for (Value value : values)
        if (value.getType().isIntOrIndexOrFloat())
          worklist.insert(value);
    };
    if (isa<FunctionOpInterface>(region))
      continue;
    add(region->getOperands());
    for (Region &part : region->getRegions())
      for (Block &block : part)
        add(block.getTerminator()->getOperands());
  }
  return false;
}

namespace {

/// Sizes that can be told before `anchor`, of tensors that are made in it.
class OuterSizes {
public:
  explicit OuterSizes(Operation *anchor) : anchor(anchor), builder(anchor) {}

  /// Null where only what is inside can tell it.
  OpFoldResult get(Value tensor, int64_t dim);
  /// Of a result of a branch, whichever way it goes.
  OpFoldResult get(scf::IfOp branch, unsigned number, int64_t dim);

  /// Whether the tensors have equal sizes, each told before.
  bool areEqual(Value one, Value other);

  /// A tensor of the sizes that `getSize` gives, before. It is no
  /// `tensor.empty`: one side of a branch alone might get another place.
  Value allocate(Location loc, Type type,
                 function_ref<OpFoldResult(int64_t)> getSize);
  /// Of the sizes of `like`.
  Value allocate(Value like);

  static bool areEqual(OpFoldResult one, OpFoldResult other);

private:
  bool isOutside(Value value) const {
    return !anchor->isAncestor(value.getParentRegion()->getParentOp());
  }
  Value getSource(Value tensor, int64_t &dim);
  OpFoldResult hoist(OpFoldResult size);

  Operation *anchor;
  OpBuilder builder;
};

} // namespace

/// A tensor of the same size along `dim`, which becomes the dimension there,
/// nearer to the outside; null if none is known.
/// What a loop carries has the sizes that it begins with, as the caller sees to
/// for `anchor`.
Value OuterSizes::getSource(Value tensor, int64_t &dim) {
  if (auto argument = dyn_cast<BlockArgument>(tensor)) {
    Operation *op = argument.getOwner()->getParentOp();
    const unsigned number = argument.getArgNumber();
    if (op != anchor)
      return {};
    if (auto loop = dyn_cast<scf::ForOp>(op))
      return loop.getInitArgs()[number - 1];
    auto loop = cast<scf::WhileOp>(op);
    return argument.getOwner() == loop.getBeforeBody()
               ? loop.getInits()[number]
               : loop.getConditionOp().getArgs()[number];
  }
  return findShaping(tensor, dim);
}

OpFoldResult OuterSizes::get(Value tensor, int64_t dim) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dim))
    return builder.getIndexAttr(type.getDimSize(dim));
  // Also from outside: sizes that are told in two ways are to be equal.
  if (auto empty = tensor.getDefiningOp<tensor::EmptyOp>())
    return hoist(empty.getMixedSizes()[dim]);
  if (Value source = getSource(tensor, dim))
    return get(source, dim);
  if (isOutside(tensor))
    return builder.createOrFold<tensor::DimOp>(tensor.getLoc(), tensor, dim);
  if (auto branch = tensor.getDefiningOp<scf::IfOp>())
    return get(branch, cast<OpResult>(tensor).getResultNumber(), dim);
  auto op = tensor.getDefiningOp<ReifyRankedShapedTypeOpInterface>();
  if (!op)
    return {};
  OpBuilder inside(op);
  ReifiedRankedShapedTypeDims shapes;
  if (failed(op.reifyResultShapes(inside, shapes)))
    return {};
  return hoist(shapes[cast<OpResult>(tensor).getResultNumber()][dim]);
}

OpFoldResult OuterSizes::get(scf::IfOp branch, unsigned number, int64_t dim) {
  OpFoldResult one = get(branch.thenYield().getOperand(number), dim);
  OpFoldResult other = get(branch.elseYield().getOperand(number), dim);
  if (areEqual(one, other))
    return one;
  // A branch for one query, say, gives what has one.
  auto test = branch.getCondition().getDefiningOp<arith::CmpIOp>();
  const bool isTold = test && test.getPredicate() == arith::CmpIPredicate::eq &&
                      areEqual(hoist(test.getRhs()), one) &&
                      areEqual(hoist(test.getLhs()), other);
  return isTold ? other : OpFoldResult();
}

OpFoldResult OuterSizes::hoist(OpFoldResult size) {
  auto value = dyn_cast<Value>(size);
  if (!value || isOutside(value))
    return size;
  Operation *op = value.getDefiningOp();
  if (!op || op->getNumRegions() != 0 || op->getNumResults() != 1)
    return {};
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    std::optional<int64_t> number = dim.getConstantIndex();
    return number ? get(dim.getSource(), *number) : OpFoldResult();
  }
  if (!isPure(op))
    return {};
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    OpFoldResult outer = hoist(operand);
    if (!outer)
      return {};
    operands.push_back(
        getValueOrCreateConstantIndexOp(builder, op->getLoc(), outer));
  }
  Operation *copy = builder.clone(*op);
  copy->setOperands(operands);
  return copy->getResult(0);
}

bool OuterSizes::areEqual(OpFoldResult one, OpFoldResult other) {
  if (!one || !other)
    return false;
  if (isEqualConstantIntOrValue(one, other))
    return true;
  auto a = dyn_cast<Value>(one), b = dyn_cast<Value>(other);
  Operation *left = a ? a.getDefiningOp() : nullptr,
            *right = b ? b.getDefiningOp() : nullptr;
  return left && right && left->getNumRegions() == 0 && isPure(left) &&
         OperationEquivalence::isEquivalentTo(
             left, right,
             [](Value x, Value y) {
               return success(areEqual(OpFoldResult(x), OpFoldResult(y)));
             },
             nullptr, OperationEquivalence::IgnoreLocations);
}

bool OuterSizes::areEqual(Value one, Value other) {
  auto type = cast<RankedTensorType>(one.getType());
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (!areEqual(get(one, dim), get(other, dim)))
      return false;
  return true;
}

Value OuterSizes::allocate(Location loc, Type type,
                           function_ref<OpFoldResult(int64_t)> getSize) {
  auto shaped = cast<RankedTensorType>(type);
  SmallVector<Value> dynamicSizes;
  for (int64_t dim = 0; dim < shaped.getRank(); ++dim)
    if (shaped.isDynamicDim(dim))
      dynamicSizes.push_back(
          getValueOrCreateConstantIndexOp(builder, loc, getSize(dim)));
  return bufferization::AllocTensorOp::create(builder, loc, shaped,
                                              dynamicSizes);
}

Value OuterSizes::allocate(Value like) {
  return allocate(like.getLoc(), like.getType(),
                  [&](int64_t dim) { return get(like, dim); });
}

//===----------------------------------------------------------------------===//
// Branches and loops
//===----------------------------------------------------------------------===//

static Value materialize(OpBuilder &builder, Value source, Value place) {
  Location loc = source.getLoc();
  if (source.getType() != place.getType())
    source = tensor::CastOp::create(builder, loc, place.getType(), source);
  return MaterializeOp::create(builder, loc, source, place).getResult();
}

/// Where what holds `op` has all of `result` go; null where nowhere yet.
static Value takePlace(scf::IfOp op, OpResult result) {
  if (!result.hasOneUse())
    return {};
  auto user = dyn_cast<MaterializeOp>(*result.user_begin());
  if (!user || user.getDest().getType() != result.getType() ||
      !user.getDest().getParentRegion()->isProperAncestor(
          op->getParentRegion()))
    return {};
  user.getResult().replaceAllUsesWith(result);
  Value place = user.getDest();
  user.erase();
  return place;
}

static void placeBranch(scf::IfOp op) {
  OuterSizes sizes(op);
  SmallVector<OpResult> tensors;
  for (OpResult result : op.getResults()) {
    auto type = dyn_cast<RankedTensorType>(result.getType());
    if (!type)
      continue;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (!sizes.get(op, result.getResultNumber(), dim))
        return;
    tensors.push_back(result);
  }
  for (OpResult result : tensors) {
    const unsigned number = result.getResultNumber();
    Value place = takePlace(op, result);
    if (!place)
      place = sizes.allocate(op.getLoc(), result.getType(), [&](int64_t dim) {
        return sizes.get(op, number, dim);
      });
    for (scf::YieldOp end : {op.thenYield(), op.elseYield()}) {
      OpBuilder builder(end);
      end.setOperand(number,
                     materialize(builder, end.getOperand(number), place));
    }
  }
}

/// Whether an elementwise op, say, makes `value` of what is in `place`, which
/// nothing else reads.
static bool isIn(Value value, Value place) {
  auto op = value.getDefiningOp<DestinationStyleOpInterface>();
  return value == place ||
         (op && op.getTiedOpOperand(cast<OpResult>(value))->get() == place &&
          llvm::all_equal(place.getUsers()));
}

/// Has each operand of `end` lie in the place that it is carried in; null ones
/// are no tensors. Copies come first: one may be what another place holds.
static void placeCarried(Operation *end, ArrayRef<Value> places,
                         OuterSizes &sizes) {
  OpBuilder builder(end);
  SmallVector<std::pair<unsigned, Value>> copies;
  for (auto [number, place] : llvm::enumerate(places)) {
    Value value = end->getOperand(number);
    if (!place || isIn(value, place))
      continue;
    Value copy = linalg::CopyOp::create(builder, value.getLoc(), value,
                                        sizes.allocate(value))
                     .getResult(0);
    copies.push_back({number, copy});
  }
  for (auto [number, copy] : copies)
    end->setOperand(number, materialize(builder, copy, places[number]));
}

static void placeLoop(scf::ForOp op) {
  OuterSizes sizes(op);
  SmallVector<Value> places;
  for (auto [init, place, value] : llvm::zip_equal(
           op.getInitArgs(), op.getRegionIterArgs(), op.getYieldedValues())) {
    const bool isTensor = isa<RankedTensorType>(init.getType());
    if (isTensor && !sizes.areEqual(init, value))
      return;
    places.push_back(isTensor ? Value(place) : Value());
  }
  placeCarried(op.getBody()->getTerminator(), places, sizes);
}

/// What the condition hands to the body of what it has itself.
static BlockArgument getHandedOn(scf::WhileOp op, Value argument) {
  for (auto [value, inBody] :
       llvm::zip_equal(op.getConditionOp().getArgs(), op.getAfterArguments()))
    if (value == argument)
      return inBody;
  return {};
}

static void placeLoop(scf::WhileOp op) {
  OuterSizes sizes(op);
  for (Value value : op.getConditionOp().getArgs())
    if (isa<RankedTensorType>(value.getType()) &&
        !llvm::is_contained(op.getBeforeArguments(), value))
      return;
  SmallVector<Value> places;
  for (auto [init, argument, value] :
       llvm::zip_equal(op.getInits(), op.getBeforeArguments(),
                       op.getYieldOp().getOperands())) {
    const bool isTensor = isa<RankedTensorType>(init.getType());
    places.push_back(isTensor ? Value(getHandedOn(op, argument)) : Value());
    if (isTensor && (!places.back() || !sizes.areEqual(init, value)))
      return;
  }
  placeCarried(op.getYieldOp(), places, sizes);
}

/// A choice between tensors as a branch.
static void expand(arith::SelectOp op) {
  OpBuilder builder(op);
  auto yield = [](Value value) {
    return [value](OpBuilder &b, Location loc) {
      scf::YieldOp::create(b, loc, value);
    };
  };
  auto branch =
      scf::IfOp::create(builder, op.getLoc(), op.getCondition(),
                        yield(op.getTrueValue()), yield(op.getFalseValue()));
  op.replaceAllUsesWith(branch.getResult(0));
  op.erase();
}

namespace {

struct PlaceResults : attn::impl::PlaceResultsBase<PlaceResults> {
  void runOnOperation() override {
    getOperation().walk([](arith::SelectOp op) {
      if (hasTensors(op->getResultTypes()) &&
          op.getCondition().getType().isInteger(1) &&
          goesByElements(op.getCondition()))
        expand(op);
    });
    // Outer ones first: what an inner one gives may go to the same place.
    SmallVector<Operation *> ops;
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<scf::IfOp, scf::ForOp, scf::WhileOp>(op) &&
          hasTensors(op->getResultTypes()) &&
          (isChoice(op) || isInBranchByElements(op)))
        ops.push_back(op);
    });
    for (Operation *op : ops)
      place(op);
  }

private:
  static void place(Operation *op) {
    if (auto branch = dyn_cast<scf::IfOp>(op))
      placeBranch(branch);
    else if (auto loop = dyn_cast<scf::ForOp>(op))
      placeLoop(loop);
    else
      placeLoop(cast<scf::WhileOp>(op));
  }

  /// One by elements.
  static bool isChoice(Operation *op) {
    if (auto branch = dyn_cast<scf::IfOp>(op))
      return goesByElements(branch.getCondition());
    if (auto loop = dyn_cast<scf::ForOp>(op))
      return goesByElements(
          {loop.getLowerBound(), loop.getUpperBound(), loop.getStep()});
    return goesByElements(
        cast<scf::WhileOp>(op).getConditionOp().getCondition());
  }

  /// The host goes by sizes in there too, but kernels have left the branch.
  static bool isInBranchByElements(Operation *op) {
    auto branch = op->getParentOfType<scf::IfOp>();
    return branch && (isChoice(branch) || isInBranchByElements(branch));
  }
};

} // namespace
