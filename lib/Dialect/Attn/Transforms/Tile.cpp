//===- Tile.cpp - attn-tile -----------------------------------------------===//
#include "attn/Dialect/Attn/Transforms/Tile.h"
#include "TileFewQueries.h"
#include "TileFit.h"
#include "TileLoops.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
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

/// How many queries count as few: those for which the heads of a group fill two
/// thirds of a tile together, or one head a sixth; beyond, tiles of a head are
/// full enough.
static int64_t getFewQueries(AttentionOp op, int64_t tileQuery) {
  int64_t queryHeads = op.getCanonicalDim(op.getQuery(), Head);
  int64_t kvHeads = op.getCanonicalDim(op.getKey(), Head);
  bool isKnown = !ShapedType::isDynamic(queryHeads) &&
                 !ShapedType::isDynamic(kvHeads) && kvHeads > 0;
  int64_t group = isKnown && !masksByHead(op) ? queryHeads / kvHeads : 1;
  int64_t rows = group > 1 ? 2 * tileQuery / 3 / group : tileQuery / 6;
  return std::max<int64_t>(rows, 2);
}

static LogicalResult tileSeparately(AttentionOp op, RewriterBase &rewriter,
                                    TilingOptions options) {
  {
    TileableRegions regions(op, rewriter);
    std::string obstacle = regions.getObstacle();
    regions.discard();
    if (!obstacle.empty())
      return decline(op, obstacle);
  }
  options.separateFewQueries = false;
  TilingOptions few = options;
  few.maxQueries = getFewQueries(op, options.tile.query);
  ByNumberOfQueries parts = separateFewQueries(op, few.maxQueries, rewriter);
  return success(succeeded(tileAttention(parts.one, rewriter, options)) &&
                 succeeded(tileAttention(parts.few, rewriter, few)) &&
                 succeeded(tileAttention(parts.many, rewriter, options)));
}

LogicalResult attn::tileAttention(AttentionOp op, RewriterBase &rewriter,
                                  const TilingOptions &options) {
  if (std::string obstacle = getObstacle(op); !obstacle.empty())
    return decline(op, obstacle);
  if (options.separateFewQueries && mayHaveFewQueries(op))
    return tileSeparately(op, rewriter, options);
  SmallVector<Value> results;
  {
    TileableRegions regions(op, rewriter);
    if (std::string obstacle = regions.getObstacle(); !obstacle.empty()) {
      regions.discard();
      return decline(op, obstacle);
    }
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(op);
    TileLoops loops(op, regions, rewriter, options);
    results = loops.build();
    remark::passed(op.getLoc(),
                   remark::RemarkOpts::name("Tiled").category("attn-tile"))
        << loops.describe();
  }
  rewriter.replaceOp(op, results);
  return success();
}

namespace {
struct TileAttention : attn::impl::TileAttentionBase<TileAttention> {
  using TileAttentionBase::TileAttentionBase;

  LogicalResult checkTileSize(StringRef name, int64_t size) {
    constexpr int64_t largest = int64_t(1) << 20;
    if (size >= 1 && size <= largest)
      return success();
    return emitError(getOperation()->getLoc())
           << "expected " << name << " of 1 to " << largest << ", got " << size;
  }

  void runOnOperation() override {
    if (failed(checkTileSize("tile-query", tileQuery)) ||
        failed(checkTileSize("tile-key", tileKey)) ||
        failed(checkTileSize("unmasked-keys", unmaskedKeys)) ||
        (tileQueryBF16 != 0 &&
         failed(checkTileSize("tile-query-bf16", tileQueryBF16))))
      return signalPassFailure();
    SmallVector<AttentionOp> ops;
    getOperation()->walk([&](AttentionOp op) { ops.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (AttentionOp op : ops)
      (void)tileAttention(
          op, rewriter,
          {{getTileQuery(op), tileKey}, separateFewQueries, 0, unmaskedKeys});
  }

  int64_t getTileQuery(AttentionOp op) {
    bool isBF16 = getElementTypeOrSelf(op.getValue().getType()).isBF16();
    int64_t size = isBF16 && tileQueryBF16 ? tileQueryBF16 : tileQuery;
    return fitMask ? fitToMask(op, size) : size;
  }
};
} // namespace
