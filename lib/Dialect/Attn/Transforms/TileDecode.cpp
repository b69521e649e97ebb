//===- TileDecode.cpp - Few queries apart from many -------------------===//
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/Transforms/Tile.h"
#include "attn/Dialect/Attn/Utils/Building.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

static int64_t getQueryDim(RankedTensorType type, DenseI64ArrayAttr layout) {
  return getTensorDim(getLayout(layout, type.getRank()), Sequence);
}

static bool hasDynamicQueries(Value tensor, DenseI64ArrayAttr layout) {
  auto type = cast<RankedTensorType>(tensor.getType());
  return type.isDynamicDim(getQueryDim(type, layout));
}

bool attn::mayBeDecode(AttentionOp op) {
  return hasDynamicQueries(op.getQuery(), op.getQueryLayoutAttr()) &&
         hasDynamicQueries(op.getOutput(), op.getOutputLayoutAttr()) &&
         (!op.getLse() ||
          hasDynamicQueries(op.getLse(), op.getLseLayoutAttr()));
}

static RankedTensorType getOneQueryType(Value tensor,
                                        DenseI64ArrayAttr layout) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[getQueryDim(type, layout)] = 1;
  return type.clone(shape);
}

static void giveOneQuery(AttentionOp op, OpBuilder &builder) {
  Value query = tensor::CastOp::create(
      builder, op.getLoc(),
      getOneQueryType(op.getQuery(), op.getQueryLayoutAttr()), op.getQuery());
  op.getQueryMutable().assign(query);
  op.getOutput().setType(
      getOneQueryType(op.getOutput(), op.getOutputLayoutAttr()));
  if (op.getLse())
    op.getLse().setType(getOneQueryType(op.getLse(), op.getLseLayoutAttr()));
}

static void yield(AttentionOp op, TypeRange types, OpBuilder &builder) {
  SmallVector<Value> results;
  for (auto [result, type] : llvm::zip(op->getResults(), types))
    results.push_back(
        builder.createOrFold<tensor::CastOp>(op.getLoc(), type, result));
  scf::YieldOp::create(builder, op.getLoc(), results);
}

ByNumberOfQueries attn::separateDecode(AttentionOp op, int64_t maxQueries,
                                       RewriterBase &rewriter) {
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(op);
  auto type = cast<RankedTensorType>(op.getQuery().getType());
  Value queries = rewriter.createOrFold<tensor::DimOp>(
      op.getLoc(), op.getQuery(), getQueryDim(type, op.getQueryLayoutAttr()));
  using Emit = function_ref<void(OpBuilder &, Location)>;
  auto emitPart = [&](OpBuilder &b, AttentionOp &part, bool hasOneQuery) {
    part = cast<AttentionOp>(b.clone(*op));
    OpBuilder before(part);
    if (hasOneQuery)
      giveOneQuery(part, before);
    yield(part, op->getResultTypes(), b);
  };
  auto emitBranch = [&](OpBuilder &b, arith::CmpIPredicate predicate,
                        int64_t bound, Emit emitThen, Emit emitElse) {
    Value condition =
        arith::CmpIOp::create(b, op.getLoc(), predicate, queries,
                              constantIndex(b, op.getLoc(), bound));
    return scf::IfOp::create(b, op.getLoc(), condition, emitThen, emitElse);
  };
  ByNumberOfQueries parts;
  auto emitOthers = [&](OpBuilder &b, Location loc) {
    scf::IfOp branch = emitBranch(
        b, arith::CmpIPredicate::sle, maxQueries,
        [&](OpBuilder &b, Location) { emitPart(b, parts.few, false); },
        [&](OpBuilder &b, Location) { emitPart(b, parts.many, false); });
    scf::YieldOp::create(b, loc, branch.getResults());
  };
  scf::IfOp branch = emitBranch(
      rewriter, arith::CmpIPredicate::eq, 1,
      [&](OpBuilder &b, Location) { emitPart(b, parts.one, true); },
      emitOthers);
  rewriter.replaceOp(op, branch.getResults());
  return parts;
}
