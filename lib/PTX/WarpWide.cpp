//===- WarpWide.cpp - shfl, vote, match, redux, elect ---------------------===//

#include "Elementwise.h"

namespace attn::ptx {

namespace {

const Type b32{Kind::Bits, 32, 1};

/// The lanes that the instruction is for, the last operand.
void takeMembers(Decoder &decoder, size_t number) {
  decoder.instruction.gather = Gather::Members;
  decoder.instruction.members = decoder.source(number, b32);
}

enum class Shuffle { Up, Down, Butterfly, Index };

struct SourceLane {
  unsigned lane;
  bool inRange;
};

template <Shuffle mode>
SourceLane sourceLane(unsigned lane, uint32_t b, uint32_t c) {
  unsigned by = b & 31, clamp = c & 31, segment = c >> 8 & 31;
  unsigned last = (lane & segment) | (clamp & ~segment);
  unsigned first = lane & segment;
  int from = 0;
  switch (mode) {
  case Shuffle::Up:
    from = int(lane) - int(by);
    return {from >= int(last) ? unsigned(from) : lane, from >= int(last)};
  case Shuffle::Down:
    from = lane + by;
    break;
  case Shuffle::Butterfly:
    from = lane ^ by;
    break;
  case Shuffle::Index:
    from = first | (by & ~segment);
    break;
  }
  return {from <= int(last) ? unsigned(from) : lane, from <= int(last)};
}

template <Shuffle mode>
void shuffle(Warp &warp, const Instruction &i, Mask mask) {
  const uint32_t *a = warp.at<uint32_t>(i.a), *b = warp.at<uint32_t>(i.b),
                 *c = warp.at<uint32_t>(i.c);
  uint32_t result[warpSize] = {};
  Mask inRange = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    SourceLane from = sourceLane<mode>(lane, b[lane], c[lane]);
    if (!(mask >> from.lane & 1))
      warp.fail(i, "lane " + std::to_string(lane) + " reads lane " +
                       std::to_string(from.lane) +
                       ", which does not take part");
    result[lane] = a[from.lane];
    inRange |= Mask(from.inRange) << lane;
  }
  warp.store(i.destination, result, mask);
  if (!i.list.empty()) {
    Mask &to = warp.predicate(i.list[0]);
    to = (to & ~mask) | inRange;
  }
}

void decodeShuffle(Decoder &decoder) {
  Words &words = decoder.words;
  words.takeType();
  if (!words.take("sync"))
    words.fail("'.sync'");
  const Operand &to = decoder.operand(0);
  bool isPair = to.form == Operand::Form::Pair;
  Instruction &i = decoder.instruction;
  i.a = decoder.source(1, b32);
  i.b = decoder.source(2, b32);
  i.c = decoder.source(3, b32);
  takeMembers(decoder, 4);
  i.destination = decoder.destination(isPair ? to.elements[0] : to, b32);
  if (isPair)
    i.list = {decoder.predicateDestination(to.elements[1])};
  std::string mode = words.takeOne({"up", "down", "bfly", "idx"});
  if (mode.empty())
    words.fail("'.up', '.down', '.bfly' or '.idx'");
  decoder.emit(mode == "up"     ? shuffle<Shuffle::Up>
               : mode == "down" ? shuffle<Shuffle::Down>
               : mode == "bfly" ? shuffle<Shuffle::Butterfly>
                                : shuffle<Shuffle::Index>);
}

enum class Vote { All, Any, Uniform, Ballot };

template <Vote vote>
void countVotes(Warp &warp, const Instruction &i, Mask mask) {
  Mask yes = warp.predicate(i.a) & mask;
  if (vote == Vote::Ballot) {
    uint32_t result[warpSize];
    std::fill(result, result + warpSize, yes);
    return warp.store(i.destination, result, mask);
  }
  bool outcome = vote == Vote::All   ? yes == mask
                 : vote == Vote::Any ? yes != 0
                                     : yes == mask || yes == 0;
  Mask &to = warp.predicate(i.destination);
  to = outcome ? to | mask : to & ~mask;
}

void decodeVote(Decoder &decoder) {
  Words &words = decoder.words;
  if (!words.take("sync"))
    words.fail("'.sync'");
  Type type = words.takeType();
  std::string mode = words.takeOne({"all", "any", "uni", "ballot"});
  Instruction &i = decoder.instruction;
  i.a = decoder.predicate(1);
  takeMembers(decoder, 2);
  if (mode == "ballot") {
    expectBits(decoder, type, {32});
    i.destination = decoder.destination(0, type);
    return decoder.emit(countVotes<Vote::Ballot>);
  }
  i.destination = decoder.predicateDestination(decoder.operand(0));
  decoder.emit(mode == "all"   ? countVotes<Vote::All>
               : mode == "any" ? countVotes<Vote::Any>
                               : countVotes<Vote::Uniform>);
}

/// match.any: the lanes with the same value. match.all: all lanes, or none.
template <class T, bool all>
void matchLanes(Warp &warp, const Instruction &i, Mask mask) {
  const T *a = warp.at<T>(i.a);
  uint32_t result[warpSize] = {};
  Mask same = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    for (unsigned other = 0; other < warpSize; ++other)
      if ((mask >> other & 1) && a[other] == a[lane])
        result[lane] |= Mask(1) << other;
    same |= Mask(result[lane] == mask) << lane;
    if (all && result[lane] != mask)
      result[lane] = 0;
  }
  warp.store(i.destination, result, mask);
  if (!i.list.empty()) {
    Mask &to = warp.predicate(i.list[0]);
    to = (to & ~mask) | same;
  }
}

