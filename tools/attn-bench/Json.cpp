//===- Json.cpp - Results for programs ------------------------------------===//

#include "Report.h"

#include "attn/Run/Files.h"

#include "llvm/Support/JSON.h"

#include <thread>

namespace mlir::attn::bench {

namespace json = llvm::json;

static json::Object toJson(const Summary &summary) {
  return json::Object{{"median", summary.median},
                      {"low", summary.low},
                      {"high", summary.high},
                      {"count", summary.count}};
}

static json::Object toJson(const Row &row) {
  const Case &source = *row.source;
  json::Object object{{"suite", source.suite},
                      {"name", source.name},
                      {"dtype", ::attn::dtypeName(source.type)},
                      {"work", source.work},
                      {"unit", source.bound == Bound::Memory ? "B" : "FLOP"},
                      {"compile_seconds", row.compileSeconds}};
  if (!row.schedule.empty())
    object["schedule"] = row.schedule;
  if (row.threads)
    object["threads"] = int64_t(row.threads);
  if (!row.problem.empty()) {
    object["problem"] = row.problem;
    return object;
  }
  object["seconds"] = toJson(row.seconds);
  object["rate"] = row.rate();
  object["peak"] = json::Object{{"kind", toString(row.peakKind)},
                                {"rate", toJson(row.peakRate)}};
  object["share"] = row.share;
  object["extra_bytes"] = row.extraBytes;
  auto set = [&](StringRef name, std::optional<double> value) {
    if (value)
      object[name] = *value;
  };
  set("of_full", row.ratio);
  set("tile_share", source.expectedShare);
  set("over_recurrence", row.overRecurrence);
  set("over_recurrence_in_l1", row.overBlockedRecurrence);
  set("over_fastest", row.overFastest);
  return object;
}

static json::Object describeCPU(const Options &options) {
  return json::Object{
      {"machine", getProcessorName()},
      {"processors", int64_t(std::thread::hardware_concurrency())},
      {"cpu", options.compile.target.cpu},
      {"features", options.compile.target.features},
      {"exp", stringifyExpAccuracy(options.compile.target.exp)},
      {"clock", options.cpuClock ? "cpu" : "wall"}};
}

static json::Object describeGPU(const Options &options, const Device &device) {
  return json::Object{{"machine", device.getName()},
                      {"multiprocessors", device.getMultiprocessors()},
                      {"gpu_arch", options.compile.gpuArch},
                      {"interpreted", device.isInterpreted()},
                      {"clock", "events"}};
}

HostStatus writeJson(const Options &options, const Device *device,
                     ArrayRef<Row> rows) {
  json::Array cases;
  for (const Row &row : rows)
    cases.push_back(toJson(row));
  json::Object document =
      device ? describeGPU(options, *device) : describeCPU(options);
  document["version"] = 1;
  document["plain"] = options.compile.plain;
  document["cases"] = std::move(cases);
  return writeBytes(
      options.json,
      llvm::formatv("{0:2}\n", json::Value(std::move(document))).str());
}

} // namespace mlir::attn::bench
