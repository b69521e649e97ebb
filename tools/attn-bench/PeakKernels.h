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

constexpr unsigned kCacheLine = 64;
/// Lines that one iteration of the stream kernel reads.
constexpr unsigned kStreamLines = 4;

/// `func @stream(%end: i64, %step: i64, %apart: i64, %from: !llvm.ptr, %ahead:
/// i64, %out: !llvm.ptr)`: for each `step` bytes up to `end` reads kStreamLines
/// lines that are `apart` bytes from each other, asking for the line `ahead`
/// bytes behind each. A step of kStreamLines lines, side by side, reads memory
/// in order; one of a line, each in a part of its own, in several places.
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
