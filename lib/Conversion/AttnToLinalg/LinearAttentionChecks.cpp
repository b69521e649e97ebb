//===- LinearAttentionChecks.cpp - Sizes that only a run can compare ------===//
#include "LinearAttention.h"

using namespace mlir;
using namespace mlir::attn;

/// The kv heads divide the query heads (repeat-interleave, never tile).
static void checkGroups(OpBuilder &builder, Location loc,
                        const ShapedOperand &query, const ShapedOperand &key) {
  int64_t p = getTensorDim(query.layout, Dim::Head);
  int64_t q = getTensorDim(key.layout, Dim::Head);
  if (!query.type.isDynamicDim(p) && !key.type.isDynamicDim(q))
    return; // the verifier has seen them
  auto sizeOf = [&](const ShapedOperand &operand) {
    return getValueOrCreateConstantIndexOp(
        builder, loc, operand.size(builder, loc, Dim::Head));
  };
  Value heads = sizeOf(query), kvHeads = sizeOf(key);
  Value zero = constantIndex(builder, loc, 0);
  // Without kv heads there may be no query heads.
  Value divisor = arith::MaxSIOp::create(builder, loc, kvHeads,
                                         constantIndex(builder, loc, 1));
  Value rest = arith::RemSIOp::create(builder, loc, heads, divisor);
  Value divides =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, rest, zero);
  Value some = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne,
                                     kvHeads, zero);
  Value none = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                     heads, zero);
  Value reachable = arith::OrIOp::create(builder, loc, some, none);
  assertThat(
      builder, loc, arith::AndIOp::create(builder, loc, divides, reachable),
      "expected dimension " + Twine(p) +
          " of query to be a multiple of dimension " + Twine(q) + " of key");
}

void attn::checkLinearAttentionSizes(LinearAttentionOp op, OpBuilder &builder) {
  Location loc = op.getLoc();
  auto query =
      ShapedOperand::get("query", op.getQuery(), op.getQueryLayoutAttr());
  auto key = ShapedOperand::get("key", op.getKey(), op.getKeyLayoutAttr());
  auto value =
      ShapedOperand::get("value", op.getValue(), op.getValueLayoutAttr());
  auto output = ShapedOperand::getResult("output", op.getOutput(),
                                         op.getOutputLayoutAttr());
  auto same = [&](const ShapedOperand &a, int64_t dimA, const ShapedOperand &b,
                  int64_t dimB) {
    assertSameSize(builder, loc, a, dimA, b, dimB);
  };
  for (Dim dim : {Dim::Batch, Dim::Sequence}) {
    same(key, dim, query, dim);
    same(value, dim, query, dim);
    same(output, dim, query, dim);
  }
  same(key, Dim::Feature, query, Dim::Feature);
  same(value, Dim::Head, key, Dim::Head);
  same(output, Dim::Head, query, Dim::Head);
  same(output, Dim::Feature, value, Dim::Feature);
  checkGroups(builder, loc, query, key);
  for (auto [name, gate] :
       {std::pair("decay", op.getDecay()), {"beta", op.getBeta()}})
    if (gate) {
      auto operand = ShapedOperand::get(name, gate);
      for (int64_t dim = 0; dim < operand.type.getRank(); ++dim)
        same(operand, dim, key, dim);
    }
  auto checkState = [&](const ShapedOperand &state) {
    same(state, 0, key, Dim::Batch);
    same(state, 1, key, Dim::Head);
    same(state, 2, key, Dim::Feature);
    same(state, 3, value, Dim::Feature);
  };
  if (op.getState())
    checkState(ShapedOperand::get("state", op.getState()));
  if (op.getNewState())
    checkState(ShapedOperand::getResult("new_state", op.getNewState()));
}
