//===- TileContractions.cpp - attn-tile-contractions ----------------------===//
#include "Contraction.h"
#include "ContractionLoops.h"
#include "Patches.h"
#include "attn/Analysis/TilingPolicy.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::attn {
#define GEN_PASS_DEF_TILECONTRACTIONS
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static remark::RemarkOpts describe(StringRef name) {
  return remark::RemarkOpts::name(name).category("attn-tile-contractions");
}

namespace {
struct TileContractions : attn::impl::TileContractionsBase<TileContractions> {
  using TileContractionsBase::TileContractionsBase;

  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> ops;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (op.hasPureTensorSemantics() && isSumOfProducts(op))
        ops.push_back(op);
    });
    const std::unique_ptr<TilingPolicy> policy =
        TilingPolicy::get(getOperation());
    IRRewriter rewriter(&getContext());
    SmallVector<Contraction> contractions = findContractions(ops, rewriter);
    if (weights)
      packWeights(contractions, *policy, getNarrow(), rewriter);
    for (Contraction &contraction : contractions) {
      if (const int64_t parts = divideSum(contraction, rewriter); parts > 1)
        remark::passed(contraction.op.getLoc(), describe("Divided"))
            << llvm::formatv("a sum, {0} parts of {1} rows", parts,
                             contraction.getSize(contraction.inner))
                   .str();
      ContractionLoops loops(contraction, rewriter, *policy);
      remark::passed(contraction.op.getLoc(), describe("Tiled"))
          << loops.describe();
      if (loops.countFollowers() > 0)
        remark::passed(contraction.op.getLoc(), describe("Fused"))
            << (Twine(loops.countFollowers()) + " elementwise ops").str();
      loops.replace();
    }
  }

  /// What weights of f32 are rounded to, or null.
  Type getNarrow() {
    Builder builder(&getContext());
    return precision == Precision::BF16  ? builder.getBF16Type()
           : precision == Precision::F16 ? builder.getF16Type()
                                         : Type();
  }

  /// Those whose operands are matrices, without transposes before them, and
  /// batches as rows.
  SmallVector<Contraction> findContractions(ArrayRef<linalg::LinalgOp> ops,
                                            RewriterBase &rewriter) {
    SmallVector<Contraction> contractions;
    for (linalg::LinalgOp op : ops) {
      Contraction contraction;
      const bool isConvolution = hasWindows(op);
      const std::string obstacle =
          isConvolution ? gatherPatches(op, contraction, rewriter)
                        : findLoops(op, contraction);
      if (!obstacle.empty()) {
        remark::missed(op.getLoc(), describe("Declined")) << obstacle;
        continue;
      }
      if (isConvolution)
        remark::passed(contraction.op.getLoc(), describe("Gathered"))
            << "what windows meet, block by block";
      foldTransposes(contraction, rewriter);
      if (const size_t dims = mergeRows(contraction, rewriter))
        remark::passed(contraction.op.getLoc(), describe("Merged"))
            << (Twine(dims) + " dimensions as rows of one product").str();
      contractions.push_back(contraction);
    }
    return contractions;
  }
};
} // namespace
