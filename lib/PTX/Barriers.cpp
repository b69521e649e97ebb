//===- Barriers.cpp - bar, barrier, setmaxnreg ----------------------------===//

#include "Block.h"
#include "Elementwise.h"

namespace attn::ptx {

namespace {

const Type u32{Kind::Unsigned, 32, 1};

/// What all lanes agree on.
uint32_t uniform(Warp &warp, const Instruction &i, uint32_t at, Mask mask) {
  const uint32_t *values = warp.at<uint32_t>(at);
  uint32_t value = values[__builtin_ctz(mask)];
  for (unsigned lane = 0; lane < warpSize; ++lane)
    if ((mask >> lane & 1) && values[lane] != value)
      warp.fail(i, "expected the same operand in all lanes");
  return value;
}

/// `b` is the barrier; `c` the number of threads, where `list` says so.
template <bool waits>
void arriveAtBarrier(Warp &warp, const Instruction &i, Mask mask) {
  uint32_t number = uniform(warp, i, i.b, mask);
  if (number >= warp.block.barriers.size())
    warp.fail(i, "expected a barrier below 16, got " + std::to_string(number));
  bool counted = i.c != Instruction::none;
  uint32_t expected = counted ? uniform(warp, i, i.c, mask) : 0;
  if (counted && (!expected || expected % warpSize))
    warp.fail(i, "expected whole warps, got " + std::to_string(expected) +
                     " threads");
  NamedBarrier &barrier = warp.block.barriers[number];
  if (barrier.arrived && barrier.expected != expected)
    warp.fail(i, "expected " + std::to_string(barrier.expected) +
                     " threads, as for those that came before, got " +
                     std::to_string(expected));
  barrier.expected = expected;
  barrier.arrived += warpSize;
  barrier.arriving.join(warp.knowledge);
  warp.meet(mask);
  warp.knowledge.tick(warp.id);
  if (!i.list.empty()) // bar.red
    barrier.votes += __builtin_popcount(warp.predicate(i.list[0]) & mask);
  barrier.voters += __builtin_popcount(mask);
  uint64_t generation = barrier.generation;
  ++warp.block.progress;
  if (waits)
    warp.waitAtBarrier(number, generation);
  warp.block.completeBarrierIfFull(barrier);
}

enum class Reduction { And, Or, Count };

template <Reduction reduction>
void readVotes(Warp &warp, const Instruction &i, Mask mask) {
  const NamedBarrier &barrier =
      warp.block.barriers[uniform(warp, i, i.b, mask)];
  if (reduction == Reduction::Count) {
    uint32_t result[warpSize];
    std::fill(result, result + warpSize, barrier.lastVotes);
    return warp.store(i.destination, result, mask);
  }
  bool outcome = reduction == Reduction::And
                     ? barrier.lastVotes == barrier.lastVoters
                     : barrier.lastVotes != 0;
  Mask &to = warp.predicate(i.destination);
  to = outcome ? to | mask : to & ~mask;
}

void decodeReduction(Decoder &decoder) {
  Type type = decoder.words.takeType();
  std::string op = decoder.words.takeOne({"and", "or", "popc"});
  size_t last = decoder.operandCount() - 1;
  Instruction &i = decoder.instruction;
  i.b = decoder.source(1, u32);
  i.c = last > 2 ? decoder.source(2, u32) : Instruction::none;
  i.list = {decoder.predicate(last)};
  decoder.emit(arriveAtBarrier<true>);
  i.list.clear();
  i.gather = Gather::None;
  bool counts = op == "popc";
  i.destination = counts ? decoder.destination(0, type)
                         : decoder.predicateDestination(decoder.operand(0));
  decoder.emit(counts        ? readVotes<Reduction::Count>
               : op == "and" ? readVotes<Reduction::And>
                             : readVotes<Reduction::Or>);
}

void decodeWarpBarrier(Decoder &decoder) {
  decoder.words.take("sync");
  decoder.instruction.gather = Gather::Members;
  decoder.instruction.members = decoder.source(0, u32);
  decoder.emit(
      [](Warp &warp, const Instruction &, Mask mask) { warp.meet(mask); });
}

/// A cluster has one block, so its barrier is one of the block's: the last.
void decodeClusterBarrier(Decoder &decoder) {
  bool arrives = decoder.words.take("arrive");
  decoder.words.skip({"wait", "acquire", "release", "relaxed", "aligned"});
  decoder.instruction.gather = Gather::WholeWarp;
  decoder.instruction.b = decoder.constant(15, u32);
  decoder.instruction.c = Instruction::none;
  decoder.emit(arrives ? [](Warp &, const Instruction &, Mask) {}
                       : Handler(arriveAtBarrier<true>));
}

/// bar{.cta}.sync is barrier{.cta}.sync.aligned; without `.aligned` lanes may
/// come one by one, which here they wait for each other to do.
void decodeBarrier(Decoder &decoder) {
  Words &words = decoder.words;
  if (words.take("warp"))
    return decodeWarpBarrier(decoder);
  if (words.take("cluster"))
    return decodeClusterBarrier(decoder);
  words.skip({"cta", "aligned", "all"});
  Instruction &i = decoder.instruction;
  i.gather = Gather::WholeWarp;
  if (words.take("red"))
    return decodeReduction(decoder);
  bool arrives = words.take("arrive");
  if (!arrives && !words.take("sync"))
    words.fail("'.sync', '.arrive' or '.red'");
  if (arrives && decoder.operandCount() != 2)
    decoder.fail("expected a number of threads");
  i.b = decoder.source(0, u32);
  i.c = decoder.has(1) ? decoder.source(1, u32) : Instruction::none;
  decoder.emit(arrives ? arriveAtBarrier<false> : arriveAtBarrier<true>);
}

/// Registers are not counted here; how many there are is.
void decodeSetMaxRegisters(Decoder &decoder) {
  Words &words = decoder.words;
  words.takeType();
  if (words.takeOne({"inc", "dec"}).empty() || !words.take("sync") ||
      !words.take("aligned"))
    words.fail("'.inc' or '.dec', '.sync' and '.aligned'");
  int64_t count = decoder.immediate(0);
  if (count < 24 || count > 256 || count % 8)
    decoder.fail("expected a multiple of 8 from 24 to 256, got " +
                 std::to_string(count));
  decoder.instruction.gather = Gather::WholeWarp;
  decoder.emit([](Warp &, const Instruction &, Mask) {});
}

} // namespace

void addBarriers(DecodeTable &table) {
  table["bar"] = decodeBarrier;
  table["barrier"] = decodeBarrier;
  table["setmaxnreg"] = decodeSetMaxRegisters;
}

} // namespace attn::ptx
