//===- AttnToTile.cpp - Attention for tensor cores ------------------------===//
#include "StreamBuilder.h"
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

/// Shared memory of a block that needs no leave of the driver.
static constexpr int64_t kSharedBytes = 48 * 1024;
static constexpr int64_t kStages = 2;
static constexpr int64_t kMostFeatures = 256;

/// As many keys as fit, at most 64.
static StreamSizes getSizes(AttentionOp op) {
  auto bytes = [&](Value operand) {
    const int64_t features = op.getCanonicalDim(operand, Feature);
    return 2 * (llvm::alignTo(features, 16) + 8);
  };
  int64_t keys = 64;
  while (keys > 16 &&
         kStages * keys * (bytes(op.getKey()) + bytes(op.getValue())) >
             kSharedBytes - 1024)
    keys /= 2;
  return {/*rows=*/64, keys, kStages};
}

namespace {

/// Four warps of 16 queries, and keys that two stages of shared memory hold.
class TensorCorePolicy : public GPUTilingPolicy {
public:
  TensorCorePolicy(GPUTargetAttr target, StreamSizes sizes)
      : GPUTilingPolicy(target), sizes(sizes) {}
  TileSizes getTile(AttentionOp) const override {
    return {sizes.rows, sizes.keys};
  }
  // Keys are not split yet: states do not leave a kernel.
  int64_t getWantedTasks() const override { return 0; }

private:
  StreamSizes sizes;
};

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
  void runOnOperation() override {
    auto target = dyn_cast_or_null<GPUTargetAttr>(getTarget(getOperation()));
    if (!target)
      return;
    SmallVector<AttentionOp> ops;
    getOperation().walk([&](AttentionOp op) { ops.push_back(op); });
    for (AttentionOp op : ops) {
      if (std::string obstacle = getObstacle(op); !obstacle.empty())
        decline(op.getLoc(), obstacle);
      else
        convert(op, target);
    }
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

  /// The op is tiled, and put back if a stream cannot do what came of it.
  void convert(AttentionOp op, GPUTargetAttr target) {
    const StreamSizes sizes = getSizes(op);
    const Location loc = op.getLoc();
    ReplacementListener listener;
    IRRewriter rewriter(&getContext(), &listener);
    rewriter.setInsertionPoint(op);
    Operation *saved = rewriter.clone(*op);
    if (failed(tileAttention(op, rewriter, TensorCorePolicy(target, sizes)))) {
      saved->erase();
      return;
    }
    auto loop = listener.replacement.front().getDefiningOp<scf::ForallOp>();
    std::string obstacle = "expected one loop over tiles";
    if (loop) {
      StreamBuilder builder(loop, sizes);
      obstacle = builder.getObstacle();
      if (obstacle.empty())
        builder.build();
    }
    if (obstacle.empty()) {
      saved->erase();
      remark::passed(loc, remark::RemarkOpts::name("Converted")
                              .category("convert-attn-to-tile"))
          << ("tiles of " + Twine(sizes.rows) + " queries by " +
              Twine(sizes.keys) + " keys for tensor cores, in " +
              Twine(sizes.stages) + " stages")
                 .str();
      return;
    }
    for (auto [tiled, whole] :
         llvm::zip_equal(listener.replacement, saved->getResults()))
      tiled.replaceAllUsesWith(whole);
    if (loop)
      loop.erase();
    decline(loc, obstacle);
  }
};

} // namespace
