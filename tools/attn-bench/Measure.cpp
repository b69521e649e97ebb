//===- Measure.cpp - Interleaved measurements -----------------------------===//

#include "Measure.h"
#include "MemoryWatch.h"
#include "Recurrence.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <unistd.h>

namespace mlir::attn::bench {

/// Short cases are repeated within a round for about as long as this.
static constexpr double kBatchSeconds = 20e-3;

Summary summarize(std::vector<double> values) {
  if (values.empty())
    return {};
  std::sort(values.begin(), values.end());
  auto quantile = [&](double share) {
    const double place = share * double(values.size() - 1);
    const size_t below = size_t(place),
                 above = std::min(below + 1, values.size() - 1);
    return values[below] +
           (place - double(below)) * (values[above] - values[below]);
  };
  return {quantile(0.5), quantile(0.1), quantile(0.9), int64_t(values.size())};
}

namespace {

/// Inputs of a case, several sets of them where each run must find its input in
/// no cache, and the outputs.
struct Data {
  std::vector<std::vector<Tensor>> inputs;
  std::unique_ptr<Recurrence> recurrence;
  std::vector<Tensor> outputs;
  size_t next = 0;
};

/// A case on a number of threads, and what is known of it so far.
struct Trial {
  CompiledCase *compiled;
  Data *data;
  Row row;
  std::vector<double> seconds;
  /// One for each round.
  std::vector<double> roundSeconds, peakRates, shares;
  std::vector<double> overSequential, overBlocked;
};

} // namespace

/// How many sets of inputs pass through the caches before one comes again.
static size_t countCopies(const Case &source) {
  if (!source.coldBytes)
    return 1;
  const double cache =
      double(std::max({sysconf(_SC_LEVEL3_CACHE_SIZE),
                       sysconf(_SC_LEVEL2_CACHE_SIZE), long(32) << 20}));
  return size_t(3 * cache / source.coldBytes) + 2;
}

static HostStatus makeData(Trial &trial, const TargetOptions &target) {
  Data &data = *trial.data;
  const CompiledCase &compiled = *trial.compiled;
  const size_t copies = countCopies(*compiled.source);
  while (data.inputs.size() < copies) {
    auto inputs =
        makeInputs(compiled, compiled.source->program, data.inputs.size());
    if (!inputs)
      return inputs.error();
    data.inputs.push_back(std::move(*inputs));
  }
  if (!data.outputs.empty())
    return ::attn::success();
  if (const auto &shape = compiled.source->recurrence) {
    auto recurrence = Recurrence::create(target, *shape);
    // Sizes that do not fit the vectors have no such yardstick.
    if (recurrence)
      data.recurrence = std::move(*recurrence);
  }
  auto outputs = compiled.function.run(data.inputs.front());
  if (!outputs)
    return outputs.error();
  data.outputs = std::move(*outputs);
  return ::attn::success();
}

/// Makes the inputs, and runs until all memory that stays is there; then once
/// more, to see how much is taken for a run.
static HostStatus warmUp(Trial &trial, const TargetOptions &target) {
  if (HostStatus status = makeData(trial, target); !status)
    return status;
  const MemoryWatch watch;
  HostStatus status = trial.compiled->function.runInto(
      trial.data->inputs.front(), trial.data->outputs);
  trial.row.extraBytes = watch.addedBytes();
  return status;
}

static HostStatus runOnce(Trial &trial, const Clock &clock) {
  Data &data = *trial.data;
  const std::vector<Tensor> &inputs = data.inputs[data.next];
  data.next = (data.next + 1) % data.inputs.size();
  const double start = clock.now(trial.row.threads);
  HostStatus status = trial.compiled->function.runInto(inputs, data.outputs);
  trial.seconds.push_back(clock.now(trial.row.threads) - start);
  return status;
}

/// The recurrence beside a case of linear attention, in both orders.
static void runRecurrence(Trial &trial, double median, const ThreadTeam &team,
                          const Clock &clock) {
  Data &data = *trial.data;
  const unsigned threads = trial.row.threads;
  if (!data.recurrence)
    return;
  auto run = [&](Recurrence::Order order, std::vector<double> &ratios) {
    const double start = clock.now(threads);
    data.recurrence->run(data.inputs.front(), data.outputs.front(), order,
                         threads, team);
    ratios.push_back((clock.now(threads) - start) / median);
  };
  run(Recurrence::Order::Sequential, trial.overSequential);
  run(Recurrence::Order::Blocked, trial.overBlocked);
}

/// One round of one trial: its peak, then a batch of runs.
static HostStatus runBatch(Trial &trial, Peak &peak, const ThreadTeam &team,
                           const Clock &clock) {
  const unsigned threads = trial.row.threads;
  team.setThreads(threads);
  const double rate = peak.measure(trial.row.peakKind, threads, team, clock);
  const size_t first = trial.seconds.size();
  double spent = 0;
  do {
    if (HostStatus status = runOnce(trial, clock); !status)
      return status;
    spent += trial.seconds.back();
  } while (spent < kBatchSeconds);
  const double median =
      summarize({trial.seconds.begin() + long(first), trial.seconds.end()})
          .median;
  trial.roundSeconds.push_back(median);
  trial.peakRates.push_back(rate);
  trial.shares.push_back(trial.row.source->work / median / rate);
  runRecurrence(trial, median, team, clock);
  return ::attn::success();
}

/// The median over the rounds of one trial's time as a share of another's.
static std::optional<double> getRatio(const Trial &trial, const Trial &unit) {
  if (!trial.row.problem.empty() || !unit.row.problem.empty())
    return std::nullopt;
  std::vector<double> ratios;
  for (auto [a, b] : llvm::zip_equal(trial.roundSeconds, unit.roundSeconds))
    ratios.push_back(a / b);
  return summarize(std::move(ratios)).median;
}

static void finish(std::vector<Trial> &trials) {
  for (Trial &trial : trials) {
    trial.row.seconds = summarize(trial.seconds);
    trial.row.peakRate = summarize(trial.peakRates);
    trial.row.share = summarize(trial.shares).median;
    if (!trial.overSequential.empty()) {
      trial.row.overRecurrence = summarize(trial.overSequential).median;
      trial.row.overBlockedRecurrence = summarize(trial.overBlocked).median;
    }
    for (const Trial &unit : trials)
      if (unit.row.threads == trial.row.threads &&
          unit.row.source->name == trial.row.source->baseline)
        trial.row.ratio = getRatio(trial, unit);
  }
}

static std::vector<Trial> makeTrials(std::vector<CompiledCase> &cases,
                                     std::vector<Data> &data, const Peak &peak,
                                     ArrayRef<unsigned> threads) {
  std::vector<Trial> trials;
  for (auto [compiled, tensors] : llvm::zip_equal(cases, data)) {
    for (unsigned count : threads) {
      Trial trial{&compiled, &tensors, {}, {}, {}, {}, {}, {}, {}};
      trial.row.source = compiled.source;
      trial.row.threads = count;
      trial.row.compileSeconds = compiled.compileSeconds;
      trial.row.schedule = compiled.schedule;
      trial.row.peakKind = compiled.source->bound == Bound::Memory
                               ? PeakKind::Stream
                               : peak.getComputeKind(compiled.source->type);
      trials.push_back(std::move(trial));
    }
  }
  return trials;
}

/// Takes trials on which `step` fails out of what follows.
static void runAll(std::vector<Trial> &trials,
                   llvm::function_ref<HostStatus(Trial &)> step) {
  for (Trial &trial : trials)
    if (trial.row.problem.empty())
      trial.row.problem = step(trial).message();
}

std::vector<Row> measure(std::vector<CompiledCase> &cases, Peak &peak,
                         const MeasureOptions &options) {
  const ThreadTeam team = ThreadTeam::find();
  // Code without threads runs on one, whatever is asked for.
  const std::vector<unsigned> threads =
      team.hasOpenMP() ? options.threads : std::vector<unsigned>{1};
  std::vector<Data> data(cases.size());
  std::vector<Trial> trials = makeTrials(cases, data, peak, threads);
  runAll(trials, [&](Trial &trial) {
    team.setThreads(trial.row.threads);
    return warmUp(trial, options.target);
  });
  const Clock wall(ClockKind::Wall);
  const double end = wall.now(1) + options.seconds * double(trials.size());
  for (int64_t round = 0; round < options.minRounds || wall.now(1) < end;
       ++round)
    runAll(trials, [&](Trial &trial) {
      return runBatch(trial, peak, team, options.clock);
    });
  finish(trials);
  std::vector<Row> rows;
  for (Trial &trial : trials)
    rows.push_back(std::move(trial.row));
  return rows;
}

} // namespace mlir::attn::bench
