//===- LinearSizes.cpp - Sizes of linear attention ------------------------===//
#include "attn/Dialect/Attn/Utils/LinearSizes.h"

using namespace mlir;
using namespace mlir::attn;

LinearSizes attn::resolveLinearSizes(LinearAttentionOp op, OpBuilder &builder) {
  auto query =
      ShapedOperand::get("query", op.getQuery(), op.getQueryLayoutAttr());
  auto key = ShapedOperand::get("key", op.getKey(), op.getKeyLayoutAttr());
  auto value =
      ShapedOperand::get("value", op.getValue(), op.getValueLayoutAttr());
  auto output = ShapedOperand::getResult("output", op.getOutput(),
                                         op.getOutputLayoutAttr());
  using Dims = SmallVector<OperandDim>;
  Dims batch{{&key, Batch}, {&query, Batch}, {&value, Batch}, {&output, Batch}};
  Dims heads{{&key, Head}, {&value, Head}};
  Dims length{{&key, Sequence},
              {&query, Sequence},
              {&value, Sequence},
              {&output, Sequence}};
  Dims keySize{{&key, Feature}, {&query, Feature}};
  Dims valueSize{{&value, Feature}, {&output, Feature}};
  Dims allHeads{{&query, Head}, {&output, Head}};

  SmallVector<ShapedOperand, 4> others;
  if (op.getDecay())
    others.push_back(ShapedOperand::get("decay", op.getDecay()));
  if (op.getBeta())
    others.push_back(ShapedOperand::get("beta", op.getBeta()));
  for (ShapedOperand &gate : others) {
    batch.push_back({&gate, Batch});
    heads.push_back({&gate, Head});
    length.push_back({&gate, Sequence});
    if (gate.type.getRank() == 4)
      keySize.push_back({&gate, Feature});
  }
  SmallVector<ShapedOperand, 2> states;
  if (op.getState())
    states.push_back(ShapedOperand::get("state", op.getState()));
  if (op.getNewState())
    states.push_back(ShapedOperand::getResult("new_state", op.getNewState()));
  for (ShapedOperand &state : states) {
    batch.push_back({&state, 0});
    heads.push_back({&state, 1});
    keySize.push_back({&state, 2});
    valueSize.push_back({&state, 3});
  }

  auto resolve = [&](ArrayRef<OperandDim> equal) {
    return resolveSize(builder, op.getLoc(), equal);
  };
  LinearSizes sizes;
  sizes.batches = resolve(batch);
  sizes.kvHeads = resolve(heads);
  sizes.tokens = resolve(length);
  sizes.features = resolve(keySize);
  sizes.valueFeatures = resolve(valueSize);
  sizes.queryHeads = resolve(allHeads);
  sizes.group =
      resolveGroup(builder, op.getLoc(), sizes.queryHeads, sizes.kvHeads);
  return sizes;
}
