//===- AttentionInputs.cpp - Query, key and value, and sizes they share ---===//
#include "AttentionInputs.h"

using namespace mlir;
using namespace mlir::attn;

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
