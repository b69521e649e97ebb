//===- ExplainPicture.cpp - The tiles of masks as a picture ---------------===//

#include "attn/Analysis/RegionText.h"
#include "attn/Analysis/TilePicture.h"
#include "attn/Driver/Explain.h"

using namespace mlir;
using namespace mlir::attn;

/// What all symbols are, where that is known without data: lengths that are
/// numbers. Nullopt where something else is a symbol.
static std::optional<MaskPoint> getPoint(const MaskReading &reading) {
  if (!isa<AffineConstantExpr>(reading.queryLength) ||
      !isa<AffineConstantExpr>(reading.keyLength) ||
      reading.symbols.size() > numMaskLengthSymbols)
    return std::nullopt;
  return MaskPoint{0, 0,
                   SmallVector<int64_t>(unsigned(numMaskLengthSymbols), 0)};
}

/// Tiles that make about 32 in a row, so that a picture shows something.
static int64_t chooseTile(AffineExpr length) {
  constexpr int64_t wanted = 32;
  auto constant = dyn_cast<AffineConstantExpr>(length);
  return constant ? std::max<int64_t>(1, constant.getValue() / wanted) : 1;
}

static bool draw(AttentionOp op, std::vector<::attn::HeatMap> &panels) {
  const MaskReading reading = MaskAnalysis(op, {64, 64}).getReading();
  std::optional<MaskPoint> at = getPoint(reading);
  if (!at)
    return false;
  MaskAnalysis analysis(
      op, {chooseTile(reading.queryLength), chooseTile(reading.keyLength)});
  TileCounts counts;
  if (!countTiles(analysis, *at, counts) || counts.picture.values.empty())
    return false;
  counts.picture.title = describeMask(op);
  panels.push_back(std::move(counts.picture));
  return true;
}

LogicalResult mlir::attn::drawMasks(ModuleOp module, StringRef path,
                                    int64_t &leftOut) {
  std::vector<::attn::HeatMap> panels;
  leftOut = 0;
  module->walk([&](AttentionOp op) { leftOut += !draw(op, panels); });
  if (panels.empty())
    return mlir::emitError(UnknownLoc::get(module.getContext()))
           << "expected an attention whose lengths are numbers to draw (--dim "
              "NAME=N gives them), got none";
  if (llvm::Error error = drawTiles(std::move(panels), path))
    return mlir::emitError(UnknownLoc::get(module.getContext()))
           << llvm::toString(std::move(error));
  return success();
}
