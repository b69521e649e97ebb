//===- Picture.cpp - Heat maps as images ----------------------------------===//

#include "attn/Picture/Picture.h"

#include "attn/Picture/Font.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace attn {

namespace {

constexpr int64_t margin = 8;
constexpr int64_t maxPixels = int64_t(1) << 26;
constexpr Color white{255, 255, 255}, black{0, 0, 0}, gray{200, 200, 200};

class Canvas {
public:
  Canvas(int64_t width, int64_t height)
      : image{width, height, std::vector<uint8_t>(3 * width * height, 255)} {}

  void fill(int64_t x, int64_t y, int64_t width, int64_t height, Color c) {
    for (int64_t row = y; row < y + height; ++row)
      for (int64_t column = x; column < x + width; ++column)
        set(column, row, c);
  }
  void text(int64_t x, int64_t y, const std::string &text) {
    for (size_t n = 0; n < text.size(); ++n)
      for (int64_t u = 0; u < font::glyphWidth; ++u)
        for (int64_t v = 0; v < font::glyphHeight; ++v)
          if (font::pixel(text[n], u, v))
            set(x + n * font::advance + u, y + v, black);
  }
  /// Text that reads upwards from (x, y), its lower left corner.
  void textUpwards(int64_t x, int64_t y, const std::string &text) {
    for (size_t n = 0; n < text.size(); ++n)
      for (int64_t u = 0; u < font::glyphWidth; ++u)
        for (int64_t v = 0; v < font::glyphHeight; ++v)
          if (font::pixel(text[n], u, v))
            set(x + v, y - 1 - u - n * font::advance, black);
  }
  Image take() { return std::move(image); }

private:
  void set(int64_t x, int64_t y, Color c) {
    if (x < 0 || x >= image.width || y < 0 || y >= image.height)
      return;
    uint8_t *pixel = &image.rgb[3 * (y * image.width + x)];
    pixel[0] = c.red;
    pixel[1] = c.green;
    pixel[2] = c.blue;
  }
  Image image;
};

int64_t textWidth(const std::string &text) {
  return static_cast<int64_t>(text.size()) * font::advance;
}

int64_t widest(const std::vector<std::string> &labels) {
  int64_t width = 0;
  for (const std::string &label : labels)
    width = std::max(width, textWidth(label));
  return width;
}

/// Single characters stand upright; longer column labels read upwards.
bool upright(const std::vector<std::string> &labels) {
  return std::all_of(labels.begin(), labels.end(),
                     [](const std::string &s) { return s.size() <= 1; });
}

/// What column labels take of the height.
int64_t columnLabelHeight(const std::vector<std::string> &labels) {
  if (labels.empty())
    return 0;
  return (upright(labels) ? font::glyphHeight : widest(labels)) + 2;
}

/// Sizes in pixels that all panels share.
struct Grid {
  int64_t cell, panelsPerRow, panelRows;
  int64_t left, top; // what labels and title take of a panel
  int64_t panelWidth, panelHeight;
  double low, high;

