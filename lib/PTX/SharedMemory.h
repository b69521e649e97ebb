//===- SharedMemory.h - Shared memory that watches its users ----*- C++ -*-===//
//
// Beside each four bytes lies who wrote them last, who read them since, and
// what the asynchronous units still do there. Each function returns what is
// wrong, or nothing.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PTX_SHAREDMEMORY_H
#define ATTN_PTX_SHAREDMEMORY_H

#include "Knowledge.h"

#include <array>
#include <string>

namespace attn::ptx {

/// Who accesses shared memory: a warp, at a line.
struct Accessor {
  /// In place of one lane: each of them, which one is not known; and one that
  /// is in order with all others.
  static constexpr uint8_t everyLane = 32, anyLane = 0xff;

  unsigned warp;
  uint32_t line;
  const Knowledge &knowledge;
  uint8_t lane = anyLane;
  uint32_t met = 0; // when the lanes of the warp last did
};

class SharedMemory {
public:
  SharedMemory(uint32_t end, unsigned warps, bool watch);

  uint32_t end() const { return bytes.size(); }
  uint8_t *at(uint32_t address) { return bytes.data() + address; }

  using Problem = std::string;
  /// Out of bounds, or not aligned.
  Problem checkAddress(uint64_t address, uint32_t size, uint32_t align) const;

  Problem read(const Accessor &who, uint32_t address, uint32_t size);
  Problem write(const Accessor &who, uint32_t address, uint32_t size);

  /// An asynchronous copy that writes. `throughProxy`: by the async proxy,
  /// which sees generic writes behind a fence only.
  Problem beginWrite(const Accessor &who, uint32_t address, uint32_t size,
                     bool throughProxy);
  /// `who` has written, or the `agent` on whom it waits, at the agent's `time`.
  struct Writer {
    unsigned agent;
    uint32_t time, line;
    uint8_t lane = Accessor::anyLane;
  };
  void endWrite(const Writer &who, bool throughProxy, uint32_t address,
                uint32_t size);
  /// Something asynchronous that reads, by the async proxy.
  Problem beginRead(const Accessor &who, uint32_t address, uint32_t size);
  void endRead(const Accessor &who, uint32_t address, uint32_t size);

  /// The bytes of an mbarrier, which nothing else may write.
  void setBarrier(uint32_t address, bool isBarrier);

private:
  struct Cell {
    uint32_t writeTime = 0, writeLine = 0;
    uint16_t writer = 0;
    uint16_t pendingReads = 0, pendingWrites = 0;
    uint8_t initialized = 0, written = 0, read = 0; // a bit for each byte
    bool byProxy = false, isBarrier = false;
    std::array<uint8_t, 4> lanes{}; // who wrote each byte
  };

  template <class F> Problem forCells(uint32_t address, uint32_t size, F f);
  Problem checkRead(const Accessor &who, const Cell &cell, uint8_t mask,
                    uint32_t address) const;
  Problem checkWrite(const Accessor &who, const Cell &cell, uint8_t mask,
                     uint32_t address, uint32_t index) const;
  static bool isOfAnotherLane(const Accessor &who, const Cell &cell,
                              uint8_t mask);
  static void noteLane(const Accessor &who, Cell &cell, uint8_t mask);
  Problem describe(const char *what, const Cell &cell, uint32_t address) const;

  std::vector<uint8_t> bytes;
  std::vector<Cell> cells;
  std::vector<uint32_t> readTimes; // of each warp, for each cell
  unsigned warps;
  bool watch;
};

} // namespace attn::ptx

#endif // ATTN_PTX_SHAREDMEMORY_H
