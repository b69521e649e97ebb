//===- Tile.cpp - attn-tile -----------------------------------------------===//
#include "attn/Dialect/Attn/Transforms/Tile.h"
#include "TileLoops.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"

namespace mlir::attn {
#define GEN_PASS_DEF_TILEATTENTION
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// What tiles cannot do, of the op itself; empty if they can.
static std::string getObstacle(AttentionOp op) {
  if (!op.getProb().empty())
    return "expected no prob region, which needs the sums of whole rows, got "
           "one";
  if (op.getScores())
    return ("expected no scores result, which is a tensor of all pairs, got " +
            stringifyScoresStage(*op.getScoresStage()))
        .str();
  for (auto [name, operand] :
       {std::pair("query", op.getQuery()), {"value", op.getValue()}}) {
    int64_t size = op.getCanonicalDim(operand, Feature);
    if (ShapedType::isDynamic(size))
      return std::string("expected a static feature dimension of ") + name +
             ", got a dynamic one";
    // Slices of nothing are no slices to tensor.extract_slice.
    if (size == 0)
      return std::string("expected features of ") + name + ", got none";
  }
  return "";
}

static LogicalResult decline(AttentionOp op, const std::string &reason) {
  remark::missed(op.getLoc(),
                 remark::RemarkOpts::name("Declined").category("attn-tile"))
      << reason;
  return failure();
}

int64_t attn::getSharingHeads(AttentionOp op) {
  int64_t queryHeads = op.getCanonicalDim(op.getQuery(), Head);
  int64_t kvHeads = op.getCanonicalDim(op.getKey(), Head);
  bool isKnown = !ShapedType::isDynamic(queryHeads) &&
                 !ShapedType::isDynamic(kvHeads) && kvHeads > 0;
  return isKnown && !masksByHead(op) ? queryHeads / kvHeads : 1;
}

/// At most `maxQueries` are known of the op; 0 where nothing is.
static LogicalResult tileAlike(AttentionOp op, RewriterBase &rewriter,
                               const TilingPolicy &policy, int64_t maxQueries) {
  SmallVector<Value> results;
  {
    TileableRegions regions(op, rewriter);
    if (std::string obstacle = regions.getObstacle(); !obstacle.empty()) {
      regions.discard();
      return decline(op, obstacle);
    }
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(op);
    TileLoops loops(op, regions, rewriter, policy, maxQueries);
    results = loops.build();
    remark::passed(op.getLoc(),
                   remark::RemarkOpts::name("Tiled").category("attn-tile"))
        << loops.describe();
  }
  rewriter.replaceOp(op, results);
  return success();
}

static LogicalResult tileSeparately(AttentionOp op, RewriterBase &rewriter,
                                    const TilingPolicy &policy, int64_t few) {
  {
    TileableRegions regions(op, rewriter);
    std::string obstacle = regions.getObstacle();
    regions.discard();
    if (!obstacle.empty())
      return decline(op, obstacle);
  }
  ByNumberOfQueries parts = separateDecode(op, few, rewriter);
  return success(succeeded(tileAlike(parts.one, rewriter, policy, 0)) &&
                 succeeded(tileAlike(parts.few, rewriter, policy, few)) &&
                 succeeded(tileAlike(parts.many, rewriter, policy, 0)));
}

static void explainSchedule(AttentionOp op, const TilingPolicy &policy) {
  Attribute schedule = policy.resolve(op);
  if (!schedule)
    return;
  std::string text;
  llvm::raw_string_ostream os(text);
  os << schedule;
  remark::passed(op.getLoc(),
                 remark::RemarkOpts::name("Schedule").category("attn-tile"))
      << text;
}

LogicalResult attn::tileAttention(AttentionOp op, RewriterBase &rewriter,
                                  const TilingPolicy &policy,
                                  std::optional<int64_t> maxQueries) {
  if (std::string obstacle = getObstacle(op); !obstacle.empty())
    return decline(op, obstacle);
  explainSchedule(op, policy);
  std::optional<int64_t> few;
  if (!maxQueries && mayBeDecode(op))
    few = policy.getMaxDecodeQueries(policy.getTile(op).query,
                                     getSharingHeads(op));
  return few ? tileSeparately(op, rewriter, policy, *few)
             : tileAlike(op, rewriter, policy, maxQueries.value_or(0));
}

namespace {
struct TileAttention : attn::impl::TileAttentionBase<TileAttention> {
  using TileAttentionBase::TileAttentionBase;

  LogicalResult checkTileSize(StringRef name, int64_t size) {
    if (size == 0 || isTileSize(size))
      return success();
    return emitError(getOperation()->getLoc())
           << "expected " << name << " of 1 to 1048576, got " << size;
  }

  void runOnOperation() override {
    if (failed(checkTileSize("tile-query", tileQuery)) ||
        failed(checkTileSize("tile-key", tileKey)))
      return signalPassFailure();
    auto policy = TilingPolicy::get(getOperation(), {tileQuery, tileKey});
    SmallVector<AttentionOp> ops;
    getOperation()->walk([&](AttentionOp op) { ops.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (AttentionOp op : ops)
      (void)tileAttention(op, rewriter, *policy);
  }
};
} // namespace
