//===- RegionVectorizer.cpp - Score and mask regions on vectors -----------===//
#include "Regions/RegionVectorizer.h"
#include "Regions/RegionOrder.h"

using namespace mlir;
using namespace mlir::attn;

bool mlir::attn::isLarge(Region &region) {
  int64_t ops = 0;
  region.walk([&](Operation *) { ++ops; });
  return ops > kInlinedOps;
}

void RegionVectorizer::bind(Region &region, ValueRange arguments) {
  for (auto [argument, value] : llvm::zip(region.getArguments(), arguments))
    if (value)
      define(argument, value);
}

void RegionVectorizer::define(Value original, Value value) {
  mapping.map(original, value);
  if (isa<VectorType>(value.getType()))
    vectors.insert(original);
  else
    vectors.erase(original);
}

bool RegionVectorizer::has(Operation &op) const {
  return op.getNumResults() > 0 && mapping.contains(op.getResult(0));
}

bool RegionVectorizer::share(Operation &op, const RegionVectorizer *other) {
  if (!other || !other->has(op) || other->vectors.contains(op.getResult(0)))
    return false;
  for (Value result : op.getResults())
    define(result, other->lookup(result));
  return true;
}

/// The ops of the region that `roots` depend on, in order; not beyond those
/// that `isKnown` accepts.
static SmallVector<Operation *>
getSlice(Region &region, ValueRange roots,
         function_ref<bool(Operation &)> isKnown) {
  DenseSet<Value> needed(roots.begin(), roots.end());
  SmallVector<Operation *> slice;
  for (Operation &op : llvm::reverse(region.front().without_terminator())) {
    if (isKnown(op) || llvm::none_of(op.getResults(), [&](Value result) {
          return needed.contains(result);
        }))
      continue;
    slice.push_back(&op);
    op.walk([&](Operation *nested) {
      needed.insert(nested->operand_begin(), nested->operand_end());
    });
  }
  std::reverse(slice.begin(), slice.end());
  return slice;
}

void RegionVectorizer::inlineSlice(Region &region, ValueRange roots,
                                   function_ref<bool(Operation &)> where,
                                   const RegionVectorizer *other) {
  auto isKnown = [&](Operation &op) { return has(op); };
  for (Operation *op : getSlice(region, roots, isKnown))
    if (where(*op) && !share(*op, other))
      clone(*op);
}

Value RegionVectorizer::yield(Region &region, const RegionVectorizer *other) {
  Value yielded = region.front().getTerminator()->getOperand(0);
  if (!isLarge(region)) {
    inlineSlice(region, yielded, [](Operation &) { return true; }, other);
    return lookup(yielded);
  }
  SmallVector<Operation *> slice = orderByUse(
      getSlice(region, yielded, [&](Operation &op) { return has(op); }));
  for (ArrayRef<Operation *> rest = slice; !rest.empty();) {
    ArrayRef<Operation *> part = rest.take_front(kInlinedOps);
    callPart(part);
    rest = rest.drop_front(part.size());
  }
  return lookup(yielded);
}

void RegionVectorizer::callPart(ArrayRef<Operation *> part) {
  DenseSet<Operation *> inside(part.begin(), part.end());
  auto isOutside = [&](Operation *user) {
    return !inside.contains(
        part.back()->getBlock()->findAncestorOpInBlock(*user));
  };
  SmallVector<Value> outputs;
  for (Operation *op : part)
    llvm::copy_if(op->getResults(), std::back_inserter(outputs), [&](Value v) {
      return llvm::any_of(v.getUsers(), isOutside);
    });
  RegionVectorizer inner(*this);
  Values values = builder.call("__attn_region", [&] {
    for (Operation *op : part)
      inner.cloneWithProducers(*op);
    Values yielded;
    for (Value output : outputs)
      yielded.push_back(inner.lookup(output));
    return yielded;
  });
  for (auto [output, value] : llvm::zip_equal(outputs, values))
    define(output, value);
}

