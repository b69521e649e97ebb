//===- TensorMap.h - What TMA knows of a tensor -----------------*- C++ -*-===//
//
// The driver's opaque 128 bytes, in a form of our own.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PTX_TENSORMAP_H
#define ATTN_PTX_TENSORMAP_H

#include <cstdint>

namespace attn::ptx {

struct TensorMap {
  static constexpr uint32_t expectedMagic = 0x4d505441;

  uint32_t magic = expectedMagic;
  uint8_t rank = 0, elementBytes = 0;
  uint8_t swizzle = 0; // bytes of a row of the pattern: 0, 32, 64 or 128
  uint8_t fillsNan = 0;
  uint64_t address = 0;
  uint64_t strides[4] = {}; // in bytes, of all dimensions but the first
  uint32_t sizes[5] = {};   // less one: up to 2^32
  uint16_t box[5] = {};
  uint8_t elementStrides[5] = {};

  /// The limits that the driver's documentation states, but for addresses.
  bool isValid() const {
    bool isPower = elementBytes == 1 || elementBytes == 2 ||
                   elementBytes == 4 || elementBytes == 8;
    if (magic != expectedMagic || !isPower || rank < 1 || rank > 5 ||
        address % 16)
      return false;
    for (unsigned n = 0; n < rank; ++n)
      if (!box[n] || box[n] > 256 || !elementStrides[n] ||
          elementStrides[n] > 8 ||
          (n && (stride(n) % 16 || stride(n) >= uint64_t(1) << 40)))
        return false;
    uint32_t row = count(0) * elementBytes;
    return row % 16 == 0 && (!swizzle || row <= swizzle);
  }

  uint64_t size(unsigned dimension) const {
    return uint64_t(sizes[dimension]) + 1;
  }
  uint64_t stride(unsigned dimension) const {
    return dimension ? strides[dimension - 1] : elementBytes;
  }
  /// Elements of the box that are copied along a dimension.
  uint32_t count(unsigned dimension) const {
    return (box[dimension] + elementStrides[dimension] - 1) /
           elementStrides[dimension];
  }
  uint32_t boxBytes() const {
    uint32_t bytes = elementBytes;
    for (unsigned dimension = 0; dimension < rank; ++dimension)
      bytes *= count(dimension);
    return bytes;
  }
};
static_assert(sizeof(TensorMap) <= 128);

/// Where the pattern puts a byte of shared memory: groups of 16 bytes trade
/// places by the number of their 128-byte row.
constexpr uint32_t swizzleAddress(uint32_t address, unsigned swizzle) {
  uint32_t mask = swizzle == 128 ? 7 : swizzle == 64 ? 3 : swizzle == 32;
  return address ^ ((address >> 7 & mask) << 4);
}

} // namespace attn::ptx

#endif // ATTN_PTX_TENSORMAP_H
