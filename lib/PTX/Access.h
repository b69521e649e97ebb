//===- Access.h - One lane's way to its memory ------------------*- C++ -*-===//

#ifndef ATTN_PTX_ACCESS_H
#define ATTN_PTX_ACCESS_H

#include "Block.h"
#include "Decoder.h"

namespace attn::ptx {

enum class Use { Read, Write, Both };

/// Whether an address lies in shared memory; strips its window.
inline bool isShared(uint64_t &address, bool inSharedSpace) {
  if (!inSharedSpace && (address & window::space) != window::shared)
    return false;
  address &= ~window::space;
  return true;
}

/// The bytes that a lane accesses, after all checks of bounds, alignment and
/// order. `synchronizes`: atomics, and loads and stores with an order, which
/// hand on what their warp has seen instead of racing.
uint8_t *access(Warp &warp, const Instruction &i, unsigned lane,
                uint64_t address, uint32_t size, uint32_t align, Use use,
                bool inSharedSpace, bool synchronizes);

/// `.shared`, `.global`, …; true for shared memory.
bool takeSpace(Words &words);

/// A shared address of 4-byte or generic form, checked.
uint32_t sharedAddress(Warp &warp, const Instruction &i, uint64_t address,
                       uint32_t size, uint32_t align);

} // namespace attn::ptx

#endif // ATTN_PTX_ACCESS_H
