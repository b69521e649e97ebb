//===- AttnToTile.cpp - Attention for tensor cores ------------------------===//
#include "SplitKeys.h"
#include "StreamBuilder.h"
#include "TensorCorePolicy.h"
#include "attn/Conversion/Tile/Passes.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/Transforms/Tile.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Remarks.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CONVERTATTNTOTILE
#include "attn/Conversion/Tile/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static constexpr int64_t kMostFeatures = 256;

namespace {

/// Remembers what an op was replaced by.
struct ReplacementListener : RewriterBase::Listener {
  void notifyOperationReplaced(Operation *op, ValueRange values) override {
    if (isa<AttentionOp>(op))
      replacement.assign(values.begin(), values.end());
  }
  SmallVector<Value> replacement;
};

struct ConvertAttnToTile
    : attn::impl::ConvertAttnToTileBase<ConvertAttnToTile> {
  using ConvertAttnToTileBase::ConvertAttnToTileBase;

  void runOnOperation() override {
    auto target = dyn_cast_or_null<GPUTargetAttr>(getTarget(getOperation()));
    if (!target)
      return;
    FailureOr<WantedSchedule> wanted = getWanted();
    if (failed(wanted))
      return signalPassFailure();
    SmallVector<AttentionOp> ops;
    getOperation().walk([&](AttentionOp op) { ops.push_back(op); });
    for (AttentionOp op : ops) {
      if (std::string obstacle = getObstacle(op); !obstacle.empty())
        decline(op.getLoc(), obstacle);
      else if (failed(mayBeDecode(op) ? convertByNumber(op, target, *wanted)
                                      : convert(op, 0, target, *wanted)))
        return signalPassFailure();
    }
  }

  /// One query, and few, get blocks of their own, which may share keys.
  FailureOr<bool> convertByNumber(AttentionOp op, GPUTargetAttr target,
                                  const WantedSchedule &wanted) {
    IRRewriter rewriter(op);
    Operation *saved = rewriter.clone(*op);
    const int64_t few = TensorCorePolicy::getFewQueries(op);
    ByNumberOfQueries parts = separateDecode(op, few, rewriter);
    Operation *branch = parts.one->getParentOp();
    FailureOr<bool> isConverted = convert(parts.many, 0, target, wanted);
    if (failed(isConverted))
      return failure();
    if (!*isConverted) {
      branch->replaceAllUsesWith(saved);
      branch->erase();
      return false;
    }
    saved->erase();
    if (failed(convert(parts.one, 0, target, wanted)) ||
        failed(convert(parts.few, few, target, wanted)))
      return failure();
    return true;
  }

  FailureOr<WantedSchedule> getWanted() {
    for (auto [name, size] : {std::pair<StringRef, int64_t>("rows", rows),
                              {"keys", keys},
                              {"stages", stages}})
      if (size < 0)
        return emitError(getOperation().getLoc())
               << "expected " << name << " of 1 or more, or 0, got " << size;
    std::optional<tile::QueryPlace> place =
        tile::symbolizeQueryPlace(StringRef(query.getValue()));
    if (!place && !query.empty())
      return emitError(getOperation().getLoc())
             << "expected the query in registers or shared, got '"
             << query.getValue() << "'";
    return WantedSchedule{rows, keys, stages, place};
  }

  static void decline(Location loc, const std::string &reason) {
    remark::missed(
        loc,
        remark::RemarkOpts::name("Declined").category("convert-attn-to-tile"))
        << reason;
  }

  static std::string getObstacle(AttentionOp op) {
    std::string text;
    llvm::raw_string_ostream os(text);
    Type element = getElementTypeOrSelf(op.getQuery().getType());
    for (Value operand : {op.getQuery(), op.getKey(), op.getValue()})
      if (Type type = getElementTypeOrSelf(operand.getType());
          type != element || !(type.isF16() || type.isBF16())) {
        os << "expected query, key and value of f16 or of bf16, got " << type;
        return text;
      }
    for (auto [name, operand] :
         {std::pair<StringRef, Value>("query", op.getQuery()),
          {"value", op.getValue()}}) {
      const int64_t features = op.getCanonicalDim(operand, Feature);
      if (ShapedType::isDynamic(features) || features > kMostFeatures) {
        os << "expected at most " << kMostFeatures << " features of " << name
           << ", got ";
        if (ShapedType::isDynamic(features))
          os << "a dynamic number";
        else
          os << features;
        return text;
      }
    }
    return "";
  }

  /// The op is tiled, and put back if a stream cannot do what came of it: gives
  /// whether it could. At most `maxQueries` are known; 0 where any number.
  FailureOr<bool> convert(AttentionOp op, int64_t maxQueries,
                          GPUTargetAttr target, const WantedSchedule &wanted) {
    FailureOr<tile::ScheduleAttr> schedule =
        TensorCorePolicy::chooseSchedule(op, maxQueries, target, wanted);
    if (failed(schedule))
      return failure();
    const Location loc = op.getLoc();
    ReplacementListener listener;
    IRRewriter rewriter(&getContext(), &listener);
    rewriter.setInsertionPoint(op);
    Operation *saved = rewriter.clone(*op);
    if (failed(tileAttention(op, rewriter, TensorCorePolicy(target, *schedule),
                             maxQueries))) {
      saved->erase();
      return false;
    }
    std::optional<SplitKeys> split =
        SplitKeys::find(listener.replacement.front());
    auto loop =
        split ? split->parts
              : listener.replacement.front().getDefiningOp<scf::ForallOp>();
    std::string obstacle = "expected one loop over tiles";
    if (loop) {
      StreamBuilder builder(loop, *schedule);
      obstacle = builder.getObstacle();
      if (obstacle.empty())
        builder.build();
    }
    if (obstacle.empty()) {
      if (split)
        split->mergeOutputs();
      saved->erase();
      remark::passed(loc, remark::RemarkOpts::name("Converted")
                              .category("convert-attn-to-tile"))
          << ("tiles of " + Twine(schedule->getRows()) + " queries by " +
              Twine(schedule->getKeys()) + " keys for tensor cores, in " +
              Twine(schedule->getStages()) + " stages")
                 .str();
      return true;
    }
    for (auto [tiled, whole] :
         llvm::zip_equal(listener.replacement, saved->getResults()))
      tiled.replaceAllUsesWith(whole);
    if (split)
      split->erase();
    else if (loop)
      loop.erase();
    decline(loc, obstacle);
    return false;
  }
};

} // namespace
