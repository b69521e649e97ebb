//===- Report.h - Results for people and for programs -----------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_TOOLS_ATTN_BENCH_REPORT_H
#define ATTN_TOOLS_ATTN_TOOLS_ATTN_BENCH_REPORT_H

#include "Options.h"

#include "llvm/Support/raw_ostream.h"

namespace mlir::attn::bench {

/// A few lines about the machine, the target and how things are counted.
void printHeading(llvm::raw_ostream &os, const Options &options,
                  unsigned vectorBits);
/// The same for a GPU.
void printHeading(llvm::raw_ostream &os, const Options &options,
                  const Device &device);

/// The rows of one suite as a table.
void printTable(llvm::raw_ostream &os, ArrayRef<Row> rows);

/// Writes all rows as JSON; docs/Benchmarks.md names the fields. `device`: what
/// they were measured on, or null.
HostStatus writeJson(const Options &options, const Device *device,
                     ArrayRef<Row> rows);

/// Draws a bar for each row, its share of the peak, as a PNG file.
HostStatus writePicture(const std::string &path, ArrayRef<Row> rows);

/// The machine's own name for its processor, or "unknown".
std::string getProcessorName();

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_TOOLS_ATTN_BENCH_REPORT_H
