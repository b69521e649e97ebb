//===- Fragments.h - Matrices spread over the lanes of a warp ---*- C++ -*-===//
//
// The layouts of mma.sync, and of wgmma, whose warps each hold 16 rows.
// With g = lane / 4 and t = lane % 4, a register of A or C holds rows g or
// g + 8, and two columns (16-bit formats) from 2t, or one (tf32) from t.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PTX_FRAGMENTS_H
#define ATTN_PTX_FRAGMENTS_H

#include "Numbers.h"
#include "Warp.h"

namespace attn::ptx {

enum class Format : uint8_t { Half, BFloat, Tf32 };

inline unsigned elementBytes(Format format) {
  return format == Format::Tf32 ? 4 : 2;
}
inline float halfOf(Format format, uint16_t bits) {
  return format == Format::Half ? halfToFloat(bits) : bfloatToFloat(bits);
}
/// The unit ignores the 13 lowest bits.
inline float tf32Of(uint32_t bits) { return bitCast<float>(bits & 0xffffe000); }

/// An element of a matrix in registers: of lane, and in it.
struct Position {
  unsigned row, column;
};

/// Of register `number` of A; `half` for 16-bit formats.
inline Position positionInA(Format format, unsigned lane, unsigned number,
                            unsigned half) {
  unsigned row = lane / 4 + 8 * (number & 1);
  if (format == Format::Tf32)
    return {row, lane % 4 + 4 * (number >> 1)};
  return {row, 2 * (lane % 4) + half + 8 * (number >> 1)};
}
/// Row is k, column is n.
inline Position positionInB(Format format, unsigned lane, unsigned number,
                            unsigned half) {
  if (format == Format::Tf32)
    return {lane % 4 + 4 * number, lane / 4};
  return {2 * (lane % 4) + half + 8 * number, lane / 4};
}
/// Of element `number` of a lane: two columns, then the row 8 below, then the
/// next 8 columns.
inline Position positionInC(unsigned lane, unsigned number) {
  return {lane / 4 + 8 * (number >> 1 & 1),
          2 * (lane % 4) + (number & 1) + 8 * (number >> 2)};
}

/// A as rows of numbers: `depth` is k.
template <size_t N>
void readA(Warp &warp, Format format, const std::vector<uint32_t> &registers,
           double (&a)[16][N]) {
  for (size_t number = 0; number < registers.size(); ++number) {
    const uint32_t *bits = warp.at<uint32_t>(registers[number]);
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      if (format == Format::Tf32) {
        Position at = positionInA(format, lane, number, 0);
        a[at.row][at.column] = tf32Of(bits[lane]);
        continue;
      }
      for (unsigned half = 0; half < 2; ++half) {
        Position at = positionInA(format, lane, number, half);
        a[at.row][at.column] = halfOf(format, bits[lane] >> (16 * half));
      }
    }
  }
}

/// The accumulator in registers: f32, or f16 in pairs.
inline float readC(Warp &warp, const std::vector<uint32_t> &registers,
                   bool isHalf, unsigned lane, unsigned number) {
  if (!isHalf)
    return warp.at<float>(registers[number])[lane];
  return halfToFloat(
      warp.at<uint16_t>(registers[number / 2])[2 * lane + number % 2]);
}
inline void writeC(Warp &warp, const std::vector<uint32_t> &registers,
                   bool isHalf, unsigned lane, unsigned number, double value) {
  if (isHalf)
    warp.at<Half>(registers[number / 2])[2 * lane + number % 2] =
        Half::narrow(value);
  else
    warp.at<float>(registers[number])[lane] = float(value);
}

} // namespace attn::ptx

#endif // ATTN_PTX_FRAGMENTS_H
