//===- Wgmma.cpp - wgmma: products of a warpgroup -------------------------===//
//
// Each warp computes its 16 rows of the 64. What is in flight keeps its
// registers and its shared memory until the wait that its group needs.
//
//===----------------------------------------------------------------------===//

#include "Block.h"
#include "Decoder.h"
#include "Descriptor.h"
#include "Fragments.h"

#include <cstdlib>

namespace attn::ptx {

namespace {

constexpr unsigned warpRows = 16, maximumColumns = 256;

struct Product : Detail {
  Format format = Format::Half;
  bool isHalfAccumulator = false;
  unsigned columns = 8;
  unsigned depth() const { return 32 / elementBytes(format); }
  bool transposedA = false, transposedB = false;
  int signA = 1, signB = 1;
  std::vector<uint32_t> d, a;               // offsets; `a` may be empty
  std::vector<uint32_t> dIndices, aIndices; // registers
};

void use(std::vector<uint16_t> &users, const std::vector<uint32_t> &registers,
         int change) {
  for (uint32_t index : registers)
    users[index] += change;
}

/// The registers of A and D must not be touched between the fence and here,
/// but by wgmma.
void checkRegisters(Warp &warp, const Instruction &i, const Product &how) {
  WgmmaQueue &queue = warp.wgmma;
  auto check = [&](uint32_t index) {
    if (queue.written[index] > queue.fenced)
      warp.fail(i, "expected wgmma.fence between a write of register " +
                       warp.code.registerNames[index] + " and its use");
  };
  if (!queue.fenced)
    warp.fail(i, "expected wgmma.fence before the first wgmma");
  for (uint32_t index : how.aIndices)
    check(index);
  for (uint32_t index : how.dIndices) {
    if (queue.readers[index])
      warp.fail(i, "register " + warp.code.registerNames[index] +
                       " is written while another wgmma reads it");
    if (!queue.writers[index])
      check(index);
  }
}

std::vector<uint32_t> placesOf(Warp &warp, const Instruction &i, uint64_t bits,
                               bool transposed, unsigned first, unsigned count,
                               const Product &how) {
  Descriptor descriptor(bits);
  if (std::string problem = descriptor.check(); !problem.empty())
    warp.fail(i, problem);
  std::vector<uint32_t> places = descriptor.places(
      transposed, first, count, how.depth(), elementBytes(how.format));
  for (uint32_t place : places) {
    warp.check(i, warp.block.shared.checkAddress(place, 16, 16));
    warp.check(i, warp.block.shared.beginRead(warp.accessor(i), place, 16));
  }
  return places;
}

/// Elements of shared memory as numbers, by rows of k.
template <size_t N>
void readPlaces(Warp &warp, const Product &how,
                const std::vector<uint32_t> &places, bool transposed,
                unsigned count, int sign, double (&to)[N][maximumColumns]) {
  unsigned size = elementBytes(how.format), together = 16 / size;
  auto number = [&](const uint8_t *bytes) -> double {
    if (how.format == Format::Tf32) {
      uint32_t bits;
      std::memcpy(&bits, bytes, sizeof bits);
      return sign * tf32Of(bits);
    }
    uint16_t bits;
    std::memcpy(&bits, bytes, sizeof bits);
    return sign * halfOf(how.format, bits);
  };
  size_t next = 0;
  if (transposed) { // 16 bytes are elements of one k
    for (unsigned k = 0; k < how.depth(); ++k)
      for (unsigned first = 0; first < count; first += together, ++next)
        for (unsigned n = 0; n < together; ++n)
          to[k][first + n] =
              number(warp.block.shared.at(places[next]) + n * size);
    return;
  }
  for (unsigned row = 0; row < count; ++row)
    for (unsigned first = 0; first < how.depth(); first += together, ++next)
      for (unsigned k = 0; k < together; ++k)
        to[first + k][row] =
            number(warp.block.shared.at(places[next]) + k * size);
}

void readRows(Warp &warp, const Product &how,
              const WgmmaQueue::Operation &operation,
              double (&a)[warpRows][16]) {
  if (!how.a.empty()) {
    readA(warp, how.format, how.a, a);
    if (how.signA < 0)
      for (auto &row : a)
        for (double &value : row)
          value = -value;
    return;
  }
  double columns[16][maximumColumns];
  readPlaces(warp, how, operation.placesA, how.transposedA, warpRows, how.signA,
             columns);
  for (unsigned row = 0; row < warpRows; ++row)
    for (unsigned k = 0; k < how.depth(); ++k)
      a[row][k] = columns[k][row];
}

void compute(Warp &warp, WgmmaQueue::Operation &operation) {
  const auto &how = operation.instruction->as<Product>();
  operation.done = true;
  double a[warpRows][16], b[16][maximumColumns];
  readRows(warp, how, operation, a);
  readPlaces(warp, how, operation.placesB, how.transposedB, how.columns,
             how.signB, b);
  double sums[warpRows][maximumColumns];
  unsigned perLane = how.columns / 2;
  for (unsigned lane = 0; lane < warpSize; ++lane)
    for (unsigned number = 0; number < perLane; ++number) {
      Position at = positionInC(lane, number);
      sums[at.row][at.column] =
          operation.accumulates
              ? readC(warp, how.d, how.isHalfAccumulator, lane, number)
              : 0;
    }
  for (unsigned row = 0; row < warpRows; ++row)
    for (unsigned k = 0; k < how.depth(); ++k)
      for (unsigned column = 0; column < how.columns; ++column)
        sums[row][column] += a[row][k] * b[k][column];
  for (unsigned lane = 0; lane < warpSize; ++lane)
    for (unsigned number = 0; number < perLane; ++number) {
      Position at = positionInC(lane, number);
      writeC(warp, how.d, how.isHalfAccumulator, lane, number,
             sums[at.row][at.column]);
    }
}

void computeNext(Warp &warp) {
  auto operation = warp.wgmma.waiting.front();
  warp.wgmma.waiting.pop_front();
  compute(warp, *operation);
}

void retire(Warp &warp, WgmmaQueue::Operation &operation) {
  while (!operation.done)
    computeNext(warp);
  const auto &how = operation.instruction->as<Product>();
  use(warp.wgmma.writers, how.dIndices, -1);
  use(warp.wgmma.readers, how.aIndices, -1);
  warp.wgmma.busy -= how.dIndices.size() + how.aIndices.size();
  Accessor who = warp.accessor(*operation.instruction);
  for (const auto *places : {&operation.placesA, &operation.placesB})
    for (uint32_t place : *places)
      warp.block.shared.endRead(who, place, 16);
}

uint64_t uniform64(Warp &warp, const Instruction &i, uint32_t at) {
  const uint64_t *values = warp.at<uint64_t>(at);
  for (unsigned lane = 1; lane < warpSize; ++lane)
    if (values[lane] != values[0])
      warp.fail(i, "expected the same descriptor in all lanes");
  return values[0];
}

/// `a` and `b` are descriptors, `c` the predicate that keeps D.
void start(Warp &warp, const Instruction &i, Mask mask) {
  const auto &how = i.as<Product>();
  checkRegisters(warp, i, how);
  auto operation = std::make_shared<WgmmaQueue::Operation>();
  operation->instruction = &i;
  Mask keeps = warp.predicate(i.c) & mask;
  if (keeps && keeps != mask)
    warp.fail(i, "expected the same scale-d in all lanes");
  operation->accumulates = keeps;
  if (how.a.empty())
    operation->placesA =
        placesOf(warp, i, uniform64(warp, i, i.a), how.transposedA,
                 warp.id % 4 * warpRows, warpRows, how);
  operation->placesB = placesOf(warp, i, uniform64(warp, i, i.b),
                                how.transposedB, 0, how.columns, how);
  use(warp.wgmma.writers, how.dIndices, 1);
  use(warp.wgmma.readers, how.aIndices, 1);
  warp.wgmma.busy += how.dIndices.size() + how.aIndices.size();
  warp.wgmma.open.push_back(operation);
  warp.wgmma.waiting.push_back(operation);
  ++warp.wgmma.issued;
  if (warp.block.options.order == Order::Eager)
    computeNext(warp);
}

void fence(Warp &warp, const Instruction &, Mask) {
  warp.wgmma.fenced = ++warp.wgmma.now;
}

void commit(Warp &warp, const Instruction &, Mask) {
  warp.wgmma.committed.push_back(std::move(warp.wgmma.open));
  warp.wgmma.open.clear();
}

void wait(Warp &warp, const Instruction &i, Mask mask) {
  auto &groups = warp.wgmma.committed;
  while (groups.size() > size_t(i.offset)) {
    for (const auto &operation : groups.front())
      retire(warp, *operation);
    groups.pop_front();
  }
  warp.meet(mask);
}

int takeSign(Decoder &decoder, size_t number) {
  int64_t sign = decoder.immediate(number);
  if (sign != 1 && sign != -1)
    decoder.fail("expected a scale of 1 or -1, got " + std::to_string(sign));
  return sign;
}

void takeTypes(Decoder &decoder, Product &how) {
  Words &words = decoder.words;
  if (words.take("tf32") && words.take("tf32")) {
    how.format = Format::Tf32;
  } else {
    Type b = words.takeType(), a = words.takeType();
    if (a != b || a.bits != 16 || !a.isFloat())
      words.fail("operands of f16, bf16 or tf32");
    how.format = a.kind == Kind::BFloat ? Format::BFloat : Format::Half;
  }
  how.isHalfAccumulator = words.takeType().bits == 16;
}

void takeShape(Decoder &decoder, Product &how) {
  std::string shape = decoder.words.takeSuffix("m64n");
  size_t k = shape.find('k');
  if (k == std::string::npos)
    decoder.words.fail("a shape m64nNkK");
  how.columns = std::strtoul(shape.c_str(), nullptr, 10);
  if (!how.columns || how.columns > maximumColumns || how.columns % 8 ||
      shape.substr(k + 1) != std::to_string(how.depth()))
    decoder.words.fail("a shape that its type has");
}

void decodeProduct(Decoder &decoder) {
  auto how = std::make_shared<Product>();
  takeTypes(decoder, *how);
  takeShape(decoder, *how);
  Instruction &i = decoder.instruction;
  const Type b32{Kind::Bits, 32, 1}, b64{Kind::Bits, 64, 1};
  how->d = decoder.destinations(decoder.operand(0), b32);
  how->dIndices = std::move(i.writes);
  i.writes.clear();
  size_t expected = how->columns / (how->isHalfAccumulator ? 4 : 2);
  if (how->d.size() != expected)
    decoder.fail("expected " + std::to_string(expected) +
                 " registers of D, got " + std::to_string(how->d.size()));
  bool inRegisters = decoder.operand(1).form == Operand::Form::Vector;
  if (inRegisters) {
    how->a = decoder.sources(decoder.operand(1), b32);
    how->aIndices = i.reads;
    if (how->a.size() != 4)
      decoder.fail("expected 4 registers of A, got " +
                   std::to_string(how->a.size()));
  } else {
    i.a = decoder.source(1, b64);
  }
  i.b = decoder.source(2, b64);
  i.c = decoder.predicate(3);
  how->signA = takeSign(decoder, 4);
  how->signB = takeSign(decoder, 5);
  size_t next = 6;
  if (how->format != Format::Tf32) {
    if (!inRegisters)
      how->transposedA = decoder.immediate(next++);
    how->transposedB = decoder.immediate(next++);
  }
  i.detail = how;
  decoder.emit(start);
}

void decodeWgmma(Decoder &decoder) {
  Words &words = decoder.words;
  decoder.function.code.usesWgmma = true;
  decoder.instruction.gather = Gather::WholeWarp;
  if (!words.take("sync") || !words.take("aligned"))
    words.fail("'.sync' and '.aligned'");
  if (words.take("fence"))
    return decoder.emit(fence);
  if (words.take("commit_group"))
    return decoder.emit(commit);
  if (words.take("wait_group")) {
    decoder.instruction.offset = decoder.immediate(0);
    return decoder.emit(wait);
  }
  if (!words.take("mma_async"))
    words.fail("'.mma_async'");
  decodeProduct(decoder);
}

} // namespace

void addWgmma(DecodeTable &table) { table["wgmma"] = decodeWgmma; }

void Block::completeWgmmaAtRandom() {
  Warp &warp = *warps[random() % warps.size()];
  if (random() % 3 == 0 && !warp.wgmma.waiting.empty())
    computeNext(warp);
}

} // namespace attn::ptx
