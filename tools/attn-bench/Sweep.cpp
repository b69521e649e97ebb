//===- Sweep.cpp - A case under many schedules ----------------------------===//

#include "Sweep.h"

#include "attn/Analysis/TilingPolicy.h"

#include <tuple>

namespace mlir::attn::bench {

using Sizes = SmallVector<std::optional<int64_t>>;

/// What is given, or else each of `sizes`.
static Sizes choose(std::optional<int64_t> given, ArrayRef<int64_t> sizes) {
  if (given)
    return {given};
  return llvm::map_to_vector(sizes,
                             [](int64_t size) { return std::optional(size); });
}

HostResult<std::vector<TargetOptions>> makeSchedules(const TargetOptions &given,
                                                     ::attn::DType type) {
  auto machine = createTargetMachine(given);
  if (!machine)
    return ::attn::fail(llvm::toString(machine.takeError()));
  MLIRContext context;
  const CPUTargetAttr target = getTargetAttr(&context, **machine, given);
  const TileSizes tile = CPUTilingPolicy(target).getTile();
  const bool isOnTiles = target.getAmx() && type == ::attn::DType::bf16;
  const int64_t query = isOnTiles ? 2 * tile.query : tile.query;
  std::vector<TargetOptions> schedules;
  for (std::optional<int64_t> queries :
       choose(given.tileQuery, {query, query / 2, 2 * query}))
    for (std::optional<int64_t> keys : choose(given.tileKey, {64, 32, 128})) {
      TargetOptions &schedule = schedules.emplace_back(given);
      schedule.tileQuery = queries;
      schedule.tileKey = keys;
    }
  return schedules;
}

std::string toString(const TargetOptions &schedule) {
  auto get = [](std::optional<int64_t> size) {
    return std::to_string(size.value_or(0));
  };
  return "tile-query=" + get(schedule.tileQuery) +
         " tile-key=" + get(schedule.tileKey) +
         " exp=" + stringifyExpAccuracy(schedule.exp).str();
}

void rankSchedules(std::vector<Row> &rows) {
  llvm::stable_sort(rows, [](const Row &a, const Row &b) {
    return std::tuple(!a.problem.empty(), a.threads, a.seconds.median) <
           std::tuple(!b.problem.empty(), b.threads, b.seconds.median);
  });
  const Row *fastest = nullptr;
  for (Row &row : rows) {
    if (!row.problem.empty())
      break;
    if (!fastest || fastest->threads != row.threads)
      fastest = &row;
    row.overFastest = row.seconds.median / fastest->seconds.median;
  }
}

} // namespace mlir::attn::bench
