//===- Block.h - The threads that share a memory ----------------*- C++ -*-===//

#ifndef ATTN_PTX_BLOCK_H
#define ATTN_PTX_BLOCK_H

#include "attn/PTX/Launch.h"

#include "Warp.h"

#include <random>
#include <unordered_map>

namespace attn::ptx {

/// One of the sixteen barriers of bar.sync.
struct NamedBarrier {
  uint32_t arrived = 0, expected = 0;
  uint64_t generation = 0;
  Knowledge arriving, completed;
  // Of bar.red, in this generation and in the last.
  uint32_t votes = 0, voters = 0, lastVotes = 0, lastVoters = 0;
};

struct MBarrier {
  uint32_t expected = 0, pending = 0;
  int64_t bytes = 0;  // still to come, of copies
  uint64_t phase = 0; // completed ones
  unsigned agent = 0; // of Knowledge
  unsigned initializer = 0;
  uint32_t initialized = 0; // when
  bool isInitializationFenced = false;
  Knowledge arriving, completed;
};

class Block {
public:
  Block(const Kernel &kernel, Memory &memory, Size3 grid, Size3 size,
        Size3 position, uint32_t dynamicShared,
        const std::vector<uint8_t> &parameters, const LaunchOptions &options);

  void run();

  const Code &code;
  Memory &memory;
  const Size3 grid, size, position;
  const uint32_t dynamicShared;
  const LaunchOptions &options;
  std::vector<uint8_t> parameters;
  SharedMemory shared;
  std::array<NamedBarrier, 16> barriers;
  std::unordered_map<uint32_t, MBarrier> mbarriers;
  std::mt19937 random;
  uint64_t progress = 1;
  uint64_t steps = 0, laneSteps = 0;

  unsigned threads() const { return size.count(); }
  unsigned liveThreads() const; // in whole warps
  unsigned newAgent() { return nextAgent++; }

  /// Does the copy now or later, as the order of the launch says.
  void start(std::shared_ptr<AsyncCopy> copy);

  /// Memory of any space but shared, or null.
  uint8_t *translate(Warp &warp, unsigned lane, uint64_t address,
                     uint32_t bytes);
  /// Whether what translate() has just found may not be written.
  bool isConstant(uint64_t address) const;
  /// Before and behind an atomic access to shared memory: what came before
  /// one comes before what follows the next.
  void acquire(Warp &warp, uint32_t address);
  void release(Warp &warp, uint32_t address);

  void completePhaseIfDone(MBarrier &barrier);
  void completeBarrierIfFull(NamedBarrier &barrier);
  /// Bytes that a copy has brought.
  void bringBytes(MBarrier &barrier, uint32_t bytes);
  void exitLanes() { ++progress; }

private:
  Warp *pick();
  bool completeSome(bool nothingElse);
  void completeWgmmaAtRandom();
  void finish();
  [[noreturn]] void reportDeadlock();

  std::vector<std::unique_ptr<Warp>> warps;
  AsyncCopies pending;
  std::unordered_map<uint32_t, Knowledge> atomics;
  const Memory::Allocation *recent = nullptr;
  unsigned nextAgent;
  unsigned lastPicked = ~0u;
};

} // namespace attn::ptx

#endif // ATTN_PTX_BLOCK_H
