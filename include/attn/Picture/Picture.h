//===- Picture.h - Heat maps as PNG files -----------------------*- C++ -*-===//

#ifndef ATTN_PICTURE_PICTURE_H
#define ATTN_PICTURE_PICTURE_H

#include "attn/Support/Result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace attn {

/// One matrix, row 0 on top.
struct HeatMap {
  std::string title;
  int64_t rows = 0, columns = 0;
  std::vector<double> values; // row-major
  /// Empty, or one a row and one a column; other than printable ASCII shows as
  /// a box. Column labels read upwards unless all are single characters.
  std::vector<std::string> rowLabels, columnLabels;
};

struct PictureOptions {
  int64_t cell = 0;         // pixels of a matrix element's side; 0 chooses
  int64_t panelsPerRow = 0; // 0 chooses: about as many rows as columns
  /// Ends of the color scale, shared by all panels; by default the smallest
  /// and the largest finite value.
  std::optional<double> low, high;
};

/// 8-bit RGB, row-major from the top left.
struct Image {
  int64_t width = 0, height = 0;
  std::vector<uint8_t> rgb;
};

/// The last two dimensions of a tensor of rank 2 or more as heat maps, one for
/// each index of the others: titled "PREFIX [0, 1]". `values` are row-major.
Result<std::vector<HeatMap>> heatMapsOf(const std::vector<int64_t> &shape,
                                        const std::vector<double> &values,
                                        const std::string &prefix = "");

/// Panels in a grid, with a color scale below. Values that are not finite are
/// gray. An error when there is nothing to draw, sizes disagree, or the
/// picture would have more than 2^26 pixels.
Result<Image> drawHeatMaps(const std::vector<HeatMap> &maps,
                           const PictureOptions &options = {});

/// The bytes of a PNG file.
Result<std::string> formatPng(const Image &image);

/// The color of a value in [0, 1]: from dark violet over green to yellow, with
/// a lightness (OKLab's L) that grows evenly, so that it also reads in gray.
struct Color {
  uint8_t red, green, blue;
};
Color colorOf(double value);

} // namespace attn

#endif // ATTN_PICTURE_PICTURE_H
