//===- BarChart.cpp - Shares as bars --------------------------------------===//

#include "BarChart.h"

#include "attn/Picture/Font.h"

#include "llvm/ADT/StringRef.h"

#include <algorithm>

namespace mlir::attn::bench {

namespace font = ::attn::font;
using ::attn::Color;
using ::attn::Image;

static constexpr int64_t kMargin = 12, kRow = 16, kBarHeight = 11,
                         kBarWidth = 480;
static constexpr size_t kMaxBars = 2000;
static constexpr Color kInk{40, 40, 40}, kLine{205, 205, 205},
    kFrame{120, 120, 120};

static void fillRectangle(Image &image, int64_t x, int64_t y, int64_t width,
                          int64_t height, Color color) {
  for (int64_t row = std::max<int64_t>(y, 0);
       row < std::min(y + height, image.height); ++row) {
    for (int64_t column = std::max<int64_t>(x, 0);
         column < std::min(x + width, image.width); ++column) {
      uint8_t *pixel = &image.rgb[size_t(row * image.width + column) * 3];
      pixel[0] = color.red;
      pixel[1] = color.green;
      pixel[2] = color.blue;
    }
  }
}

static void write(Image &image, int64_t x, int64_t y, llvm::StringRef text) {
  for (char character : text) {
    for (int64_t row = 0; row < font::glyphHeight; ++row)
      for (int64_t column = 0; column < font::glyphWidth; ++column)
        if (font::pixel(character, column, row))
          fillRectangle(image, x + column, y + row, 1, 1, kInk);
    x += font::advance;
  }
}

static int64_t getWidth(llvm::StringRef text) {
  return int64_t(text.size()) * font::advance;
}

static int64_t getWidest(const std::vector<Bar> &bars,
                         std::string Bar::*member) {
  int64_t widest = 0;
  for (const Bar &bar : bars)
    if (bar.share)
      widest = std::max(widest, getWidth(bar.*member));
  return widest;
}

/// The scale: a line for each quarter, with its share on top.
static void drawScale(Image &image, int64_t left) {
  for (int quarter = 0; quarter <= 4; ++quarter) {
    const int64_t x = left + kBarWidth * quarter / 4;
    const std::string text = std::to_string(25 * quarter) + " %";
    write(image, x - getWidth(text) / 2, kMargin / 2, text);
    fillRectangle(image, x, kMargin + kRow / 2, 1,
                  image.height - kMargin - kRow, kLine);
  }
}

static void drawBar(Image &image, const Bar &bar, int64_t left, int64_t y) {
  const int64_t textY = y + (kBarHeight - font::glyphHeight) / 2;
  if (!bar.share) {
    write(image, kMargin, textY, bar.label);
    return;
  }
  const double share = std::clamp(*bar.share, 0.0, 1.0);
  write(image, left - kMargin / 2 - getWidth(bar.label), textY, bar.label);
  fillRectangle(image, left, y,
                std::max<int64_t>(1, int64_t(share * kBarWidth)), kBarHeight,
                ::attn::colorOf(0.15 + 0.7 * share));
  write(image, left + kBarWidth + kMargin, textY, bar.text);
}

::attn::Result<Image> drawBars(const std::vector<Bar> &bars) {
  if (bars.empty() || bars.size() > kMaxBars)
    return ::attn::fail("expected 1 to ", kMaxBars, " bars, got ", bars.size());
  const int64_t left = 2 * kMargin + getWidest(bars, &Bar::label);
  Image image;
  image.width = left + kBarWidth + 2 * kMargin + getWidest(bars, &Bar::text);
  image.height = 2 * kMargin + kRow * int64_t(bars.size() + 1);
  image.rgb.assign(size_t(image.width * image.height) * 3, 255);
  drawScale(image, left);
  fillRectangle(image, left, kMargin + kRow / 2, 1,
                image.height - kMargin - kRow, kFrame);
  int64_t y = kMargin + kRow;
  for (const Bar &bar : bars) {
    drawBar(image, bar, left, y);
    y += kRow;
  }
  return image;
}

} // namespace mlir::attn::bench
