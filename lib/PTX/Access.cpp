//===- Access.cpp - One lane's way to its memory --------------------------===//

#include "Access.h"

namespace attn::ptx {

static std::string describeOutside(const Block &block, uint64_t address,
                                   uint32_t size) {
  std::string text = "out of bounds: " + std::to_string(size) +
                     " bytes at address " + std::to_string(address);
  if (uint64_t space = address & window::space;
      space == window::local || space == window::parameter)
    return text +
           (space == window::local ? " of local memory" : " of the parameters");
  // Just behind an allocation, most likely.
  for (uint64_t before = 1; before <= 4096; before *= 2)
    if (const auto *allocation = block.memory.find(address - before))
      return text + ", " +
             std::to_string(address - allocation->address - allocation->size) +
             " bytes behind the end of an allocation of " +
             std::to_string(allocation->size);
  return text + " of no allocation";
}

uint32_t sharedAddress(Warp &warp, const Instruction &i, uint64_t address,
                       uint32_t size, uint32_t align) {
  isShared(address, true);
  warp.check(i, warp.block.shared.checkAddress(address, size, align));
  return address;
}

static uint8_t *accessShared(Warp &warp, const Instruction &i, unsigned lane,
                             uint64_t address, uint32_t size, uint32_t align,
                             Use use, bool synchronizes) {
  SharedMemory &shared = warp.block.shared;
  warp.noteAccess(lane);
  uint32_t at = sharedAddress(warp, i, address, size, align);
  if (synchronizes)
    warp.block.acquire(warp, at);
  Accessor who = warp.accessor(i, synchronizes ? Accessor::anyLane : lane);
  // Whose row of a matrix it is does not say who reads it.
  if (!synchronizes && i.gather == Gather::WholeWarp)
    who.lane = Accessor::everyLane;
  if (use != Use::Write)
    warp.check(i, shared.read(who, at, size));
  if (use != Use::Read)
    warp.check(i, shared.write(who, at, size));
  if (synchronizes)
    warp.block.release(warp, at);
  return shared.at(at);
}

uint8_t *access(Warp &warp, const Instruction &i, unsigned lane,
                uint64_t address, uint32_t size, uint32_t align, Use use,
                bool inSharedSpace, bool synchronizes) {
  if (isShared(address, inSharedSpace))
    return accessShared(warp, i, lane, address, size, align, use, synchronizes);
  if (address % align)
    warp.fail(i, "misaligned: expected an address aligned to " +
                     std::to_string(align) + " bytes, got " +
                     std::to_string(address));
  uint8_t *bytes = warp.block.translate(warp, lane, address, size);
  if (!bytes)
    warp.fail(i, describeOutside(warp.block, address, size));
  if (use != Use::Read && warp.block.isConstant(address))
    warp.fail(i,
              "writes constant memory at address " + std::to_string(address));
  return bytes;
}

bool takeSpace(Words &words) {
  std::string space =
      words.takeOne({"shared::cta", "shared::cluster", "shared", "global",
                     "local", "const", "param", "param::entry", "param::func"});
  return space.compare(0, 6, "shared") == 0;
}

} // namespace attn::ptx
