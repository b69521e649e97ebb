//===- ArithmeticPeak.cpp - How fast a kernel computes --------------------===//

#include "ArithmeticPeak.h"

#include <algorithm>
#include <cstring>

namespace mlir::attn::bench {

/// A measurement is some short pieces, of which the fastest counts: a limit is
/// what the machine can do, not what it does while something interrupts it.
static constexpr double kPieceSeconds = 1e-3;
static constexpr int kPieces = 4;

/// What LDTILECFG reads (Intel's Software Developer's Manual, volume 1,
/// "Intel AMX: palettes and tile configuration").
struct TileConfig {
  uint8_t palette = 1, startRow = 0;
  uint8_t reserved[14] = {};
  uint16_t columnBytes[16] = {};
  uint8_t rows[16] = {};
};
static_assert(sizeof(TileConfig) == 64);

/// Fills `bytes` with factors that keep the sums in the range of normal
/// numbers.
template <typename T> static void fillVectors(char (&bytes)[3 * 64]) {
  const T factor = T(1e-3);
  for (size_t at = 0; at + sizeof(T) <= sizeof(bytes); at += sizeof(T))
    std::memcpy(bytes + at, &factor, sizeof(T));
}

static void fillTiles(char (&bytes)[3 * 64]) {
  TileConfig config;
  std::fill_n(config.columnBytes, 8, uint16_t(64));
  std::fill_n(config.rows, 8, uint8_t(16));
  std::memcpy(bytes, &config, sizeof(config));
}

void ArithmeticPeak::prepare(unsigned threads) {
  memory.resize(std::max<size_t>(memory.size(), threads));
  for (Memory &one : memory) {
    if (operands == Operands::Tiles)
      fillTiles(one.bytes);
    else if (operands == Operands::F64)
      fillVectors<double>(one.bytes);
    else
      fillVectors<float>(one.bytes);
  }
}

void ArithmeticPeak::chooseTurns(const Clock &clock) {
  for (iterations = 1000;; iterations *= 2) {
    const double start = clock.now(1);
    kernel(iterations, memory.front().bytes);
    const double spent = clock.now(1) - start;
    if (spent < kPieceSeconds / 2)
      continue;
    iterations = std::max<int64_t>(
        1, int64_t(double(iterations) * kPieceSeconds / spent));
    return;
  }
}

double ArithmeticPeak::measure(unsigned threads, const ThreadTeam &team,
                               const Clock &clock) {
  prepare(threads);
  if (!iterations)
    chooseTurns(clock);
  double best = 0;
  for (int piece = 0; piece < kPieces; ++piece) {
    const double start = clock.now(threads);
    team.run(threads, [&](unsigned thread) {
      kernel(iterations, memory[thread].bytes);
    });
    const double spent = clock.now(threads) - start;
    best = std::max(best,
                    threads * double(iterations) * flopsPerIteration / spent);
  }
  return best;
}

} // namespace mlir::attn::bench
