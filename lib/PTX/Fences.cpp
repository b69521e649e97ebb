//===- Fences.cpp - fence, membar, griddepcontrol -------------------------===//
//
// Memory is sequentially consistent here; what a fence orders between proxies
// is checked.
//
//===----------------------------------------------------------------------===//

#include "Block.h"
#include "Decoder.h"

namespace attn::ptx {

namespace {

void doNothing(Warp &, const Instruction &, Mask) {}

void fenceProxy(Warp &warp, const Instruction &, Mask) {
  warp.knowledge.fence();
}

void fenceInitialization(Warp &warp, const Instruction &, Mask) {
  for (auto &[address, barrier] : warp.block.mbarriers)
    if (barrier.initializer == warp.id)
      barrier.isInitializationFenced = true;
}

void decodeFence(Decoder &decoder) {
  Words &words = decoder.words;
  bool proxy = words.take("proxy"), async = words.take("async");
  bool initialization = words.take("mbarrier_init");
  bool global = words.takeOne({"global", "async.global"}) != "";
  words.skip({"shared::cta", "shared::cluster", "alias", "tensormap::generic",
              "acquire", "release", "acq_rel", "sc", "cta", "cluster", "gpu",
              "sys", "sync_restrict::shared::cta",
              "sync_restrict::shared::cluster"});
  if (initialization)
    return decoder.emit(fenceInitialization);
  decoder.emit(proxy && async && !global ? fenceProxy : doNothing);
}

void decodeMemoryBarrier(Decoder &decoder) {
  decoder.words.skip({"cta", "gl", "sys"});
  decoder.emit(doNothing);
}

void decodeGridDependency(Decoder &decoder) {
  decoder.words.skip({"launch_dependents", "wait"});
  decoder.emit(doNothing);
}

} // namespace

void addFences(DecodeTable &table) {
  table["fence"] = decodeFence;
  table["membar"] = decodeMemoryBarrier;
  table["griddepcontrol"] = decodeGridDependency;
}

} // namespace attn::ptx