void decodeMatch(Decoder &decoder) {
  Words &words = decoder.words;
  words.take("sync");
  Type type = words.takeType();
  expectBits(decoder, type, {32, 64});
  bool all = words.takeOne({"any", "all"}) == "all";
  const Operand &to = decoder.operand(0);
  bool isPair = to.form == Operand::Form::Pair;
  Instruction &i = decoder.instruction;
  i.a = decoder.source(1, type);
  takeMembers(decoder, 2);
  i.destination = decoder.destination(isPair ? to.elements[0] : to, b32);
  if (isPair)
    i.list = {decoder.predicateDestination(to.elements[1])};
  if (type.bytes() == 4)
    return decoder.emit(all ? matchLanes<uint32_t, true>
                            : matchLanes<uint32_t, false>);
  decoder.emit(all ? matchLanes<uint64_t, true> : matchLanes<uint64_t, false>);
}

template <class T, class Op>
void reduce(Warp &warp, const Instruction &i, Mask mask) {
  const T *a = warp.at<T>(i.a);
  T total = a[__builtin_ctz(mask)];
  for (Mask rest = mask & (mask - 1); rest; rest &= rest - 1)
    total = Op::apply(total, a[__builtin_ctz(rest)]);
  T result[warpSize];
  std::fill(result, result + warpSize, total);
  warp.store(i.destination, result, mask);
}

struct Sum {
  template <class T> static T apply(T a, T b) {
    return T(uint32_t(a) + uint32_t(b));
  }
};
struct Least {
  template <class T> static T apply(T a, T b) { return std::min(a, b); }
};
struct Greatest {
  template <class T> static T apply(T a, T b) { return std::max(a, b); }
};
struct BitsOfAll {
  template <class T> static T apply(T a, T b) { return a & b; }
};
struct BitsOfAny {
  template <class T> static T apply(T a, T b) { return a | b; }
};
struct BitsOfOdd {
  template <class T> static T apply(T a, T b) { return a ^ b; }
};

void decodeReduce(Decoder &decoder) {
  Words &words = decoder.words;
  words.take("sync");
  Type type = words.takeType();
  std::string op = words.takeOne({"add", "min", "max", "and", "or", "xor"});
  if (type.bytes() != 4 || type.isFloat() || op.empty())
    words.fail("an operation on 32-bit integers");
  decoder.instruction.a = decoder.source(1, type);
  takeMembers(decoder, 2);
  decoder.instruction.destination = decoder.destination(0, type);
  bool isSigned = type.kind == Kind::Signed;
  decoder.emit(op == "add" ? reduce<uint32_t, Sum>
               : op == "min"
                   ? isSigned ? reduce<int32_t, Least> : reduce<uint32_t, Least>
               : op == "max" ? isSigned ? reduce<int32_t, Greatest>
                                        : reduce<uint32_t, Greatest>
               : op == "and" ? reduce<uint32_t, BitsOfAll>
               : op == "or"  ? reduce<uint32_t, BitsOfAny>
                             : reduce<uint32_t, BitsOfOdd>);
}

/// The lowest lane that takes part.
void elect(Warp &warp, const Instruction &i, Mask mask) {
  unsigned leader = __builtin_ctz(mask);
  uint32_t result[warpSize];
  std::fill(result, result + warpSize, leader);
  warp.store(i.destination, result, mask);
  Mask &to = warp.predicate(i.list[0]);
  to = (to & ~mask) | Mask(1) << leader;
}

void decodeElect(Decoder &decoder) {
  decoder.words.take("sync");
  const Operand &to = decoder.operand(0);
  if (to.form != Operand::Form::Pair)
    decoder.fail("expected 'd|p' as the destination");
  takeMembers(decoder, 1);
  decoder.instruction.destination = decoder.destination(to.elements[0], b32);
  decoder.instruction.list = {decoder.predicateDestination(to.elements[1])};
  decoder.emit(elect);
}

void decodeActiveMask(Decoder &decoder) {
  decoder.words.takeType();
  decoder.instruction.destination = decoder.destination(0, b32);
  decoder.emit([](Warp &warp, const Instruction &i, Mask mask) {
    uint32_t result[warpSize];
    std::fill(result, result + warpSize, mask);
    warp.store(i.destination, result, mask);
  });
}

} // namespace

void addWarpWide(DecodeTable &table) {
  table["shfl"] = decodeShuffle;
  table["vote"] = decodeVote;
  table["match"] = decodeMatch;
  table["redux"] = decodeReduce;
  table["elect"] = decodeElect;
  table["activemask"] = decodeActiveMask;
}

} // namespace attn::ptx
