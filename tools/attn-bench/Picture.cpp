//===- Picture.cpp - Results as bars --------------------------------------===//

#include "Report.h"

#include "BarChart.h"
#include "attn/Run/Files.h"

#include "llvm/Support/Format.h"

namespace mlir::attn::bench {

/// What the bars of a suite are shares of.
static std::string getHeading(const Row &row) {
  return row.source->suite + " " + ::attn::dtypeName(row.source->type) +
         ", share of the " + toString(row.peakKind).str() + " peak";
}

static Bar makeBar(const Row &row) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::format("%.1f %%, %.4g %s", 100 * row.share, row.rate() * 1e-9,
                     row.source->bound == Bound::Memory ? "GB/s" : "GFLOP/s");
  std::string label = row.source->name;
  if (row.threads != 1)
    label += ", " + std::to_string(row.threads) + " threads";
  return {label, row.share, text};
}

HostStatus writePicture(const std::string &path, ArrayRef<Row> rows) {
  std::vector<Bar> bars;
  std::string heading;
  for (const Row &row : rows) {
    if (!row.problem.empty())
      continue;
    if (heading != getHeading(row)) {
      heading = getHeading(row);
      bars.push_back({heading, std::nullopt, ""});
    }
    bars.push_back(makeBar(row));
  }
  auto image = drawBars(bars);
  if (!image)
    return image.error();
  auto png = ::attn::formatPng(*image);
  return png ? writeBytes(path, *png) : png.error();
}

} // namespace mlir::attn::bench
