//===- TilePicture.h - The classes of a mask's tiles ------------*- C++ -*-===//
#ifndef ATTN_ANALYSIS_TILEPICTURE_H
#define ATTN_ANALYSIS_TILEPICTURE_H

#include "attn/Analysis/MaskAnalysis.h"
#include "attn/Picture/Picture.h"
#include "llvm/Support/Error.h"

namespace mlir::attn {

struct TileCounts {
  int64_t rows = 0, columns = 0;
  /// Tiles that the closed forms visit.
  int64_t visited = 0;
  /// By TileClass.
  int64_t classes[3] = {0, 0, 0};
  /// Not all classes were found with the effort that is spent on it: some are
  /// called partial that may be not.
  bool isUncertain = false;
  /// 0 empty, 1 partial, 2 full.
  ::attn::HeatMap picture;
};

/// More tiles than this are not counted one by one.
constexpr int64_t maxCountedTiles = int64_t(1) << 18;

/// False where there are more; `counts` then has rows and columns only.
bool countTiles(const MaskAnalysis &analysis, const MaskPoint &at,
                TileCounts &counts);

/// Writes panels of tiles as a PNG file.
llvm::Error drawTiles(std::vector<::attn::HeatMap> panels, StringRef path);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_TILEPICTURE_H