  int64_t width() const { return panelsPerRow * panelWidth + margin; }
  int64_t panelsHeight() const { return panelRows * panelHeight + margin; }
  int64_t height() const {
    return panelsHeight() + 2 * font::glyphHeight + 2 * margin;
  }
  double position(double value) const {
    return high > low ? (value - low) / (high - low) : 0;
  }
};

Status checkMap(const HeatMap &map) {
  int64_t size;
  if (map.rows < 1 || map.columns < 1 ||
      __builtin_mul_overflow(map.rows, map.columns, &size) ||
      static_cast<size_t>(size) != map.values.size())
    return fail("picture: expected a matrix with elements, got ", map.rows, "x",
                map.columns, " with ", map.values.size(), " values");
  const auto labeled = [](const std::vector<std::string> &labels, int64_t n) {
    return labels.empty() || static_cast<int64_t>(labels.size()) == n;
  };
  if (!labeled(map.rowLabels, map.rows) ||
      !labeled(map.columnLabels, map.columns))
    return fail("picture: expected ", map.rows, " row labels and ", map.columns,
                " column labels, got ", map.rowLabels.size(), " and ",
                map.columnLabels.size());
  return success();
}

void setRange(Grid &grid, const std::vector<HeatMap> &maps,
              const PictureOptions &options) {
  double low = INFINITY, high = -INFINITY;
  for (const HeatMap &map : maps)
    for (double value : map.values)
      if (std::isfinite(value)) {
        low = std::min(low, value);
        high = std::max(high, value);
      }
  grid.low = options.low.value_or(std::isfinite(low) ? low : 0);
  grid.high = options.high.value_or(std::isfinite(high) ? high : 0);
}

Result<Grid> planGrid(const std::vector<HeatMap> &maps,
                      const PictureOptions &options) {
  if (maps.empty())
    return fail("picture: expected at least one matrix, got none");
  Grid grid{};
  int64_t rows = 0, columns = 0, title = 0;
  bool columnLabels = false;
  for (const HeatMap &map : maps) {
    if (Status status = checkMap(map); !status)
      return status.error();
    rows = std::max(rows, map.rows);
    columns = std::max(columns, map.columns);
    title = std::max(title, textWidth(map.title));
    grid.left = std::max(grid.left, widest(map.rowLabels));
    grid.top = std::max(grid.top, columnLabelHeight(map.columnLabels));
    columnLabels |= !map.columnLabels.empty() || !map.rowLabels.empty();
  }
  // Labeled cells must be as large as a line of text.
  const int64_t fitting = 384 / std::max(rows, columns);
  grid.cell = options.cell > 0
                  ? options.cell
                  : std::clamp<int64_t>(fitting, columnLabels ? 9 : 1, 24);
  const int64_t count = static_cast<int64_t>(maps.size());
  grid.panelsPerRow =
      options.panelsPerRow > 0
          ? std::min(options.panelsPerRow, count)
          : static_cast<int64_t>(std::ceil(std::sqrt(double(count))));
  grid.panelRows = (count + grid.panelsPerRow - 1) / grid.panelsPerRow;
  grid.left += margin;
  grid.top += margin + (title ? font::glyphHeight + 4 : 0);
  if (grid.cell > maxPixels / std::max(rows, columns))
    return fail("picture: expected at most ", maxPixels, " pixels, got cells ",
                "of ", grid.cell, " for ", rows, "x", columns, " elements");
  grid.panelWidth =
      std::max(grid.left + columns * grid.cell, title + margin) + margin;
  grid.panelHeight = grid.top + rows * grid.cell + margin;
  int64_t pixels;
  if (__builtin_mul_overflow(grid.width(), grid.height(), &pixels) ||
      pixels > maxPixels)
    return fail("picture: expected at most ", maxPixels, " pixels, got ",
                grid.width(), " x ", grid.height());
  setRange(grid, maps, options);
  return grid;
}

void drawPanel(Canvas &canvas, const Grid &grid, const HeatMap &map, int64_t x,
               int64_t y) {
  canvas.text(x + margin, y + margin, map.title);
  x += grid.left;
  y += grid.top;
  const int64_t cell = grid.cell;
  const int64_t inset = (cell - font::glyphHeight) / 2;
  for (int64_t row = 0; row < map.rows; ++row)
    for (int64_t column = 0; column < map.columns; ++column) {
      const double value = map.values[row * map.columns + column];
      canvas.fill(x + column * cell, y + row * cell, cell, cell,
                  std::isfinite(value) ? colorOf(grid.position(value)) : gray);
    }
  for (size_t row = 0; row < map.rowLabels.size(); ++row)
    canvas.text(x - 2 - textWidth(map.rowLabels[row]),
                y + static_cast<int64_t>(row) * cell + inset,
                map.rowLabels[row]);
  const bool single = upright(map.columnLabels);
  for (size_t n = 0; n < map.columnLabels.size(); ++n) {
    const int64_t column = x + static_cast<int64_t>(n) * cell + inset;
    if (single)
      canvas.text(column + 1, y - 2 - font::glyphHeight, map.columnLabels[n]);
    else
      canvas.textUpwards(column, y - 2, map.columnLabels[n]);
  }
}

void drawScale(Canvas &canvas, const Grid &grid) {
  char low[32], high[32];
  std::snprintf(low, sizeof(low), "%.3g", grid.low);
  std::snprintf(high, sizeof(high), "%.3g", grid.high);
  const int64_t y = grid.panelsHeight();
  const int64_t first = margin + textWidth(low) + 4;
  const int64_t room = grid.width() - first - margin - textWidth(high) - 4;
  const int64_t length = std::clamp<int64_t>(room, 0, 256);
  canvas.text(margin, y, low);
  for (int64_t n = 0; n < length; ++n)
    canvas.fill(first + n, y, 1, font::glyphHeight,
                colorOf(double(n) / std::max<int64_t>(length - 1, 1)));
  canvas.text(first + length + 4, y, high);
}

} // namespace

/// "0, 1" for the matrix numbered `n` of those over the dimensions `outer`.
static std::string placeOf(int64_t n, const std::vector<int64_t> &outer) {
  std::string place;
  for (auto size = outer.rbegin(); size != outer.rend(); ++size) {
    place = std::to_string(n % *size) + (place.empty() ? "" : ", ") + place;
    n /= *size;
  }
  return place;
}

Result<std::vector<HeatMap>> heatMapsOf(const std::vector<int64_t> &shape,
                                        const std::vector<double> &values,
                                        const std::string &prefix) {
  if (shape.size() < 2)
    return fail("picture: expected rank 2 or more, got ", shape.size());
  const std::vector<int64_t> outer(shape.begin(), shape.end() - 2);
  const int64_t rows = shape[shape.size() - 2], columns = shape.back();
  const int64_t step = rows * columns;
  std::vector<HeatMap> maps;
  for (int64_t first = 0; first < static_cast<int64_t>(values.size());
       first += step) {
    HeatMap map;
    map.title = prefix;
    if (!outer.empty())
      map.title +=
          (prefix.empty() ? "[" : " [") + placeOf(first / step, outer) + "]";
    map.rows = rows;
    map.columns = columns;
    map.values.assign(values.begin() + first, values.begin() + first + step);
    maps.push_back(std::move(map));
  }
  return maps;
}

Result<Image> drawHeatMaps(const std::vector<HeatMap> &maps,
                           const PictureOptions &options) {
  Result<Grid> grid = planGrid(maps, options);
  if (!grid)
    return grid.error();
  Canvas canvas(grid->width(), grid->height());
  for (size_t n = 0; n < maps.size(); ++n)
    drawPanel(canvas, *grid, maps[n],
              static_cast<int64_t>(n) % grid->panelsPerRow * grid->panelWidth,
              static_cast<int64_t>(n) / grid->panelsPerRow * grid->panelHeight);
  drawScale(canvas, *grid);
  return canvas.take();
}

} // namespace attn
