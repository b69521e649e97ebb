//===- Measure.h - Interleaved measurements ---------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_MEASURE_H
#define ATTN_TOOLS_ATTN_BENCH_MEASURE_H

#include "Case.h"
#include "Peak.h"
#include "attn/Driver/Driver.h"
#include "attn/Run/Artifact.h"

#include "mlir/IR/MLIRContext.h"

namespace mlir::attn::bench {

/// A case as machine code, with the inputs to run it on.
struct CompiledCase {
  const Case *source = nullptr;
  LoadedArtifact artifact;
  LoadedFunction function;
  double compileSeconds = 0;
  std::string schedule; // of a sweep
};

/// The module of `program`, with its weights.
OwningOpRef<ModuleOp> parseProgram(const Program &program,
                                   MLIRContext &context);

/// Compiles `program` as attn-compile does and loads it, for `device` where
/// there is one. Diagnostics go to the context's handler.
HostResult<CompiledCase> compileProgram(const Program &program,
                                        MLIRContext &context,
                                        const CompileOptions &options,
                                        std::shared_ptr<Device> device);

/// Inputs of a compiled program, the `seed`th set of them.
HostResult<std::vector<Tensor>>
makeInputs(const CompiledCase &compiled, const Program &program, uint64_t seed);

/// The middle value, and those that a tenth is below and above.
struct Summary {
  double median = 0, low = 0, high = 0;
  int64_t count = 0;
};
Summary summarize(std::vector<double> values);

/// What was found out about a case on a number of threads.
struct Row {
  const Case *source = nullptr;
  /// 0: on a GPU.
  unsigned threads = 1;
  /// Why there are no numbers; empty when there are.
  std::string problem;
  double compileSeconds = 0;
  Summary seconds;
  PeakKind peakKind = PeakKind::FMA32;
  /// FLOP/s or bytes/s: the peak's, and the case's as a share of it, both
  /// medians over the rounds.
  Summary peakRate;
  double share = 0;
  /// Bytes of memory at the peak of the first run beyond what was in use; of a
  /// GPU, what temporaries take.
  int64_t extraBytes = 0;
  /// Of a sweep: what it was compiled with, and how many times longer it takes
  /// than the fastest.
  std::string schedule;
  std::optional<double> overFastest;
  /// The time as a share of the baseline's in the same round.
  std::optional<double> ratio;
  /// How many times longer the recurrences of Recurrence.h take, in their two
  /// orders.
  std::optional<double> overRecurrence, overBlockedRecurrence;

  double rate() const { return source->work / seconds.median; }
};

struct MeasureOptions {
  std::vector<unsigned> threads;
  /// For each case, roughly.
  double seconds = 1;
  int64_t minRounds = 3;
  Clock clock{ClockKind::Wall};
  /// What the sequential recurrences are compiled for.
  TargetOptions target;
};

/// Runs all cases on all numbers of threads in turn, each next to its peak,
/// round after round. A case that does not run has a row that says why.
std::vector<Row> measure(std::vector<CompiledCase> &cases, Peak &peak,
                         const MeasureOptions &options);

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_MEASURE_H