void RegionVectorizer::cloneWithProducers(Operation &op) {
  op.walk([&](Operation *nested) {
    for (Value operand : nested->getOperands())
      if (Operation *producer = operand.getDefiningOp();
          producer && producer->getBlock() == op.getBlock() && !has(*producer))
        cloneWithProducers(*producer);
  });
  clone(op);
}

Values RegionVectorizer::getVarying(Operation &op) {
  llvm::SetVector<Value> varying;
  op.walk([&](Operation *nested) {
    for (Value operand : nested->getOperands())
      if (vectors.contains(operand))
        varying.insert(operand);
  });
  return varying.takeVector();
}

static bool isElementwise(Operation &op) {
  return OpTrait::hasElementwiseMappableTraits(&op) &&
         op.getNumRegions() == 0 &&
         llvm::none_of(op.getResultTypes(), llvm::IsaPred<ShapedType>);
}

void RegionVectorizer::clone(Operation &op) {
  Values varying = getVarying(op);
  if (varying.empty()) {
    builder.clone(op, mapping);
    return;
  }
  vectors.insert(op.result_begin(), op.result_end());
  auto loop = dyn_cast<scf::ForOp>(op);
  if (isElementwise(op))
    cloneElementwise(op);
  else if (loop && isUniform(loop))
    cloneLoop(loop);
  else
    cloneLanes(op, varying);
}

void RegionVectorizer::cloneElementwise(Operation &op) {
  Values operands;
  for (Value operand : op.getOperands())
    operands.push_back(builder.broadcast(mapping.lookupOrDefault(operand)));
  SmallVector<Type> types;
  for (Type type : op.getResultTypes())
    types.push_back(builder.vector.clone(type));
  OperationState state(op.getLoc(), op.getName(), operands, types,
                       op.getDiscardableAttrDictionary().getValue());
  state.propertiesAttr = op.getPropertiesAsAttribute();
  mapping.map(op.getResults(), builder.create(state)->getResults());
}

/// Whether all lanes take the same iterations, and can carry vectors.
bool RegionVectorizer::isUniform(scf::ForOp loop) {
  return llvm::none_of(ArrayRef<Value>{loop.getLowerBound(),
                                       loop.getUpperBound(), loop.getStep()},
                       [&](Value bound) { return vectors.contains(bound); }) &&
         llvm::all_of(loop.getResultTypes(), VectorType::isValidElementType);
}

void RegionVectorizer::cloneLoop(scf::ForOp loop) {
  Values carried;
  for (Value init : loop.getInitArgs())
    carried.push_back(builder.broadcast(mapping.lookupOrDefault(init)));
  auto copy =
      scf::ForOp::create(builder, mapping.lookupOrDefault(loop.getLowerBound()),
                         mapping.lookupOrDefault(loop.getUpperBound()),
                         mapping.lookupOrDefault(loop.getStep()), carried);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(copy.getBody());
  define(loop.getInductionVar(), copy.getInductionVar());
  for (auto [original, value] :
       llvm::zip(loop.getRegionIterArgs(), copy.getRegionIterArgs()))
    define(original, value);
  for (Operation &op : loop.getBody()->without_terminator())
    clone(op);
  Values next;
  for (Value value : loop.getBody()->getTerminator()->getOperands())
    next.push_back(builder.broadcast(mapping.lookupOrDefault(value)));
  if (!carried.empty())
    scf::YieldOp::create(builder, next);
  mapping.map(loop.getResults(), copy.getResults());
}

void RegionVectorizer::cloneLanes(Operation &op, ArrayRef<Value> varying) {
  SmallVector<Values> lanes(op.getNumResults());
  for (int64_t lane = 0; lane < builder.lanes(); ++lane) {
    IRMapping scalars(mapping);
    for (Value value : varying)
      scalars.map(value, vector::ExtractOp::create(
                             builder, mapping.lookup(value), lane));
    Operation *copy = builder.clone(op, scalars);
    for (auto [results, result] : llvm::zip(lanes, copy->getResults()))
      results.push_back(result);
  }
  for (auto [original, results] : llvm::zip(op.getResults(), lanes))
    mapping.map(original,
                vector::FromElementsOp::create(
                    builder, builder.vector.clone(original.getType()), results)
                    .getResult());
}
