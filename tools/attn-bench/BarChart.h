//===- BarChart.h - Shares as bars ------------------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_BARCHART_H
#define ATTN_TOOLS_ATTN_BENCH_BARCHART_H

#include "attn/Picture/Picture.h"

namespace mlir::attn::bench {

/// A horizontal bar, or a heading of those below it where there is no value.
struct Bar {
  std::string label;
  std::optional<double> share; // of the full width; more is cut off
  std::string text;            // beside the bar
};

/// Bars below each other, with lines at 0, 25, 50, 75 and 100 %. An error where
/// there are none, or more than fit a picture.
::attn::Result<::attn::Image> drawBars(const std::vector<Bar> &bars);

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_BARCHART_H
