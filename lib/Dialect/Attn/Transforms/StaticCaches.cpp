//===- StaticCaches.cpp - Caches that keep their memory -------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/RegionUtils.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::attn {
#define GEN_PASS_DEF_USESTATICCACHES
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;

static constexpr StringLiteral kName = "attn.name";
static constexpr StringLiteral kDimNames = "attn.dim_names";

namespace {

/// An argument that a result continues: `past` and `added`, end to end along
/// `axis`.
struct Growth {
  BlockArgument past;
  Value added;
  int64_t axis;
  /// The whole, and which result it is.
  Operation *whole;
  unsigned result;
};

} // namespace

static bool areZero(ArrayRef<OpFoldResult> values) {
  return llvm::all_of(values, [](OpFoldResult v) { return isZeroInteger(v); });
}

/// The name of a dimension of an argument; those of one name are equal.
static std::string getDimensionName(BlockArgument argument, int64_t axis) {
  auto function = cast<func::FuncOp>(argument.getOwner()->getParentOp());
  unsigned index = argument.getArgNumber();
  if (auto dims = function.getArgAttrOfType<ArrayAttr>(index, kDimNames))
    if (auto name = dyn_cast<StringAttr>(dims[axis]); name && !name.empty())
      return name.str();
  return ("arg" + Twine(index) + "." + Twine(axis)).str();
}

static bool isDimOf(OpFoldResult size, BlockArgument argument, int64_t axis) {
  auto type = cast<RankedTensorType>(argument.getType());
  if (!type.isDynamicDim(axis))
    return isConstantIntValue(size, type.getDimSize(axis));
  auto dim = dyn_cast_if_present<Value>(size);
  auto op = dim ? dim.getDefiningOp<tensor::DimOp>() : tensor::DimOp();
  auto other = op ? dyn_cast<BlockArgument>(op.getSource()) : BlockArgument();
  return other && other.getOwner() == argument.getOwner() &&
         op.getConstantIndex() &&
         getDimensionName(argument, axis) ==
             getDimensionName(other, *op.getConstantIndex());
}

/// Two slices put into a new tensor, `past` at its beginning and `added` behind
/// it.
static std::optional<Growth> readSlices(tensor::InsertSliceOp last) {
  auto first = last.getDest().getDefiningOp<tensor::InsertSliceOp>();
  if (!first || !first.getDest().getDefiningOp<tensor::EmptyOp>() ||
      !first.hasUnitStride() || !last.hasUnitStride() ||
      first.getSourceType().getRank() != first.getType().getRank() ||
      last.getSourceType().getRank() != last.getType().getRank())
    return std::nullopt;
  auto past = dyn_cast<BlockArgument>(first.getSource());
  if (!past || !areZero(first.getMixedOffsets()))
    return std::nullopt;
  std::optional<int64_t> axis;
  for (auto [d, offset] : llvm::enumerate(last.getMixedOffsets())) {
    if (isZeroInteger(offset))
      continue;
    if (axis || !isDimOf(offset, past, d))
      return std::nullopt;
    axis = d;
  }
  if (!axis)
    return std::nullopt;
  return Growth{past, last.getSource(), *axis, last, 0};
}

static std::optional<Growth> readGrowth(Value whole) {
  if (auto slice = whole.getDefiningOp<tensor::InsertSliceOp>())
    return readSlices(slice);
  auto concat = whole.getDefiningOp<tensor::ConcatOp>();
  if (!concat || concat.getInputs().size() != 2)
    return std::nullopt;
  auto past = dyn_cast<BlockArgument>(concat.getInputs().front());
  if (!past)
    return std::nullopt;
  return Growth{past, concat.getInputs().back(), int64_t(concat.getDim()),
                concat, 0};
}

/// Nothing else reads the elements of `past`, and only the axis may change its
/// size.
static bool canKeepMemory(const Growth &growth) {
  auto type = cast<RankedTensorType>(growth.past.getType());
  auto slice = dyn_cast<tensor::InsertSliceOp>(growth.whole);
  auto readsOnlySizes = [&](Operation *user) {
    if (auto dim = dyn_cast<tensor::DimOp>(user))
      return dim.getConstantIndex().has_value();
    return user == growth.whole ||
           (slice && user == slice.getDest().getDefiningOp() &&
            user->hasOneUse());
  };
  return type.isDynamicDim(growth.axis) &&
         growth.whole->getResult(0).getType() == type &&
         llvm::all_of(growth.past.getUsers(), readsOnlySizes);
}

