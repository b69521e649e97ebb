//===- MBarriers.h - mbarriers, for copies that arrive on them --*- C++ -*-===//

#ifndef ATTN_PTX_MBARRIERS_H
#define ATTN_PTX_MBARRIERS_H

#include "Block.h"

namespace attn::ptx {

/// The one at a shared address, which the warp must know to be initialized.
MBarrier &findMBarrier(Warp &warp, const Instruction &i, uint64_t address);

/// `count` arrivals, which these lanes execute and hand on what they have seen.
void arriveOn(Warp &warp, const Instruction &i, MBarrier &barrier,
              uint32_t count, Mask lanes);

} // namespace attn::ptx

#endif // ATTN_PTX_MBARRIERS_H
