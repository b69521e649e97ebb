//===- LaunchStreams.cpp - Loops around streams as kernels ----------------===//
#include "StreamLowering.h"
#include "attn/Conversion/Tile/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::attn {
#define GEN_PASS_DEF_LAUNCHSTREAMS
#include "attn/Conversion/Tile/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// A block for each iteration; the body of `loop` moves there.
static void launch(scf::ForallOp loop, int64_t threads) {
  IRRewriter rewriter(loop);
  Location loc = loop.getLoc();
  SmallVector<Value> sizes =
      getValueOrCreateConstantIndexOp(rewriter, loc, loop.getMixedUpperBound());
  Value one = arith::ConstantIndexOp::create(rewriter, loc, 1), blocks = one;
  for (Value size : sizes)
    blocks = rewriter.createOrFold<arith::MulIOp>(loc, blocks, size);
  Value block = arith::ConstantIndexOp::create(rewriter, loc, threads);
  auto launch =
      gpu::LaunchOp::create(rewriter, loc, blocks, one, one, block, one, one);
  rewriter.setInsertionPointToEnd(&launch.getBody().front());
  SmallVector<Value> position{launch.getBlockIds().x};
  if (sizes.size() > 1)
    position =
        SmallVector<Value>(affine::AffineDelinearizeIndexOp::create(
                               rewriter, loc, launch.getBlockIds().x, sizes)
                               .getResults());
  auto end = gpu::TerminatorOp::create(rewriter, loc);
  rewriter.eraseOp(loop.getBody()->getTerminator());
  rewriter.inlineBlockBefore(loop.getBody(), end, position);
  rewriter.eraseOp(loop);
}

namespace {

struct LaunchStreams : attn::impl::LaunchStreamsBase<LaunchStreams> {
  void runOnOperation() override {
    SmallVector<tile::StreamOp> streams;
    getOperation().walk([&](tile::StreamOp op) { streams.push_back(op); });
    for (tile::StreamOp op : streams) {
      auto loop = op->getParentOfType<scf::ForallOp>();
      if (!loop || loop.getNumResults() || op->getParentOp() != loop) {
        op.emitOpError("expected a loop over tiles on memrefs around it");
        return signalPassFailure();
      }
      const int64_t warps = op.getSchedule().getConsumers() + 1;
      launch(loop, 32 * warps);
      lowerStream(op);
    }
  }
};

} // namespace
