//===- DeviceMeasure.cpp - Measurements on a GPU --------------------------===//

#include "DeviceMeasure.h"

#include "llvm/ADT/STLExtras.h"

namespace mlir::attn::bench {

/// Calls are enqueued one behind the other for about as long as this.
static constexpr double kBatchSeconds = 20e-3;
static constexpr size_t kMaxBatch = 2000;

namespace {

/// A case, and what is known of it so far.
struct Trial {
  CompiledCase *compiled;
  Row row;
  /// Several where each run must find its input in no cache.
  std::vector<DeviceCall> calls;
  size_t batch = 1;
  std::vector<double> seconds, peakRates, shares;
};

/// Seconds of one of `count` calls.
::attn::Result<double> timeBatch(const Trial &trial, const Device &device,
                                 size_t count) {
  auto seconds = device.time([&](void *stream) -> ::attn::Status {
    for (size_t n = 0; n < count; ++n)
      if (HostStatus status =
              trial.calls[n % trial.calls.size()].enqueue(stream);
          !status)
        return status;
    return ::attn::success();
  });
  if (!seconds)
    return seconds;
  return *seconds / double(count);
}

/// How many sets of inputs pass through the cache before one comes again.
size_t countCopies(const Case &source, const Device &device) {
  if (!source.coldBytes)
    return 1;
  return size_t(3 * double(device.getCacheBytes()) / source.coldBytes) + 2;
}

HostStatus makeCalls(Trial &trial, const Device &device) {
  const CompiledCase &compiled = *trial.compiled;
  const size_t copies =
      device.isInterpreted() ? 1 : countCopies(*compiled.source, device);
  std::vector<Tensor> outputs;
  while (trial.calls.size() < copies) {
    auto inputs =
        makeInputs(compiled, compiled.source->program, trial.calls.size());
    if (!inputs)
      return inputs.error();
    if (outputs.empty()) {
      // This also loads the kernels, and hears of what checks find.
      auto made = compiled.function.run(*inputs);
      if (!made)
        return made.error();
      outputs = std::move(*made);
    }
    auto call = DeviceCall::create(compiled.function, device, *inputs, outputs);
    if (!call)
      return call.error();
    trial.calls.push_back(std::move(*call));
  }
  trial.row.extraBytes = int64_t(trial.calls.front().getWorkspaceBytes());
  return ::attn::success();
}

/// Makes the tensors, and finds out how many calls make a batch.
HostStatus warmUp(Trial &trial, const Device &device) {
  if (HostStatus status = makeCalls(trial, device); !status)
    return status;
  auto seconds = timeBatch(trial, device, 1);
  if (!seconds)
    return seconds.error();
  const double times = kBatchSeconds / std::max(*seconds, 1e-9);
  trial.batch = std::clamp(size_t(times), size_t(1), kMaxBatch);
  return ::attn::success();
}

/// One round of one trial: its peak, then a batch of runs.
HostStatus runBatch(Trial &trial, const Device &device, DevicePeak &peak) {
  auto rate = peak.measure(trial.row.peakKind);
  if (!rate)
    return rate.error();
  auto seconds = timeBatch(trial, device, trial.batch);
  if (!seconds)
    return seconds.error();
  trial.seconds.push_back(*seconds);
  trial.peakRates.push_back(*rate);
  trial.shares.push_back(trial.row.source->work / *seconds / *rate);
  return ::attn::success();
}

void finish(std::vector<Trial> &trials) {
  for (Trial &trial : trials) {
    trial.row.seconds = summarize(trial.seconds);
    trial.row.peakRate = summarize(trial.peakRates);
    trial.row.share = summarize(trial.shares).median;
    for (const Trial &unit : trials) {
      if (unit.row.source->name != trial.row.source->baseline ||
          !unit.row.problem.empty() || !trial.row.problem.empty())
        continue;
      std::vector<double> ratios;
      for (auto [one, other] : llvm::zip_equal(trial.seconds, unit.seconds))
        ratios.push_back(one / other);
      trial.row.ratio = summarize(std::move(ratios)).median;
    }
  }
}

} // namespace

std::vector<Row> measureOnDevice(std::vector<CompiledCase> &cases,
                                 const Device &device, DevicePeak &peak,
                                 const MeasureOptions &options) {
  std::vector<Trial> trials;
  for (CompiledCase &compiled : cases) {
    Trial &trial = trials.emplace_back();
    trial.compiled = &compiled;
    trial.row.source = compiled.source;
    trial.row.threads = 0;
    trial.row.compileSeconds = compiled.compileSeconds;
    trial.row.peakKind =
        compiled.source->bound == Bound::Memory
            ? PeakKind::Copy
            : DevicePeak::getComputeKind(compiled.source->type);
  }
  auto runAll = [&](llvm::function_ref<HostStatus(Trial &)> step) {
    for (Trial &trial : trials)
      if (trial.row.problem.empty())
        trial.row.problem = step(trial).message();
  };
  runAll([&](Trial &trial) { return warmUp(trial, device); });
  const Clock wall(ClockKind::Wall);
  const double end = wall.now(1) + options.seconds * double(trials.size());
  for (int64_t round = 0; round < options.minRounds || wall.now(1) < end;
       ++round)
    runAll([&](Trial &trial) { return runBatch(trial, device, peak); });
  finish(trials);
  std::vector<Row> rows;
  for (Trial &trial : trials)
    rows.push_back(std::move(trial.row));
  return rows;
}

} // namespace mlir::attn::bench
