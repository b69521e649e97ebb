//===- Table.cpp - Results for people -------------------------------------===//

#include "Report.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <fstream>
#include <thread>
#include <unistd.h>

using llvm::formatv;

namespace mlir::attn::bench {

std::string getProcessorName() {
  std::ifstream table("/proc/cpuinfo");
  for (std::string line; std::getline(table, line);)
    if (StringRef(line).starts_with("model name"))
      return StringRef(line).split(':').second.trim().str();
  return "unknown";
}

static std::string kibibytes(int name) {
  return formatv("{0} KiB", std::max(sysconf(name), 0l) / 1024);
}

static void printCounting(llvm::raw_ostream &os) {
  os << "FLOP: 2 (D + Dv) for each pair that attends, so causal counts about "
        "half; decode: bytes of K and V, read once\n";
}

void printHeading(llvm::raw_ostream &os, const Options &options,
                  unsigned vectorBits) {
  os << "machine: " << getProcessorName() << ", "
     << std::thread::hardware_concurrency() << " processors, L1d "
     << kibibytes(_SC_LEVEL1_DCACHE_SIZE) << ", L2 "
     << kibibytes(_SC_LEVEL2_CACHE_SIZE) << ", L3 "
     << kibibytes(_SC_LEVEL3_CACHE_SIZE) << "\n";
  os << "code: "
     << (options.compile.target.cpu == "native"
             ? getNativeCPU() + " and what it has"
             : options.compile.target.cpu)
     << (options.compile.target.features.empty() ? "" : ", ")
     << options.compile.target.features << ", vectors of " << vectorBits
     << " bits" << (options.compile.plain ? ", --plain" : "")
     << (options.compile.target.exp == ExpAccuracy::Fast ? ", --exp=fast" : "")
     << "\n";
  os << "time: "
     << (options.cpuClock ? "processor time by thread"
                          : "by the clock, on a machine that should be idle")
     << "; the median of interleaved runs, and what 10 % and 90 % are below\n";
  printCounting(os);
  os << "share: of the peak beside it in the same round, on the same threads\n";
}

void printHeading(llvm::raw_ostream &os, const Options &options,
                  const Device &device) {
  os << "machine: " << device.getName() << ", " << device.getMultiprocessors()
     << " multiprocessors, L2 " << device.getCacheBytes() / 1024 << " KiB\n";
  os << "code: " << options.compile.gpuArch
     << (options.compile.ptxas.empty() ? ", as PTX" : "")
     << (options.compile.plain ? ", --plain" : "") << "\n";
  os << (device.isInterpreted()
             ? "time: of an interpreter, which means nothing"
             : "time: by events around calls that follow each other")
     << "; the median of interleaved rounds, and what 10 % and 90 % are "
        "below\n";
  printCounting(os);
  os << "share: of the peak beside it in the same round\n";
}

namespace {

/// Cells of text; the first column is left-aligned, the others right-aligned.
class TextTable {
public:
  void add(std::vector<std::string> cells) {
    widths.resize(std::max(widths.size(), cells.size()));
    for (size_t n = 0; n < cells.size(); ++n)
      widths[n] = std::max(widths[n], cells[n].size());
    rows.push_back(std::move(cells));
  }
  void print(llvm::raw_ostream &os) const {
    for (const std::vector<std::string> &cells : rows) {
      for (size_t n = 0; n < cells.size(); ++n) {
        if (n == 0)
          os << llvm::left_justify(cells[n], unsigned(widths[n]));
        else
          os << "  " << llvm::right_justify(cells[n], unsigned(widths[n]));
      }
      os << "\n";
    }
  }

private:
  std::vector<std::vector<std::string>> rows;
  std::vector<size_t> widths;
};

} // namespace

static std::string number(double value) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::format("%.4g", value);
  return text;
}

static std::string percent(double share) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::format("%.1f %%", 100 * share);
  return text;
}

static std::vector<std::string> makeHeader(const Row &first) {
  const bool isMemory = first.source->bound == Bound::Memory;
  std::vector<std::string> cells = {first.source->suite + " " +
                                        ::attn::dtypeName(first.source->type),
                                    first.threads ? "threads" : "on",
                                    "ms",
                                    "10 %",
                                    "90 %",
                                    isMemory ? "GB/s" : "GFLOP/s",
                                    toString(first.peakKind).str() + " peak",
                                    "share"};
  if (first.source->suite == "masks")
    cells.insert(cells.end(), {"of full", "tiles", "ratio"});
  if (first.source->recurrence)
    cells.insert(cells.end(), {"x sequential", "x in L1"});
  cells.insert(cells.end(), {"extra MiB", "compile ms"});
  if (!first.schedule.empty())
    cells.insert(cells.end(), {"x fastest", "schedule"});
  return cells;
}

static std::vector<std::string> makeCells(const Row &row) {
  std::vector<std::string> cells = {
      row.source->name, row.threads ? std::to_string(row.threads) : "GPU"};
  cells.insert(cells.end(),
               {number(row.seconds.median * 1e3), number(row.seconds.low * 1e3),
                number(row.seconds.high * 1e3), number(row.rate() * 1e-9),
                number(row.peakRate.median * 1e-9), percent(row.share)});
  if (row.source->suite == "masks") {
    const double expected = row.source->expectedShare.value_or(1);
    cells.push_back(row.ratio ? number(*row.ratio) : "-");
    cells.push_back(number(expected));
    cells.push_back(row.ratio ? number(*row.ratio / expected) : "-");
  }
  if (row.source->recurrence) {
    cells.push_back(row.overRecurrence ? number(*row.overRecurrence) : "-");
    cells.push_back(
        row.overBlockedRecurrence ? number(*row.overBlockedRecurrence) : "-");
  }
  cells.push_back(number(double(row.extraBytes) / (1 << 20)));
  cells.push_back(number(row.compileSeconds * 1e3));
  if (!row.schedule.empty())
    cells.insert(cells.end(), {number(*row.overFastest), row.schedule});
  return cells;
}

void printTable(llvm::raw_ostream &os, ArrayRef<Row> rows) {
  if (rows.empty())
    return;
  TextTable table;
  table.add(makeHeader(rows.front()));
  std::vector<std::string> problems;
  for (const Row &row : rows) {
    if (row.problem.empty())
      table.add(makeCells(row));
    else
      problems.push_back(row.source->name + ": left out: " + row.problem);
  }
  os << "\n";
  table.print(os);
  for (const std::string &problem : problems)
    os << problem << "\n";
}

} // namespace mlir::attn::bench
