//===- Peak.h - What the machine can do at best -----------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_PEAK_H
#define ATTN_TOOLS_ATTN_BENCH_PEAK_H

#include "Clock.h"
#include "Threads.h"
#include "attn/Support/DType.h"
#include "attn/Support/Result.h"
#include "attn/Target/X86/TargetOptions.h"

#include <memory>

namespace mlir::attn::bench {

/// A limit that rates are compared with.
enum class PeakKind {
  /// f32 or f64 multiply-adds on the widest vectors, FLOP/s.
  FMA32,
  FMA64,
  /// bf16 tile products, FLOP/s.
  AMX,
  /// Reading memory that is in no cache, bytes/s.
  Stream,
  /// Of a GPU: mma.sync in registers, FLOP/s, and copying its memory, bytes/s.
  MmaF16,
  MmaBF16,
  Copy
};

/// `FMA`, `FMA f64`, `AMX`, `stream`, `mma.sync` or `copy`.
llvm::StringRef toString(PeakKind kind);

/// Small kernels that reach the limits: vector code compiled for the features
/// of the target by lib/Target/Artifact, as the artifacts are.
class Peak {
public:
  /// Compiles the kernels for `target`. Not movable: threads hold references.
  static ::attn::Result<std::unique_ptr<Peak>>
  create(const TargetOptions &target);
  ~Peak();

  /// The kernels for `target` as MLIR, whether this machine can run them or
  /// not.
  static ::attn::Result<std::string> getPrograms(const TargetOptions &target);

  /// The limit for attention on `type`: AMX where the target and this machine
  /// have it, for bf16.
  PeakKind getComputeKind(::attn::DType type) const;
  /// The width of the vectors, in bits.
  unsigned getVectorBits() const;

  /// Runs the kernel on `threads` threads for some milliseconds and returns the
  /// rate of all of them together, in FLOP/s or bytes/s.
  double measure(PeakKind kind, unsigned threads, const ThreadTeam &team,
                 const Clock &clock);

private:
  Peak();
  struct Kernels;
  std::unique_ptr<Kernels> kernels;
};

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_PEAK_H
