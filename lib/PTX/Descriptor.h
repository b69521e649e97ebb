//===- Descriptor.h - Matrices in shared memory, for wgmma ------*- C++ -*-===//
//
// 16 bytes of a row are the unit; eight rows of one or more units make the
// pattern of a swizzle. By K, rows are of M or N: eight rows lie `pitch`
// apart, and the next eight `strideOffset` away. Transposed, rows are of K,
// and units beyond the pattern lie `leadingOffset` away.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PTX_DESCRIPTOR_H
#define ATTN_PTX_DESCRIPTOR_H

#include "attn/PTX/TensorMap.h"

#include <string>
#include <vector>

namespace attn::ptx {

struct Descriptor {
  explicit Descriptor(uint64_t bits)
      : start((bits & 0x3fff) << 4), leadingOffset((bits >> 16 & 0x3fff) << 4),
        strideOffset((bits >> 32 & 0x3fff) << 4), baseOffset(bits >> 49 & 7) {
    constexpr unsigned swizzles[] = {0, 128, 64, 32};
    swizzle = swizzles[bits >> 62];
  }

  uint32_t start, leadingOffset, strideOffset;
  unsigned baseOffset, swizzle;

  std::string check() const {
    if (baseOffset)
      return "expected a descriptor without a base offset";
    return {};
  }

  /// The address of unit `unit` of row `row`.
  uint32_t place(bool transposed, unsigned row, unsigned unit) const {
    uint32_t at = start;
    if (!swizzle) // eight rows of one unit are one piece
      at += row % 8 * 16 +
            (transposed ? unit * strideOffset + row / 8 * leadingOffset
                        : unit * leadingOffset + row / 8 * strideOffset);
    else {
      unsigned units = swizzle / 16;
      at += row / 8 * strideOffset + row % 8 * swizzle +
            (transposed ? unit / units * leadingOffset + unit % units * 16
                        : unit * 16);
    }
    return swizzleAddress(at, swizzle);
  }

  /// All units of the rows (of M or N) from `first` on: row by row along K,
  /// or, transposed, K by K.
  std::vector<uint32_t> places(bool transposed, unsigned first, unsigned count,
                               unsigned depth, unsigned elementBytes) const {
    unsigned together = 16 / elementBytes;
    std::vector<uint32_t> list;
    if (transposed)
      for (unsigned k = 0; k < depth; ++k)
        for (unsigned at = first; at < first + count; at += together)
          list.push_back(place(true, k, at / together));
    else
      for (unsigned row = first; row < first + count; ++row)
        for (unsigned unit = 0; unit < depth / together; ++unit)
          list.push_back(place(false, row, unit));
    return list;
  }
};

} // namespace attn::ptx

#endif // ATTN_PTX_DESCRIPTOR_H
