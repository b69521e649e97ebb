//===- TileOneQuery.cpp - One query apart from many -----------------------===//
#include "TileOneQuery.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
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

bool attn::mayHaveOneQuery(AttentionOp op) {
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

std::array<AttentionOp, 2> attn::separateOneQuery(AttentionOp op,
                                                  RewriterBase &rewriter) {
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getQuery().getType());
  Value queries = rewriter.createOrFold<tensor::DimOp>(
      loc, op.getQuery(), getQueryDim(type, op.getQueryLayoutAttr()));
  Value isOne = arith::CmpIOp::create(rewriter, loc, arith::CmpIPredicate::eq,
                                      queries, constantIndex(rewriter, loc, 1));
  std::array<AttentionOp, 2> parts;
  auto emit = [&](AttentionOp &part, bool hasOneQuery) {
    return [&, hasOneQuery](OpBuilder &b, Location) {
      part = cast<AttentionOp>(b.clone(*op));
      OpBuilder before(part);
      if (hasOneQuery)
        giveOneQuery(part, before);
      yield(part, op->getResultTypes(), b);
    };
  };
  auto branch = scf::IfOp::create(rewriter, loc, isOne, emit(parts[0], true),
                                  emit(parts[1], false));
  rewriter.replaceOp(op, branch.getResults());
  return parts;
}
