//===- AsyncCopies.cpp - cp.async, by the generic proxy -------------------===//

#include "Access.h"
#include "BulkCopies.h"
#include "MBarriers.h"

#include <algorithm>

namespace attn::ptx {

namespace {

const Type u32{Kind::Unsigned, 32, 1};

/// What a lane has begun, in the order of its program.
class LaneCopy : public AsyncCopy {
public:
  /// What is copied counts as written by `agent` at `time`, unless it does
  /// already as another's.
  virtual void settle(Block &block, unsigned agent, uint32_t time) = 0;
  /// An earlier arrival comes before a later one: what it waits for, the later
  /// one waits for too.
  virtual void arriveFirst(Block &) {}
};

/// 4, 8 or 16 bytes; what the source lacks becomes zeros.
class PlainCopy : public LaneCopy {
public:
  PlainCopy(const Accessor &who, const uint8_t *source, uint32_t sourceSize,
            uint32_t to, uint32_t size)
      : line(who.line), lane(who.lane), source(source), sourceSize(sourceSize),
        to(to), size(size) {}

  void retire(Warp &warp) override {
    settle(warp.block, warp.id, warp.knowledge.time(warp.id));
  }
  void settle(Block &block, unsigned agent, uint32_t time) override {
    complete(block);
    if (!settled)
      block.shared.endWrite({agent, time, line, lane}, false, to, size);
    settled = true;
  }

private:
  void transfer(Block &block) override {
    uint8_t *bytes = block.shared.at(to);
    // Null where its size is 0.
    std::copy_n(source, sourceSize, bytes);
    std::memset(bytes + sourceSize, 0, size - sourceSize);
  }

  uint32_t line;
  uint8_t lane;
  const uint8_t *source;
  uint32_t sourceSize, to, size;
  bool settled = false;
};

/// The arrival behind all earlier copies of a thread.
class ArriveBehindCopies : public LaneCopy {
public:
  ArriveBehindCopies(Warp &warp, const Instruction &i, MBarrier &barrier,
                     AsyncCopies copies)
      : warp(warp), instruction(i), barrier(barrier),
        copies(std::move(copies)) {}

  void settle(Block &, unsigned, uint32_t) override {}
  void arriveFirst(Block &block) override { complete(block); }

private:
  void transfer(Block &block) override {
    for (const auto &copy : copies)
      static_cast<LaneCopy &>(*copy).arriveFirst(block);
    for (const auto &copy : copies)
      static_cast<LaneCopy &>(*copy).settle(block, barrier.agent,
                                            barrier.phase + 1);
    barrier.arriving.see(barrier.agent, barrier.phase + 1);
    arriveOn(warp, instruction, barrier, 1, warp.live());
  }

  Warp &warp;
  const Instruction &instruction;
  MBarrier &barrier;
  AsyncCopies copies;
};

/// `a` is the destination, `b` the source, `list` how many bytes of it there
/// are; the copy writes `target` bytes.
void copy(Warp &warp, const Instruction &i, Mask mask) {
  uint32_t size = i.target;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    uint32_t to = sharedAddress(warp, i, warp.address(i, lane), size, size);
    uint64_t from = warp.at<uint64_t>(i.b)[lane];
    uint32_t sourceSize =
        i.list.empty() ? size : warp.at<uint32_t>(i.list[0])[lane];
    if (sourceSize > size)
      warp.fail(i, "expected a source of at most " + std::to_string(size) +
                       " bytes, got " + std::to_string(sourceSize));
    const uint8_t *source = sourceSize ? access(warp, i, lane, from, sourceSize,
                                                1, Use::Read, false, false)
                                       : nullptr;
    if (from % size)
      warp.fail(i, "misaligned: expected an address aligned to " +
                       std::to_string(size) + " bytes, got " +
                       std::to_string(from));
    Accessor who = warp.accessor(i, lane);
    warp.check(i, warp.block.shared.beginWrite(who, to, size, false));
    auto started =
        std::make_shared<PlainCopy>(who, source, sourceSize, to, size);
    warp.copies.plain[lane].open.push_back(started);
    warp.block.start(started);
  }
}

void commit(Warp &warp, const Instruction &, Mask mask) {
  for (unsigned lane = 0; lane < warpSize; ++lane)
    if (mask >> lane & 1) {
      CopyGroups::Lane &groups = warp.copies.plain[lane];
      groups.committed.push_back(std::move(groups.open));
      groups.open.clear();
    }
}

void retireAll(Warp &warp, AsyncCopies &copies) {
  for (const auto &copy : copies)
    copy->retire(warp);
  copies.clear();
}

/// All groups but the youngest `offset`; -1: the open one too.
void wait(Warp &warp, const Instruction &i, Mask mask) {
  size_t kept = std::max<int64_t>(i.offset, 0);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    CopyGroups::Lane &groups = warp.copies.plain[lane];
    while (groups.committed.size() > kept) {
      retireAll(warp, groups.committed.front());
      groups.committed.pop_front();
    }
    if (i.offset < 0)
      retireAll(warp, groups.open);
  }
}

/// Without `.noinc` the phase waits for one arrival more, this one.
void arriveBehind(Warp &warp, const Instruction &i, Mask mask) {
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    MBarrier &barrier = findMBarrier(warp, i, warp.address(i, lane));
    barrier.pending += i.target;
    AsyncCopies earlier = warp.copies.plain[lane].open;
    for (const AsyncCopies &group : warp.copies.plain[lane].committed)
      earlier.insert(earlier.end(), group.begin(), group.end());
    auto arrival = std::make_shared<ArriveBehindCopies>(warp, i, barrier,
                                                        std::move(earlier));
    warp.copies.plain[lane].open.push_back(arrival);
    warp.block.start(arrival);
  }
}

void decodeCopy(Decoder &decoder) {
  Words &words = decoder.words;
  words.skip({"ca", "cg", "shared", "shared::cta", "global", "L2::64B",
              "L2::128B", "L2::256B"});
  bool hasPolicy = words.take("L2::cache_hint"); // the last operand
  decoder.address(1);
  Instruction &i = decoder.instruction;
  decoder.addOffset();
  i.b = i.a;
  decoder.address(0);
  i.target = decoder.immediate(2);
  if (i.target != 4 && i.target != 8 && i.target != 16)
    decoder.fail("expected 4, 8 or 16 bytes, got " + std::to_string(i.target));
  if (decoder.has(3 + hasPolicy))
    i.list = {decoder.source(3, u32)};
  decoder.emit(copy);
}

void decodeArriveBehind(Decoder &decoder) {
  Words &words = decoder.words;
  words.skip({"arrive", "shared", "shared::cta", "b64"});
  decoder.instruction.target = words.take("noinc") ? 0 : 1;
  decoder.address(0);
  decoder.emit(arriveBehind);
}

} // namespace

void decodePlainAsyncCopy(Decoder &decoder) {
  Words &words = decoder.words;
  if (words.take("commit_group"))
    return decoder.emit(commit);
  if (words.take("mbarrier"))
    return decodeArriveBehind(decoder);
  bool all = words.take("wait_all");
  if (!all && !words.take("wait_group"))
    return decodeCopy(decoder);
  decoder.instruction.offset = all ? -1 : decoder.immediate(0);
  decoder.emit(wait);
}

} // namespace attn::ptx
