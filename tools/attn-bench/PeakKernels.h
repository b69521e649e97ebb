//===- PeakKernels.h - Code that reaches the machine's limits ---*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_PEAKKERNELS_H
#define ATTN_TOOLS_ATTN_BENCH_PEAKKERNELS_H

#include <string>

namespace mlir::attn::bench {

/// Chains of multiply-adds that are in flight at once: enough for a latency of
/// 4 to 5 cycles on two ports, few enough for 16 registers.
constexpr unsigned kFMAChains = 12;

/// `func @NAME(%n: i64, %data: !llvm.ptr)`: n times kFMAChains multiply-adds of
/// vectors of `lanes` elements of `type`. Data holds two factors and takes the
/// sum: three vectors.
std::string makeFMAKernel(const std::string &name, const std::string &type,
                          unsigned lanes);

/// Bytes that one iteration of the stream kernel reads.
constexpr unsigned kStreamStep = 256;

/// `func @stream(%bytes: i64, %from: !llvm.ptr, %ahead: i64, %out: !llvm.ptr)`:
/// reads memory once in order, asking for the line `ahead` bytes further on.
std::string makeStreamKernel(unsigned vectorBits);

/// Tile products in flight at once.
constexpr unsigned kTileChains = 4;
/// A 16x32 by 32x16 product of bf16.
constexpr double kTileFlops = 16. * 16 * 32 * 2;

/// `func @amx(%n: i64, %config: !llvm.ptr)`: n times kTileChains tile products,
/// with the 64 bytes of tile configuration at `config`.
std::string makeAMXKernel();

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_PEAKKERNELS_H
