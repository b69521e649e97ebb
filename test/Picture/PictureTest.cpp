//===- PictureTest.cpp - Heat maps ----------------------------------------===//

#include "../ResultTesting.h"

#include "attn/Picture/Picture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

using namespace attn;

namespace {

bool hasPixel(const Image &image, Color c) {
  for (size_t n = 0; n + 2 < image.rgb.size(); n += 3)
    if (image.rgb[n] == c.red && image.rgb[n + 1] == c.green &&
        image.rgb[n + 2] == c.blue)
      return true;
  return false;
}

// Rec. 709 luminance of the linearized color.
double luminance(Color c) {
  const auto linear = [](uint8_t x) { return std::pow(x / 255.0, 2.2); };
  return 0.2126 * linear(c.red) + 0.7152 * linear(c.green) +
         0.0722 * linear(c.blue);
}

TEST(Picture, ColorsGrowLighter) {
  for (int n = 0; n < 64; ++n)
    EXPECT_LT(luminance(colorOf(n / 64.0)), luminance(colorOf((n + 1) / 64.0)));
  EXPECT_LT(luminance(colorOf(0)), 0.03);
  EXPECT_GT(luminance(colorOf(1)), 0.7);
}

TEST(Picture, PanelsOfATensor) {
  std::vector<double> weights;
  for (int n = 0; n < 2 * 3 * 4 * 5; ++n)
    weights.push_back(n);
  Result<std::vector<HeatMap>> maps =
      heatMapsOf({2, 3, 4, 5}, weights, "weights");
  ASSERT_TRUE(maps.ok()) << maps.message();
  ASSERT_EQ(maps->size(), 6u);
  EXPECT_EQ((*maps)[4].title, "weights [1, 1]");
  EXPECT_EQ((*maps)[5].title, "weights [1, 2]");
  EXPECT_EQ((*maps)[4].values[7], 4 * 20 + 7);
  EXPECT_EQ((*heatMapsOf({4, 30}, weights))[0].title, "");
  Result<Image> image = drawHeatMaps(*maps);
  ASSERT_TRUE(image.ok()) << image.message();
  EXPECT_EQ(image->rgb.size(), size_t(3 * image->width * image->height));
  EXPECT_TRUE(failsWith(heatMapsOf({3}, {1, 2, 3}), "got 1"));
}

TEST(Picture, CellsLabelsAndInfinities) {
  HeatMap map;
  map.rows = 1;
  map.columns = 3;
  map.values = {0, 1, -INFINITY};
  PictureOptions options;
  options.cell = 10;
  const Image plain = *drawHeatMaps({map}, options);
  EXPECT_TRUE(hasPixel(plain, colorOf(0)) && hasPixel(plain, colorOf(1)));
  EXPECT_TRUE(hasPixel(plain, {200, 200, 200}));
  map.rowLabels = {"day"};
  map.columnLabels = {"1", "<s>", "\xff"};
  const Image labeled = *drawHeatMaps({map}, options);
  EXPECT_EQ(labeled.width - plain.width, 3 * 6);
  EXPECT_EQ(labeled.height - plain.height, 3 * 6 + 2);
  map.columnLabels = {"1", "2", "x"}; // upright
  EXPECT_EQ(drawHeatMaps({map}, options)->height - plain.height, 7 + 2);
}

TEST(Picture, ImpossibleOnesAreErrors) {
  HeatMap map;
  EXPECT_TRUE(failsWith(drawHeatMaps({}), "got none"));
  EXPECT_TRUE(failsWith(drawHeatMaps({map}), "got 0x0"));
  map.rows = map.columns = 2;
  map.values = {1, 2, 3, 4};
  PictureOptions huge;
  huge.cell = 1 << 20;
  EXPECT_TRUE(failsWith(drawHeatMaps({map}, huge), "pixels"));
  map.rowLabels = {"one"};
  EXPECT_TRUE(failsWith(drawHeatMaps({map}), "expected 2 row labels"));
}

// picture.test compares the two files, with another reader of PNG.
TEST(Picture, Png) {
  const std::string path = testing::TempDir() + "picture";
  HeatMap map{"test", 2, 2, {0, 1, 2, 3}, {}, {}};
  const Image image = *drawHeatMaps({map});
  const Result<std::string> png = formatPng(image);
  ASSERT_TRUE(png.ok()) << png.message();
  std::ofstream(path + ".png", std::ios::binary) << *png;
  std::ofstream(path + ".rgb", std::ios::binary)
      .write(reinterpret_cast<const char *>(image.rgb.data()),
             image.rgb.size());
}

} // namespace
