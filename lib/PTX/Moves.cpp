//===- Moves.cpp - mov, and addresses of other spaces ---------------------===//

#include "Elementwise.h"

namespace attn::ptx {

namespace {

template <class T> void move(Warp &warp, const Instruction &i, Mask mask) {
  T result[warpSize];
  std::memcpy(result, warp.at<T>(i.a), sizeof result);
  warp.store(i.destination, result, mask);
}

Handler moveHandler(unsigned bytes) {
  return bytes == 2   ? move<uint16_t>
         : bytes == 4 ? move<uint32_t>
         : bytes == 8 ? move<uint64_t>
                      : nullptr;
}

void movePredicate(Warp &warp, const Instruction &i, Mask mask) {
  Mask &to = warp.predicate(i.destination);
  to = (to & ~mask) | (warp.predicate(i.a) & mask);
}

/// `mov.b32 {a, b}, c` and `mov.b32 c, {a, b}`: the first is the lowest.
template <class Whole, class Part>
void unpack(Warp &warp, const Instruction &i, Mask mask) {
  const Part *parts = warp.at<Part>(i.a);
  constexpr unsigned count = sizeof(Whole) / sizeof(Part);
  for (unsigned number = 0; number < count; ++number) {
    Part result[warpSize];
    for (unsigned lane = 0; lane < warpSize; ++lane)
      result[lane] = parts[lane * count + number];
    warp.store(i.list[number], result, mask);
  }
}
template <class Whole, class Part>
void packParts(Warp &warp, const Instruction &i, Mask mask) {
  constexpr unsigned count = sizeof(Whole) / sizeof(Part);
  Whole result[warpSize];
  for (unsigned number = 0; number < count; ++number) {
    const Part *part = warp.at<Part>(i.list[number]);
    for (unsigned lane = 0; lane < warpSize; ++lane)
      std::memcpy(reinterpret_cast<Part *>(&result[lane]) + number, part + lane,
                  sizeof(Part));
  }
  warp.store(i.destination, result, mask);
}

template <bool packs> Handler vectorMoveHandler(unsigned whole, unsigned part) {
  if (whole == 4 && part == 2)
    return packs ? packParts<uint32_t, uint16_t> : unpack<uint32_t, uint16_t>;
  if (whole == 8 && part == 2)
    return packs ? packParts<uint64_t, uint16_t> : unpack<uint64_t, uint16_t>;
  if (whole == 8 && part == 4)
    return packs ? packParts<uint64_t, uint32_t> : unpack<uint64_t, uint32_t>;
  return nullptr;
}

void decodeVectorMove(Decoder &decoder, Type type, bool packs) {
  const Operand &vector = decoder.operand(packs ? 1 : 0);
  unsigned count = vector.elements.size();
  if (!count || type.bytes() % count)
    decoder.fail("expected parts of " + std::to_string(type.bytes()) +
                 " bytes");
  Type part{Kind::Bits, uint8_t(8 * type.bytes() / count), 1};
  if (packs) {
    decoder.instruction.list = decoder.sources(vector, part);
    decoder.instruction.destination = decoder.destination(0, type);
  } else {
    decoder.instruction.list = decoder.destinations(vector, part);
    decoder.instruction.a = decoder.source(1, type);
  }
  emitOrFail(decoder,
             packs ? vectorMoveHandler<true>(type.bytes(), part.bytes())
                   : vectorMoveHandler<false>(type.bytes(), part.bytes()));
}

/// %clock counts the instructions of the warp.
template <class T> void readClock(Warp &warp, const Instruction &i, Mask mask) {
  T result[warpSize];
  for (T &value : result)
    value = warp.steps;
  warp.store(i.destination, result, mask);
}
bool isClock(const Operand &operand) {
  return operand.form == Operand::Form::Special &&
         (operand.name.compare(0, 6, "%clock") == 0 ||
          operand.name.compare(0, 12, "%globaltimer") == 0);
}

void decodeMove(Decoder &decoder) {
  Type type = decoder.words.takeType();
  if (type.isPredicate()) {
    decoder.instruction.a = decoder.predicate(1);
    decoder.instruction.destination =
        decoder.predicateDestination(decoder.operand(0));
    return decoder.emit(movePredicate);
  }
  if (decoder.operand(0).form == Operand::Form::Vector)
    return decodeVectorMove(decoder, type, false);
  if (decoder.operand(1).form == Operand::Form::Vector)
    return decodeVectorMove(decoder, type, true);
  decoder.instruction.destination = decoder.destination(0, type);
  if (isClock(decoder.operand(1)) && type.bytes() >= 4)
    return decoder.emit(type.bytes() == 4 ? readClock<uint32_t>
                                          : readClock<uint64_t>);
  decoder.instruction.a = decoder.source(1, type);
  decoder.instruction.isMove =
      decoder.operand(1).form == Operand::Form::Register;
  emitOrFail(decoder, moveHandler(type.bytes()));
}

/// Where a window lies in generic addresses; 0 for global memory.
uint64_t windowOf(Words &words) {
  if (!words.takeOne({"shared", "shared::cta", "shared::cluster"}).empty())
    return window::shared;
  if (words.take("local"))
    return window::local;
  words.takeOne({"global", "const", "param", "param::entry"});
  return 0;
}

/// Addresses of local memory and parameters have their window already, and
/// those of shared memory have none.
template <bool toSpace>
void changeSpace(Warp &warp, const Instruction &i, Mask mask) {
  const uint64_t *a = warp.at<uint64_t>(i.a);
  uint64_t result[warpSize], shared = uint64_t(i.offset);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (toSpace && (mask >> lane & 1) && (a[lane] & window::space) != shared)
      warp.fail(i, "expected a generic address of shared memory");
    result[lane] = toSpace ? a[lane] & ~window::space : a[lane] | shared;
  }
  warp.store(i.destination, result, mask);
}

void decodeChangeSpace(Decoder &decoder) {
  Type type = decoder.words.takeType();
  bool toSpace = decoder.words.take("to");
  uint64_t window = windowOf(decoder.words);
  decoder.instruction.a = decoder.source(1, type);
  decoder.instruction.destination = decoder.destination(0, type);
  if (window != window::shared || type.bits != 64) {
    decoder.instruction.isMove = true;
    return emitOrFail(decoder, moveHandler(type.bytes()));
  }
  decoder.instruction.offset = window;
  decoder.emit(toSpace ? changeSpace<true> : changeSpace<false>);
}

void isInSpace(Warp &warp, const Instruction &i, Mask mask) {
  const uint64_t *a = warp.at<uint64_t>(i.a);
  Mask result = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    uint64_t space = a[lane] & window::space;
    bool global = space != window::shared && space != window::local &&
                  space != window::parameter;
    result |= Mask(i.offset ? space == uint64_t(i.offset) : global) << lane;
  }
  Mask &to = warp.predicate(i.destination);
  to = (to & ~mask) | (result & mask);
}

void decodeIsSpace(Decoder &decoder) {
  decoder.instruction.offset = windowOf(decoder.words);
  decoder.instruction.a = decoder.source(1, {Kind::Unsigned, 64, 1});
  decoder.instruction.destination =
      decoder.predicateDestination(decoder.operand(0));
  decoder.emit(isInSpace);
}

/// The block's own shared memory: clusters have one block.
void decodeMapAddress(Decoder &decoder) {
  Type type = decoder.words.takeType();
  decoder.words.skip({"shared::cluster"});
  decoder.instruction.a = decoder.source(1, type);
  decoder.instruction.destination = decoder.destination(0, type);
  emitOrFail(decoder, moveHandler(type.bytes()));
}

} // namespace

void addMoves(DecodeTable &table) {
  table["mov"] = decodeMove;
  table["cvta"] = decodeChangeSpace;
  table["isspacep"] = decodeIsSpace;
  table["mapa"] = decodeMapAddress;
}

} // namespace attn::ptx
