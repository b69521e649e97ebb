//===- AttentionSizes.cpp - Query, key and value, and sizes they share ----===//
#include "attn/Dialect/Attn/Utils/AttentionSizes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

std::optional<int64_t> attn::getConstantProduct(ArrayRef<OpFoldResult> sizes) {
  int64_t product = 1;
  for (OpFoldResult size : sizes) {
    std::optional<int64_t> known = getConstantIntValue(size);
    if (!known || llvm::MulOverflow(product, *known, product))
      return std::nullopt;
  }
  return product;
}

OpFoldResult attn::resolveSize(OpBuilder &builder, Location loc,
                               ArrayRef<OperandDim> equal) {
  auto isStatic = [](const OperandDim &of) {
    return !ShapedType::isDynamic(of.getStaticSize());
  };
  const OperandDim *reference = llvm::find_if(equal, isStatic);
  bool found = reference != equal.end();
  if (!found)
    reference = equal.begin();
  for (const OperandDim &other : equal)
    if (&other != reference)
      assertSameSize(builder, loc, *other.operand, other.dim,
                     *reference->operand, reference->dim);
  if (found)
    return builder.getIndexAttr(reference->getStaticSize());
  return reference->operand->size(builder, loc, reference->dim);
}

OpFoldResult attn::resolveGroup(OpBuilder &builder, Location loc,
                                OpFoldResult queryHeads, OpFoldResult kvHeads) {
  std::optional<int64_t> heads = getConstantIntValue(queryHeads);
  std::optional<int64_t> groups = getConstantIntValue(kvHeads);
  if (heads && groups) // the verifier has seen that they divide
    return builder.getIndexAttr(*groups == 0 ? 0 : *heads / *groups);
  Value hq = getValueOrCreateConstantIndexOp(builder, loc, queryHeads);
  Value hkv = getValueOrCreateConstantIndexOp(builder, loc, kvHeads);
  // No kv heads: nothing to divide, and only no query heads fit.
  Value divisor = builder.createOrFold<arith::MaxUIOp>(
      loc, hkv, constantIndex(builder, loc, 1));
  Value group = builder.createOrFold<arith::DivUIOp>(loc, hq, divisor);
  Value product = builder.createOrFold<arith::MulIOp>(loc, group, hkv);
  Value divides = builder.createOrFold<arith::CmpIOp>(
      loc, arith::CmpIPredicate::eq, product, hq);
  assertThat(builder, loc, divides,
             "expected the number of query heads to be a multiple of the "
             "number of key heads");
  return group;
}

SharedDims::SharedDims(const AttentionInputs &inputs) {
  const auto &[query, key, value] = inputs;
  addRows(query);
  batch.append({{&key, Batch}, {&value, Batch}});  // C1
  features = {{&query, Feature}, {&key, Feature}}; // C2
  keys = {{&key, Sequence}, {&value, Sequence}};   // C3
  kvHeads = {{&key, Head}, {&value, Head}};        // C4
  valueFeatures = {{&value, Feature}};
}

void SharedDims::addRows(const ShapedOperand &operand) {
  batch.push_back({&operand, Batch});
  queryHeads.push_back({&operand, Head});
  queries.push_back({&operand, Sequence});
}

LoopSizes SharedDims::resolve(OpBuilder &builder, Location loc) const {
  LoopSizes sizes;
  auto set = [&](Loop loop, OpFoldResult size) {
    sizes[static_cast<unsigned>(loop)] = size;
  };
  auto resolve = [&](ArrayRef<OperandDim> dims) {
    return resolveSize(builder, loc, dims);
  };
  OpFoldResult heads = resolve(queryHeads), groups = resolve(kvHeads);
  set(Loop::Batch, resolve(batch));
  set(Loop::KvHead, groups);
  set(Loop::Group, resolveGroup(builder, loc, heads, groups)); // C5
  set(Loop::Query, resolve(queries));
  set(Loop::Key, resolve(keys));
  set(Loop::Feature, resolve(features));
  set(Loop::ValueFeature, resolve(valueFeatures));
  return sizes;
}
