//===- TilePicture.cpp - The classes of a mask's tiles --------------------===//
#include "attn/Analysis/TilePicture.h"
#include "attn/Files/WriteFile.h"

using namespace mlir;
using namespace mlir::attn;

/// What the classes of one mask's tiles may cost: some seconds.
static constexpr int64_t maxEffort = int64_t(1) << 30;

bool mlir::attn::countTiles(const MaskAnalysis &analysis, const MaskPoint &at,
                            TileCounts &counts) {
  TileSizes tile = analysis.getTileSizes();
  counts.rows = llvm::divideCeilSigned(analysis.getQueryLength(at), tile.query);
  counts.columns = llvm::divideCeilSigned(analysis.getKeyLength(at), tile.key);
  if (counts.rows > maxCountedTiles ||
      (counts.rows && counts.columns > maxCountedTiles / counts.rows))
    return false;
  MaskEffort left(maxEffort);
  counts.picture.title = "Tiles: 0 empty, 1 partial, 2 full";
  counts.picture.rows = counts.rows;
  counts.picture.columns = counts.columns;
  for (int64_t row = 0; row < counts.rows; ++row) {
    for (const KeyTileSegment &segment : analysis.getSegments(at, row))
      counts.visited += segment.end - segment.begin;
    for (int64_t column = 0; column < counts.columns; ++column) {
      const TileClass tileClass = analysis.classify(at, row, column, left);
      ++counts.classes[int(tileClass)];
      counts.picture.values.push_back(int(tileClass));
    }
  }
  counts.isUncertain = left.isSpent();
  return true;
}

llvm::Error mlir::attn::drawTiles(std::vector<::attn::HeatMap> panels,
                                  StringRef path) {
  ::attn::PictureOptions options;
  options.low = 0;
  options.high = 2;
  auto image = ::attn::drawHeatMaps(panels, options);
  if (!image)
    return llvm::createStringError(image.message());
  auto png = ::attn::formatPng(*image);
  if (!png)
    return llvm::createStringError(png.message());
  return writeFile(path, *png);
}
