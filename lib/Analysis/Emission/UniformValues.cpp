//===- UniformValues.cpp - Values of a tile, computed outside -------------===//
#include "UniformValues.h"
#include "attn/Analysis/MaskPredicate.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::attn;

static Value both(OpBuilder &b, Location loc, Value x, Value y) {
  if (!x || !y || x == y)
    return x ? x : y;
  return b.createOrFold<arith::AndIOp>(loc, x, y);
}

std::optional<UniformValue> UniformValues::get(OpBuilder &builder,
                                               Value value) {
  auto known = values.find(value);
  if (known != values.end())
    return known->second;
  // Chains of definitions may be as long as they like; a stack is finite.
  if (depth >= 200)
    return std::nullopt;
  ++depth;
  const std::optional<UniformValue> result = compute(builder, value);
  --depth;
  values[value] = result;
  return result;
}

std::optional<UniformValue> UniformValues::compute(OpBuilder &builder,
                                                   Value value) {
  if (!op.getMask().isAncestor(value.getParentRegion()))
    return UniformValue{value, {}};
  if (value.getParentRegion() != &op.getMask())
    return std::nullopt;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (argument.getArgNumber() > MaskHead)
      return std::nullopt;
    return UniformValue{argument.getArgNumber() == MaskBatch ? batch : head,
                        {}};
  }
  return copy(builder, value.getDefiningOp(), value);
}

/// The element, or 0 where an index is out of range.
static UniformValue readElement(OpBuilder &b, tensor::ExtractOp extract,
                                Value tensor, ValueRange indices, Value valid) {
  const Location loc = extract.getLoc();
  for (auto [dim, index] : llvm::enumerate(indices)) {
    Value size = b.createOrFold<tensor::DimOp>(loc, tensor, dim);
    // Unsigned: a negative index is too large.
    Value within = b.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::ult,
                                                 index, size);
    valid = both(b, loc, valid, within);
  }
  if (!valid)
    return {tensor::ExtractOp::create(b, loc, tensor, indices), {}};
  auto branch = scf::IfOp::create(
      b, loc, valid,
      [&](OpBuilder &inner, Location l) {
        Value element = tensor::ExtractOp::create(inner, l, tensor, indices);
        scf::YieldOp::create(inner, l, element);
      },
      [&](OpBuilder &inner, Location l) {
        Value zero = arith::ConstantOp::create(
            inner, l, cast<TypedAttr>(b.getZeroAttr(extract.getType())));
        scf::YieldOp::create(inner, l, zero);
      });
  return {branch.getResult(0), valid};
}

std::optional<UniformValue>
UniformValues::copy(OpBuilder &b, Operation *definition, Value result) {
  auto extract = dyn_cast<tensor::ExtractOp>(definition);
  const StringRef dialect = definition->getName().getDialectNamespace();
  const bool harmless =
      (dialect == "arith" || dialect == "math") && isSpeculatable(definition) &&
      definition->getNumRegions() == 0 && definition->getNumResults() == 1;
  const bool readsElement = extract && extract.getType().isIntOrIndexOrFloat();
  if (!harmless && !readsElement && !isa<tensor::DimOp>(definition))
    return std::nullopt;
  IRMapping mapping;
  Value valid;
  for (Value operand : definition->getOperands()) {
    const std::optional<UniformValue> copied = get(b, operand);
    if (!copied)
      return std::nullopt;
    mapping.map(operand, copied->value);
    valid = both(b, definition->getLoc(), valid, copied->valid);
  }
  if (readsElement) {
    SmallVector<Value> indices;
    for (Value index : extract.getIndices())
      indices.push_back(mapping.lookup(index));
    return readElement(b, extract, mapping.lookup(extract.getTensor()), indices,
                       valid);
  }
  // The size of a dimension that does not exist is not defined.
  if (auto dim = dyn_cast<tensor::DimOp>(definition))
    if (!dim.getConstantIndex() ||
        !isa<RankedTensorType>(dim.getSource().getType()))
      return std::nullopt;
  return UniformValue{b.clone(*definition, mapping)->getResult(0), valid};
}