/// Where a dimension of this name is no cache's length, it has to stay one.
static bool areAllLengths(func::FuncOp function, StringRef name,
                          ArrayRef<Growth> growths) {
  for (BlockArgument argument : function.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    for (int64_t d = 0; type && d < type.getRank(); ++d)
      if (type.isDynamicDim(d) && getDimensionName(argument, d) == name &&
          llvm::none_of(growths, [&](const Growth &growth) {
            return growth.past == argument && growth.axis == d;
          }))
        return false;
  }
  return true;
}

static SmallVector<Growth> findGrowths(func::FuncOp function) {
  SmallVector<Growth> growths, whole;
  if (!llvm::hasSingleElement(function.getBody()))
    return growths;
  llvm::SmallDenseSet<Value> found;
  Operation *end = function.front().getTerminator();
  for (auto [i, result] : llvm::enumerate(end->getOperands())) {
    std::optional<Growth> growth = readGrowth(result);
    if (!growth || growth->past.getOwner() != &function.front() ||
        !canKeepMemory(*growth) || !found.insert(growth->past).second)
      continue;
    growth->result = i;
    growths.push_back(*growth);
  }
  llvm::copy_if(growths, std::back_inserter(whole), [&](const Growth &growth) {
    return areAllLengths(function, getDimensionName(growth.past, growth.axis),
                         growths);
  });
  return whole;
}

namespace {

/// Rewrites the caches of one function.
class Rewriter {
public:
  explicit Rewriter(func::FuncOp function)
      : function(function), b(function.getContext()) {
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      if (auto name = function.getArgAttrOfType<StringAttr>(i, kName))
        names.insert(name.getValue());
  }

  void rewrite(const Growth &growth) {
    const std::string name = getDimensionName(growth.past, growth.axis);
    Value length = getLength(name, growth);
    for (Operation *user : llvm::make_early_inc_range(growth.past.getUsers())) {
      auto dim = dyn_cast<tensor::DimOp>(user);
      if (dim && dim.getConstantIndex() == growth.axis)
        dim.replaceAllUsesWith(length);
    }
    b.setInsertionPoint(growth.whole);
    Value cache = insertAdded(growth, length);
    nameDimension(growth, name + "_capacity");
    function.setResultAttr(growth.result, "attn.shares",
                           b.getI64IntegerAttr(growth.past.getArgNumber()));
    Operation *end = function.front().getTerminator();
    end->setOperand(growth.result, cache);
  }

  /// Bufferization may compute what is added right in the cache, before the
  /// place of the check: checks come first.
  LogicalResult hoistChecks() {
    RewritePatternSet patterns(function.getContext());
    memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
    memref::populateResolveShapedTypeResultDimsPatterns(patterns);
    if (!checks.empty())
      (void)applyPatternsGreedily(function, std::move(patterns));
    IRRewriter rewriter(function.getContext());
    for (cf::AssertOp check : checks) {
      Operation *first = findFirst();
      if (check->isBeforeInBlock(first))
        continue;
      if (!followsFromSizes(check.getArg()) ||
          failed(moveOperationDependencies(rewriter, check, first)))
        return check.emitError()
               << "expected the size of what is added to a cache to follow "
                  "from the sizes of inputs";
      check->moveBefore(first);
    }
    return success();
  }

private:
  /// The first op that computes with tensors.
  Operation *findFirst() {
    return &*llvm::find_if(function.front(), [](Operation &op) {
      return !isa<tensor::DimOp, tensor::ExtractOp, cf::AssertOp>(op) &&
             (op.getNumResults() == 0 ||
              !llvm::all_of(op.getResultTypes(),
                            [](Type type) { return type.isIntOrIndex(); }));
    });
  }

  /// No tensor but inputs stands behind `value`.
  bool followsFromSizes(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return value.getParentBlock() == &function.front();
    return op->getNumRegions() == 0 &&
           !llvm::any_of(op->getResultTypes(), llvm::IsaPred<ShapedType>) &&
           llvm::all_of(op->getOperands(), [&](Value operand) {
             return followsFromSizes(operand);
           });
  }

