//===- Sweep.cpp - A case under many schedules ----------------------------===//

#include "Sweep.h"

#include "attn/Analysis/TilingPolicy.h"

#include "llvm/ADT/StringExtras.h"

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

/// What differs from `target`'s schedule in one of the others.
static std::vector<CPUSchedule> changeOne(CPUTargetAttr target,
                                          bool isOnTiles) {
  const CPUSchedule given = target.getSchedule();
  std::vector<CPUSchedule> schedules;
  auto add = [&](auto CPUSchedule::*member, auto value) {
    if (given.*member == decltype(value)())
      schedules.emplace_back(given).*member = value;
  };
  for (int64_t keys : {256, 1024})
    add(&CPUSchedule::unmaskedKeys, keys);
  if (!isOnTiles)
    return schedules;
  for (int64_t keys : {256, 1024})
    add(&CPUSchedule::panelKeys, keys);
  add(&CPUSchedule::packing, Packing::Own);
  add(&CPUSchedule::stages, int64_t(1));
  return schedules;
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
  for (const CPUSchedule &schedule : changeOne(target, isOnTiles)) {
    schedules.push_back(schedules.front());
    schedules.back().schedule = schedule;
  }
  return schedules;
}

/// ` --schedule`'s, of what is given.
static std::string toString(const CPUSchedule &schedule) {
  std::vector<std::string> parts;
  auto add = [&](StringRef name, int64_t value) {
    if (value)
      parts.push_back((name + "=" + llvm::Twine(value)).str());
  };
  add("unmasked-keys", schedule.unmaskedKeys);
  add("panel-keys", schedule.panelKeys);
  if (schedule.packing != Packing::Auto)
    parts.push_back("packing=" + stringifyPacking(schedule.packing).str());
  add("stages", schedule.stages);
  return parts.empty() ? "" : " schedule=" + llvm::join(parts, ",");
}

std::string toString(const TargetOptions &schedule) {
  auto get = [](std::optional<int64_t> size) {
    return std::to_string(size.value_or(0));
  };
  return "tile-query=" + get(schedule.tileQuery) +
         " tile-key=" + get(schedule.tileKey) +
         " exp=" + stringifyExpAccuracy(schedule.exp).str() +
         toString(schedule.schedule);
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
