//===- Matrices.cpp - ldmatrix and stmatrix -------------------------------===//
//
// Matrices of 8x8 elements of 16 bits, in shared memory a row of 16 bytes at
// the address of each of eight lanes. Lane l holds the elements 2(l % 4) and
// 2(l % 4) + 1 of row l / 4, or of column l / 4 when transposed.
//
//===----------------------------------------------------------------------===//

#include "Access.h"

namespace attn::ptx {

namespace {

constexpr unsigned rows = 8, rowBytes = 16;

/// The byte of a matrix's row, and the row, of half `half` of a lane.
struct Place {
  unsigned row, byte;
};
template <bool transposed> Place placeOf(unsigned lane, unsigned half) {
  unsigned major = lane / 4, minor = 2 * (lane % 4) + half;
  return transposed ? Place{minor, 2 * major} : Place{major, 2 * minor};
}

template <bool transposed>
void loadMatrices(Warp &warp, const Instruction &i, Mask) {
  for (size_t matrix = 0; matrix < i.list.size(); ++matrix) {
    const uint8_t *row[rows];
    for (unsigned number = 0; number < rows; ++number) {
      unsigned lane = matrix * rows + number;
      row[number] = access(warp, i, lane, warp.address(i, lane), rowBytes,
                           rowBytes, Use::Read, true, false);
    }
    uint32_t *to = warp.at<uint32_t>(i.list[matrix]);
    for (unsigned lane = 0; lane < warpSize; ++lane)
      for (unsigned half = 0; half < 2; ++half) {
        Place from = placeOf<transposed>(lane, half);
        std::memcpy(reinterpret_cast<uint8_t *>(to + lane) + 2 * half,
                    row[from.row] + from.byte, 2);
      }
  }
}

template <bool transposed>
void storeMatrices(Warp &warp, const Instruction &i, Mask) {
  for (size_t matrix = 0; matrix < i.list.size(); ++matrix) {
    uint8_t *row[rows];
    for (unsigned number = 0; number < rows; ++number) {
      unsigned lane = matrix * rows + number;
      row[number] = access(warp, i, lane, warp.address(i, lane), rowBytes,
                           rowBytes, Use::Write, true, false);
    }
    const uint32_t *from = warp.at<uint32_t>(i.list[matrix]);
    for (unsigned lane = 0; lane < warpSize; ++lane)
      for (unsigned half = 0; half < 2; ++half) {
        Place to = placeOf<transposed>(lane, half);
        std::memcpy(row[to.row] + to.byte,
                    reinterpret_cast<const uint8_t *>(from + lane) + 2 * half,
                    2);
      }
  }
}

template <bool isStore> void decodeMatrix(Decoder &decoder) {
  Words &words = decoder.words;
  if (!words.take("sync") || !words.take("aligned") || !words.take("m8n8") ||
      !words.take("b16"))
    words.fail("'.sync', '.aligned', '.m8n8' and '.b16'");
  words.skip({"shared", "shared::cta"});
  bool transposed = words.take("trans");
  std::string count = words.takeOne({"x1", "x2", "x4"});
  Instruction &i = decoder.instruction;
  i.gather = Gather::WholeWarp;
  Type b32{Kind::Bits, 32, 1};
  decoder.address(isStore ? 0 : 1);
  const Operand &values = decoder.operand(isStore ? 1 : 0);
  i.list = isStore ? decoder.sources(values, b32)
                   : decoder.destinations(values, b32);
  if (count.empty() || i.list.size() != size_t(count[1] - '0'))
    decoder.fail("expected as many registers as matrices, got " +
                 std::to_string(i.list.size()));
  if (isStore)
    return decoder.emit(transposed ? storeMatrices<true>
                                   : storeMatrices<false>);
  decoder.emit(transposed ? loadMatrices<true> : loadMatrices<false>);
}

} // namespace

void addMatrices(DecodeTable &table) {
  table["ldmatrix"] = decodeMatrix<false>;
  table["stmatrix"] = decodeMatrix<true>;
}

} // namespace attn::ptx