  /// The input of this name, as an index.
  Value getLength(StringRef name, const Growth &growth) {
    Value &length = lengths[name];
    if (length)
      return length;
    Location loc = growth.past.getLoc();
    std::string unused = name.str();
    while (!names.insert(unused).second)
      unused += "_length";
    unsigned index = function.getNumArguments();
    auto type = RankedTensorType::get({}, b.getI64Type());
    (void)function.insertArgument(
        index, type,
        b.getDictionaryAttr(b.getNamedAttr(kName, b.getStringAttr(unused))),
        loc);
    b.setInsertionPointToStart(&function.front());
    Value element = tensor::ExtractOp::create(
        b, loc, function.getArgument(index), ValueRange());
    return length =
               arith::IndexCastOp::create(b, loc, b.getIndexType(), element);
  }

  /// 0 <= length <= capacity - added, which cannot wrap.
  void checkLength(const Growth &growth, Value length) {
    Location loc = growth.whole->getLoc();
    Value axis = arith::ConstantIndexOp::create(b, loc, growth.axis);
    Value capacity = tensor::DimOp::create(b, loc, growth.past, axis);
    Value added = tensor::DimOp::create(b, loc, growth.added, axis);
    Value room = arith::SubIOp::create(b, loc, capacity, added);
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    Value isNatural =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, length, zero);
    Value fits =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sle, length, room);
    checks.push_back(cf::AssertOp::create(
        b, loc, arith::AndIOp::create(b, loc, isNatural, fits),
        getMessage(growth)));
  }

  std::string getMessage(const Growth &growth) {
    unsigned index = growth.past.getArgNumber();
    auto name = function.getArgAttrOfType<StringAttr>(index, kName);
    return ("expected '" + getDimensionName(growth.past, growth.axis) +
            "' to be at least 0 and to leave room for what is added to '" +
            (name ? name.getValue().str() : ("arg" + Twine(index)).str()) +
            "'");
  }

  /// The cache with what is added; others than the result read its beginning.
  Value insertAdded(const Growth &growth, Value length) {
    checkLength(growth, length);
    Location loc = growth.whole->getLoc();
    auto type = cast<RankedTensorType>(growth.past.getType());
    SmallVector<OpFoldResult> begin(type.getRank(), b.getIndexAttr(0)),
        ones(type.getRank(), b.getIndexAttr(1));
    SmallVector<OpFoldResult> added =
        tensor::getMixedSizes(b, loc, growth.added);
    SmallVector<OpFoldResult> offsets(begin), sizes(added);
    offsets[growth.axis] = length;
    Value cache = tensor::InsertSliceOp::create(
        b, loc, growth.added, growth.past, offsets, added, ones);
    Value count = getValueOrCreateConstantIndexOp(b, loc, added[growth.axis]);
    sizes[growth.axis] =
        arith::AddIOp::create(b, loc, length, count).getResult();
    Value whole =
        tensor::ExtractSliceOp::create(b, loc, type, cache, begin, sizes, ones);
    growth.whole->getResult(0).replaceAllUsesWith(whole);
    growth.whole->erase();
    return cache;
  }

  void nameDimension(const Growth &growth, StringRef name) {
    auto rank = cast<RankedTensorType>(growth.past.getType()).getRank();
    unsigned index = growth.past.getArgNumber();
    SmallVector<Attribute> dims(rank, b.getStringAttr(""));
    if (auto given = function.getArgAttrOfType<ArrayAttr>(index, kDimNames))
      dims.assign(given.begin(), given.end());
    dims[growth.axis] = b.getStringAttr(name);
    function.setArgAttr(index, kDimNames, b.getArrayAttr(dims));
    function.setResultAttr(growth.result, kDimNames, b.getArrayAttr(dims));
  }

  func::FuncOp function;
  OpBuilder b;
  llvm::StringMap<Value> lengths;
  llvm::StringSet<> names;
  SmallVector<cf::AssertOp> checks;
};

struct UseStaticCaches : attn::impl::UseStaticCachesBase<UseStaticCaches> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    bool found = false;
    for (auto function : module.getOps<func::FuncOp>()) {
      if (!function.isPublic() || function.isExternal() ||
          !SymbolTable::symbolKnownUseEmpty(function, module))
        continue;
      Rewriter rewriter(function);
      for (const Growth &growth : findGrowths(function)) {
        rewriter.rewrite(growth);
        found = true;
      }
      if (failed(rewriter.hoistChecks()))
        return signalPassFailure();
    }
    if (found)
      return;
    module.emitError() << "expected a cache, an input of dynamic length that "
                          "an output continues and nothing else reads, got "
                          "none";
    signalPassFailure();
  }
};

} // namespace
