//===- MBarriers.cpp - mbarrier -------------------------------------------===//
//
// A phase is over when nothing is pending: neither arrivals nor bytes. The
// state that an arrival returns is the number of its phase.
//
//===----------------------------------------------------------------------===//

#include "MBarriers.h"

#include "Access.h"

namespace attn::ptx {

static constexpr uint32_t maximumCount = (1 << 20) - 1;

MBarrier &findMBarrier(Warp &warp, const Instruction &i, uint64_t address) {
  uint32_t at = sharedAddress(warp, i, address, 8, 8);
  auto found = warp.block.mbarriers.find(at);
  if (found == warp.block.mbarriers.end())
    warp.fail(i,
              "expected an mbarrier at shared address " + std::to_string(at));
  MBarrier &barrier = found->second;
  if (!warp.knowledge.hasSeen(barrier.initializer, barrier.initialized))
    warp.fail(i, "uses an mbarrier that another warp initialized, without a "
                 "barrier between");
  return barrier;
}

void arriveOn(Warp &warp, const Instruction &i, MBarrier &barrier,
              uint32_t count, Mask lanes) {
  if (count > barrier.pending)
    warp.fail(
        i, "wrong phase: expected at most " + std::to_string(barrier.pending) +
               " more arrivals in phase " + std::to_string(barrier.phase) +
               " of the mbarrier, got " + std::to_string(count));
  barrier.arriving.join(warp.passedOn(lanes));
  barrier.pending -= count;
  ++warp.block.progress;
  warp.block.completePhaseIfDone(barrier);
}

namespace {

const Type u32{Kind::Unsigned, 32, 1};
const Type b64{Kind::Bits, 64, 1};

void initialize(Warp &warp, const Instruction &i, Mask mask) {
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    uint32_t at = sharedAddress(warp, i, warp.address(i, lane), 8, 8);
    uint32_t count = warp.at<uint32_t>(i.b)[lane];
    if (!count || count > maximumCount)
      warp.fail(i, "expected a count from 1 to 2^20 - 1, got " +
                       std::to_string(count));
    if (warp.block.mbarriers.count(at))
      warp.fail(i, "initializes an mbarrier that is one already");
    warp.check(i, warp.block.shared.write(warp.accessor(i), at, 8));
    warp.block.shared.setBarrier(at, true);
    MBarrier &barrier = warp.block.mbarriers[at];
    barrier.expected = barrier.pending = count;
    barrier.agent = warp.block.newAgent();
    barrier.initializer = warp.id;
    barrier.initialized = warp.knowledge.time(warp.id);
  }
  ++warp.block.progress;
}

void invalidate(Warp &warp, const Instruction &i, Mask mask) {
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    findMBarrier(warp, i, warp.address(i, lane));
    uint32_t at = sharedAddress(warp, i, warp.address(i, lane), 8, 8);
    warp.block.shared.setBarrier(at, false);
    warp.block.mbarriers.erase(at);
  }
}

struct Arrival : Detail {
  bool arrives = false, expectsBytes = false, drops = false, completes = false;
};

/// arrive, arrive.expect_tx, expect_tx, complete_tx, arrive_drop.
void arrive(Warp &warp, const Instruction &i, Mask mask) {
  const auto &how = i.as<Arrival>();
  uint64_t states[warpSize] = {};
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    MBarrier &barrier = findMBarrier(warp, i, warp.address(i, lane));
    uint32_t number = warp.at<uint32_t>(i.b)[lane];
    states[lane] = barrier.phase;
    if (how.expectsBytes)
      barrier.bytes += number;
    if (how.drops)
      barrier.expected -= std::min(barrier.expected, number);
    if (how.arrives)
      arriveOn(warp, i, barrier, how.expectsBytes ? 1 : number, mask);
    if (how.completes) {
      barrier.bytes -= number;
      warp.block.completePhaseIfDone(barrier);
    }
    ++warp.block.progress;
  }
  if (how.arrives)
    warp.knowledge.tick(warp.id);
  if (i.destination != Instruction::none)
    warp.store(i.destination, states, mask);
}

void decodeArrive(Decoder &decoder, const Arrival &arrival) {
  auto how = std::make_shared<Arrival>(arrival);
  how->expectsBytes |= decoder.words.take("expect_tx");
  decoder.words.skip({"noComplete"});
  size_t next = 0;
  Instruction &i = decoder.instruction;
  i.destination = Instruction::none;
  if (decoder.operand(0).form != Operand::Form::Address)
    i.destination = decoder.destination(next++, b64);
  decoder.address(next++);
  bool hasNumber = decoder.has(next);
  if (!hasNumber && (how->expectsBytes || how->completes))
    decoder.fail("expected a number of bytes");
  i.b = hasNumber ? decoder.source(next, u32) : decoder.constant(1, u32);
  i.detail = how;
  decoder.emit(arrive);
}

/// `c` holds a parity of 32 bits, or a state.
template <bool byParity>
void testWait(Warp &warp, const Instruction &i, Mask mask) {
  Mask done = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    uint64_t address = warp.address(i, lane);
    MBarrier &barrier = findMBarrier(warp, i, address);
    uint64_t awaited = byParity ? warp.at<uint32_t>(i.c)[lane] & 1
                                : warp.at<uint64_t>(i.c)[lane];
    bool isOver =
        byParity ? (barrier.phase & 1) != awaited : barrier.phase > awaited;
    if (isOver)
      warp.knowledge.join(barrier.completed);
    else
      warp.noteWait(sharedAddress(warp, i, address, 8, 8), awaited);
    done |= Mask(isOver) << lane;
  }
  Mask &to = warp.predicate(i.destination);
  to = (to & ~mask) | done;
  if (!done)
    warp.spin();
}

void decodeWait(Decoder &decoder) {
  bool byParity = decoder.words.take("parity");
  Instruction &i = decoder.instruction;
  decoder.address(1);
  i.c = byParity ? decoder.source(2, u32) : decoder.source(2, b64);
  i.destination = decoder.predicateDestination(decoder.operand(0));
  decoder.emit(byParity ? testWait<true> : testWait<false>);
}

void decodeMBarrier(Decoder &decoder) {
  Words &words = decoder.words;
  words.takeType();
  takeSpace(words);
  words.skip({"release", "acquire", "relaxed", "cta", "cluster"});
  if (words.take("init")) {
    decoder.address(0);
    decoder.instruction.b = decoder.source(1, u32);
    return decoder.emit(initialize);
  }
  if (words.take("inval")) {
    decoder.address(0);
    return decoder.emit(invalidate);
  }
  Arrival how;
  if (words.take("arrive")) {
    how.arrives = true;
    return decodeArrive(decoder, how);
  }
  if (words.take("arrive_drop")) {
    how.arrives = how.drops = true;
    return decodeArrive(decoder, how);
  }
  if (words.take("complete_tx")) {
    how.completes = true;
    return decodeArrive(decoder, how);
  }
  if (!words.takeOne({"test_wait", "try_wait"}).empty())
    return decodeWait(decoder);
  how.expectsBytes = words.take("expect_tx");
  if (!how.expectsBytes)
    words.fail("an operation");
  decodeArrive(decoder, how);
}

} // namespace

void addMBarriers(DecodeTable &table) { table["mbarrier"] = decodeMBarrier; }

} // namespace attn::ptx
