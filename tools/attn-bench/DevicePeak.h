//===- DevicePeak.h - What a GPU can do at best -----------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_DEVICEPEAK_H
#define ATTN_TOOLS_ATTN_BENCH_DEVICEPEAK_H

#include "Peak.h"
#include "attn/Run/Device.h"

namespace mlir::attn::bench {

/// A kernel `peak` that does nothing but arithmetic.
struct PeakProgram {
  PeakKind kind;
  std::string name, ptx;
  /// FLOP of a warp in a turn of its loop.
  double work;
};

/// Small kernels that reach the limits of a GPU, written in PTX.
class DevicePeak {
public:
  static std::vector<PeakProgram> getPrograms();
  static ::attn::Result<DevicePeak> create(const Device &device);

  /// The limit for attention on `type`: mma.sync for f16 and bf16, which is
  /// what kernels have; else multiply-adds of lanes.
  static PeakKind getComputeKind(::attn::DType type);

  /// Runs for some milliseconds and returns the rate, in FLOP/s or bytes/s.
  ::attn::Result<double> measure(PeakKind kind);

private:
  struct Kernel {
    PeakKind kind;
    void *function;
    double work;
    /// Turns that take some milliseconds; 0: not known yet.
    unsigned turns;
  };

  explicit DevicePeak(const Device &device, Device::Buffer from,
                      Device::Buffer to, size_t bytes)
      : device(device), from(std::move(from)), to(std::move(to)), bytes(bytes) {
  }

  ::attn::Result<double> time(const Kernel &kernel, unsigned turns) const;
  ::attn::Result<double> measureArithmetic(Kernel &kernel);
  ::attn::Result<double> measureCopy() const;

  const Device &device;
  /// What is copied; kernels write there too, so that they do their work.
  Device::Buffer from, to;
  size_t bytes;
  std::vector<Kernel> kernels;
};

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_DEVICEPEAK_H
