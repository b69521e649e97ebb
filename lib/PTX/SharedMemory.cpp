//===- SharedMemory.cpp - Shared memory that watches its users ------------===//

#include "SharedMemory.h"

#include "Code.h"

namespace attn::ptx {

static constexpr uint32_t cellSize = 4;

SharedMemory::SharedMemory(uint32_t end, unsigned warps, bool watch)
    : bytes(end, 0xff), cells((end + cellSize - 1) / cellSize),
      readTimes(watch ? cells.size() * warps : 0), warps(warps), watch(watch) {}

SharedMemory::Problem SharedMemory::checkAddress(uint64_t address,
                                                 uint32_t size,
                                                 uint32_t align) const {
  if (address < firstSharedAddress || address > end() || size > end() - address)
    return "out of bounds of shared memory: " + std::to_string(size) +
           " bytes at address " + std::to_string(address) + " of [" +
           std::to_string(firstSharedAddress) + ", " + std::to_string(end()) +
           ")";
  if (address % align)
    return "misaligned: expected a shared address aligned to " +
           std::to_string(align) + " bytes, got " + std::to_string(address);
  return {};
}

/// f(cell, index, mask of its bytes) until one has a problem.
template <class F>
SharedMemory::Problem SharedMemory::forCells(uint32_t address, uint32_t size,
                                             F f) {
  uint32_t end = address + size;
  for (uint32_t index = address / cellSize; index * cellSize < end; ++index) {
    uint32_t first = index * cellSize, mask = 0xf;
    if (first < address)
      mask &= 0xfu << (address - first);
    if (first + cellSize > end)
      mask &= 0xfu >> (first + cellSize - end);
    Problem problem = f(cells[index], index, uint8_t(mask));
    if (!problem.empty())
      return problem;
  }
  return {};
}

SharedMemory::Problem SharedMemory::describe(const char *what, const Cell &cell,
                                             uint32_t address) const {
  Problem problem = what;
  problem += " at shared address " + std::to_string(address);
  if (cell.writeLine)
    problem += ", last written at line " + std::to_string(cell.writeLine);
  return problem;
}

SharedMemory::Problem SharedMemory::checkRead(const Accessor &who,
                                              const Cell &cell, uint8_t mask,
                                              uint32_t address) const {
  if (cell.pendingWrites)
    return describe("reads what is in flight", cell, address);
  if (mask & ~cell.initialized)
    return describe("reads uninitialized shared memory", cell, address);
  if ((mask & cell.written) &&
      !who.knowledge.hasSeen(cell.writer, cell.writeTime))
    return describe(cell.byProxy
                        ? "reads what a copy wrote without waiting for it"
                        : "reads what another warp wrote without a barrier "
                          "between",
                    cell, address);
  if (isOfAnotherLane(who, cell, mask))
    return describe("reads what another lane of the warp wrote without "
                    "bar.warp.sync between",
                    cell, address);
  return {};
}

/// Written by a lane of this warp since its lanes last met, and not by this
/// one.
bool SharedMemory::isOfAnotherLane(const Accessor &who, const Cell &cell,
                                   uint8_t mask) {
  if (cell.writer != who.warp || cell.writeTime <= who.met ||
      who.lane == Accessor::anyLane)
    return false;
  for (unsigned byte = 0; byte < cellSize; ++byte)
    if ((mask & cell.written) >> byte & 1 &&
        cell.lanes[byte] != Accessor::anyLane &&
        (cell.lanes[byte] != who.lane || who.lane == Accessor::everyLane))
      return true;
  return false;
}

/// The bytes of the mask are written by this lane; what was written before the
/// lanes met is all of theirs.
void SharedMemory::noteLane(const Accessor &who, Cell &cell, uint8_t mask) {
  if (cell.writer != who.warp || cell.writeTime <= who.met)
    cell.lanes.fill(Accessor::anyLane);
  for (unsigned byte = 0; byte < cellSize; ++byte)
    if (mask >> byte & 1)
      cell.lanes[byte] = who.lane;
}

SharedMemory::Problem SharedMemory::checkWrite(const Accessor &who,
                                               const Cell &cell, uint8_t mask,
                                               uint32_t address,
                                               uint32_t index) const {
  if (cell.isBarrier)
    return describe("overwrites an mbarrier", cell, address);
  if (cell.pendingReads)
    return describe("overwrites what an asynchronous operation still reads",
                    cell, address);
  if (cell.pendingWrites)
    return describe("overwrites what is in flight", cell, address);
  if ((mask & cell.written) &&
      !who.knowledge.hasSeen(cell.writer, cell.writeTime))
    return describe("overwrites what another warp or a copy wrote without a "
                    "barrier between",
                    cell, address);
  // Lanes that write the same by one instruction do no harm.
  if (cell.writeLine != who.line && isOfAnotherLane(who, cell, mask))
    return describe("overwrites what another lane of the warp wrote without "
                    "bar.warp.sync between",
                    cell, address);
  if (mask & cell.read)
    for (unsigned warp = 0; warp < warps; ++warp)
      if (!who.knowledge.hasSeen(warp, readTimes[index * warps + warp]))
        return describe("overwrites what another warp may still read, without "
                        "a barrier between",
                        cell, address);
  return {};
}

SharedMemory::Problem SharedMemory::read(const Accessor &who, uint32_t address,
                                         uint32_t size) {
  if (!watch)
    return {};
  return forCells(address, size, [&](Cell &cell, uint32_t index, uint8_t mask) {
    Problem problem = checkRead(who, cell, mask, index * cellSize);
    cell.read |= mask;
    readTimes[index * warps + who.warp] = who.knowledge.time(who.warp);
    return problem;
  });
}

SharedMemory::Problem SharedMemory::write(const Accessor &who, uint32_t address,
                                          uint32_t size) {
  if (!watch)
    return {};
  return forCells(address, size, [&](Cell &cell, uint32_t index, uint8_t mask) {
    Problem problem = checkWrite(who, cell, mask, index * cellSize, index);
    // Other bytes of the cell may be another warp's: then both are kept.
    bool same = cell.writer == who.warp && !cell.byProxy;
    cell.written = same ? cell.written | mask : mask;
    noteLane(who, cell, mask);
    cell.read &= ~mask;
    cell.initialized |= mask;
    cell.writer = who.warp;
    cell.writeTime = who.knowledge.time(who.warp);
    cell.writeLine = who.line;
    cell.byProxy = false;
    return problem;
  });
}

SharedMemory::Problem SharedMemory::beginWrite(const Accessor &who,
                                               uint32_t address, uint32_t size,
                                               bool throughProxy) {
  if (!watch)
    return {};
  return forCells(address, size, [&](Cell &cell, uint32_t index, uint8_t mask) {
    Problem problem = checkWrite(who, cell, mask, index * cellSize, index);
    if (problem.empty() && throughProxy && !cell.byProxy && cell.written &&
        !who.knowledge.hasFenced(cell.writer, cell.writeTime))
      problem =
          describe("expected fence.proxy.async between a write and a copy "
                   "over it",
                   cell, index * cellSize);
    ++cell.pendingWrites;
    cell.writeLine = who.line;
    return problem;
  });
}

void SharedMemory::endWrite(const Writer &who, bool throughProxy,
                            uint32_t address, uint32_t size) {
  if (!watch)
    return;
  forCells(address, size, [&](Cell &cell, uint32_t, uint8_t mask) {
    --cell.pendingWrites;
    cell.written = mask;
    cell.read &= ~mask;
    cell.initialized |= mask;
    cell.writer = who.agent;
    cell.writeTime = who.time;
    cell.writeLine = who.line;
    cell.lanes.fill(who.lane);
    cell.byProxy = throughProxy;
    return Problem();
  });
}

SharedMemory::Problem SharedMemory::beginRead(const Accessor &who,
                                              uint32_t address, uint32_t size) {
  if (!watch)
    return {};
  return forCells(address, size, [&](Cell &cell, uint32_t index, uint8_t mask) {
    Problem problem = checkRead(who, cell, mask, index * cellSize);
    if (problem.empty() && !cell.byProxy &&
        !who.knowledge.hasFenced(cell.writer, cell.writeTime))
      problem = describe("expected fence.proxy.async between a write and an "
                         "asynchronous read",
                         cell, index * cellSize);
    ++cell.pendingReads;
    return problem;
  });
}

void SharedMemory::endRead(const Accessor &who, uint32_t address,
                           uint32_t size) {
  if (!watch)
    return;
  forCells(address, size, [&](Cell &cell, uint32_t index, uint8_t mask) {
    --cell.pendingReads;
    cell.read |= mask;
    readTimes[index * warps + who.warp] = who.knowledge.time(who.warp);
    return Problem();
  });
}

void SharedMemory::setBarrier(uint32_t address, bool isBarrier) {
  forCells(address, 8, [&](Cell &cell, uint32_t, uint8_t mask) {
    cell.isBarrier = isBarrier;
    cell.initialized |= mask;
    return Problem();
  });
}

} // namespace attn::ptx
