//===- Warp.h - Thirty-two threads ------------------------------*- C++ -*-===//

#ifndef ATTN_PTX_WARP_H
#define ATTN_PTX_WARP_H

#include "Async.h"
#include "Code.h"
#include "Knowledge.h"
#include "SharedMemory.h"

#include <array>
#include <cstring>

namespace attn::ptx {

class Block;

/// Lanes that go on together. A warp has several after a branch that only
/// some lanes took; those at the same instruction become one again.
struct Fragment {
  enum class State { Ready, AtBarrier, Spinning };
  Mask lanes = 0;
  uint32_t next = 0; // an instruction
  State state = State::Ready;
  unsigned barrier = 0; // State::AtBarrier
  uint64_t stamp = 0;   // the barrier's generation; the block's progress
  // The mbarrier of the last test that failed, and the parity or phase.
  uint32_t mbarrier = 0;
  uint64_t awaited = 0;
};

class Warp {
public:
  Warp(Block &block, unsigned id, Mask lanes);

  Block &block;
  const Code &code;
  const unsigned id;
  Knowledge knowledge;
  CopyGroups copies;
  WgmmaQueue wgmma;

  template <class T> T *at(uint32_t offset) {
    return reinterpret_cast<T *>(file.data() + offset);
  }
  Mask &predicate(uint32_t offset) { return *at<Mask>(offset); }
  uint64_t address(const Instruction &i, unsigned lane) {
    return (i.wideAddress ? at<uint64_t>(i.a)[lane]
                          : uint64_t(at<uint32_t>(i.a)[lane])) +
           i.offset;
  }
  /// Writes the lanes of the mask.
  template <class T, size_t N>
  void store(uint32_t offset, const T (&values)[N], Mask mask) {
    static_assert(N % warpSize == 0);
    constexpr size_t perLane = N / warpSize;
    T *to = at<T>(offset);
    if (mask == allLanes) {
      std::memcpy(to, values, sizeof values);
      return;
    }
    for (unsigned lane = 0; lane < warpSize; ++lane)
      if (mask >> lane & 1)
        std::memcpy(to + lane * perLane, values + lane * perLane,
                    perLane * sizeof(T));
  }

  Mask live() const { return liveLanes; }
  /// The thread's number in its block.
  unsigned thread(unsigned lane) const { return id * warpSize + lane; }
  uint8_t *local(unsigned lane) {
    return localMemory.data() + size_t(lane) * code.localBytes;
  }

  bool isDone() const { return !liveLanes; }
  bool canRun() { return choose() != nullptr; }
  /// Up to `budget` instructions; fewer when it must let others go on.
  void run(uint64_t budget);
  /// Where it stands, for messages.
  std::string describe();
  /// Why it cannot go on, if that is a divergence.
  std::string describeDivergence(uint32_t &line);

  // What instructions do to the lanes that execute them.
  void branch(Mask lanes, uint32_t target);
  void exit(Mask lanes);
  void waitAtBarrier(unsigned barrier, uint64_t generation);
  /// Nothing changes until the block makes progress.
  void spin();
  void noteWait(uint32_t mbarrier, uint64_t awaited);
  void yield() { yielded = true; }

  // Shared memory, watched.
  Accessor accessor(const Instruction &i,
                    uint8_t lane = Accessor::anyLane) const {
    return {id, i.line, knowledge, lane, met};
  }
  void noteAccess(unsigned lane) { apart |= Mask(1) << lane; }
  /// These lanes wait for each other: what they did, each may pass on.
  void meet(Mask lanes);
  /// What an arrival of these lanes passes on: of what others of the warp did,
  /// that before they last met.
  Knowledge passedOn(Mask lanes) const;
  void check(const Instruction &i, const SharedMemory::Problem &problem) {
    if (!problem.empty())
      fail(i, problem);
  }
  [[noreturn]] void fail(const Instruction &i, const std::string &what) const;

  uint64_t steps = 0, laneSteps = 0;

private:
  Fragment *choose();
  bool isGathered(const Fragment &fragment);
  Mask requiredLanes(const Instruction &i, Mask active);
  Mask activeLanes(const Instruction &i, Mask lanes);
  void wake(Fragment &fragment);
  void merge();
  void execute(Fragment &fragment);
  void executeByMembers(const Instruction &i, Mask active);
  void fillConstants();

  std::vector<uint8_t> file, localMemory;
  std::vector<Fragment> fragments;
  size_t current = 0; // the fragment that executes
  uint64_t sinceSwitch = 0;
  Mask liveLanes;
  bool yielded = false;
  // Lanes that accessed shared memory since they last met, which was then.
  Mask apart = 0;
  uint32_t met = 0;
};

} // namespace attn::ptx

#endif // ATTN_PTX_WARP_H
