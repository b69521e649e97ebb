//===- Mma.cpp - mma.sync -------------------------------------------------===//
//
// Products are exact and summed in double, then rounded once: closer than a
// device, whose sums are cut.
//
//===----------------------------------------------------------------------===//

#include "Decoder.h"
#include "Fragments.h"

namespace attn::ptx {

namespace {

struct Product : Detail {
  Format format = Format::Half;
  bool isHalfAccumulator = false;
  unsigned depth = 16;
  std::vector<uint32_t> a, b, c, d;
};

void multiply(Warp &warp, const Instruction &i, Mask) {
  const auto &how = i.as<Product>();
  double a[16][16] = {}, b[16][8] = {};
  readA(warp, how.format, how.a, a);
  for (size_t number = 0; number < how.b.size(); ++number)
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      uint32_t bits = warp.at<uint32_t>(how.b[number])[lane];
      for (unsigned half = 0; half < (how.format == Format::Tf32 ? 1 : 2);
           ++half) {
        Position at = positionInB(how.format, lane, number, half);
        b[at.row][at.column] = how.format == Format::Tf32
                                   ? tf32Of(bits)
                                   : halfOf(how.format, bits >> (16 * half));
      }
    }
  double sums[warpSize][4];
  for (unsigned lane = 0; lane < warpSize; ++lane)
    for (unsigned number = 0; number < 4; ++number) {
      Position at = positionInC(lane, number);
      double sum = readC(warp, how.c, how.isHalfAccumulator, lane, number);
      for (unsigned k = 0; k < how.depth; ++k)
        sum += a[at.row][k] * b[k][at.column];
      sums[lane][number] = sum;
    }
  for (unsigned lane = 0; lane < warpSize; ++lane)
    for (unsigned number = 0; number < 4; ++number)
      writeC(warp, how.d, how.isHalfAccumulator, lane, number,
             sums[lane][number]);
}

void expectRegisters(Decoder &decoder, const char *of, size_t got,
                     size_t expected) {
  if (got != expected)
    decoder.fail(std::string("expected ") + std::to_string(expected) +
                 " registers of " + of + ", got " + std::to_string(got));
}

void decodeMma(Decoder &decoder) {
  Words &words = decoder.words;
  if (!words.take("sync") || !words.take("aligned") || !words.take("row") ||
      !words.take("col"))
    words.fail("'.sync', '.aligned', '.row' and '.col'");
  auto how = std::make_shared<Product>();
  std::string shape = words.takeOne({"m16n8k16", "m16n8k8", "m16n8k4"});
  if (shape.empty())
    words.fail("the shape m16n8k16, m16n8k8 or m16n8k4");
  how->depth = std::stoul(shape.substr(6));
  Type accumulator = words.takeType();
  if (words.take("tf32") && words.take("tf32")) {
    how->format = Format::Tf32;
  } else {
    how->format =
        words.takeType().kind == Kind::BFloat ? Format::BFloat : Format::Half;
    words.takeType();
  }
  if (words.takeType() != accumulator)
    words.fail("one type of C and D");
  how->isHalfAccumulator = accumulator.bits == 16;
  bool isTf32 = how->format == Format::Tf32;
  if (isTf32 ? how->depth == 16 : how->depth == 4)
    words.fail("a depth that its type has");
  Type b32{Kind::Bits, 32, 1};
  how->a = decoder.sources(decoder.operand(1), b32);
  how->b = decoder.sources(decoder.operand(2), b32);
  how->c = decoder.sources(decoder.operand(3), b32);
  how->d = decoder.destinations(decoder.operand(0), b32);
  unsigned perStep = isTf32 ? 4 : 8; // columns of a register's lanes
  expectRegisters(decoder, "A", how->a.size(), 2 * how->depth / perStep);
  expectRegisters(decoder, "B", how->b.size(), how->depth / perStep);
  size_t sums = how->isHalfAccumulator ? 2 : 4;
  expectRegisters(decoder, "C", how->c.size(), sums);
  expectRegisters(decoder, "D", how->d.size(), sums);
  decoder.instruction.gather = Gather::WholeWarp;
  decoder.instruction.detail = how;
  decoder.emit(multiply);
}

} // namespace

void addMma(DecodeTable &table) { table["mma"] = decodeMma; }

} // namespace attn::ptx
