//===- RegionVectorizer.cpp - Score and mask regions on vectors -----------===//
#include "RegionVectorizer.h"

using namespace mlir;
using namespace mlir::attn;

Values RegionVectorizer::inlineRegion(Region &region, ValueRange arguments) {
  for (auto [argument, value] : llvm::zip(region.getArguments(), arguments)) {
    mapping.map(argument, value);
    if (isa<VectorType>(value.getType()))
      vectors.insert(argument);
  }
  for (Operation &op : region.front().without_terminator())
    clone(op);
  Values yielded;
  for (Value value : region.front().getTerminator()->getOperands())
    yielded.push_back(mapping.lookupOrDefault(value));
  return yielded;
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
  if (isElementwise(op))
    cloneElementwise(op);
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
