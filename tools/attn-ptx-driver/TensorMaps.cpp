//===- TensorMaps.cpp - cuTensorMapEncodeTiled ----------------------------===//

#include "Driver.h"

#include "attn/PTX/TensorMap.h"

#include <cstring>

namespace attn::ptxdriver {

namespace {

/// By the number of the data type; 0 where there is none.
uint8_t elementBytes(int type) {
  constexpr uint8_t table[] = {1, 2, 4, 4, 8, 8, 2, 4, 8, 2, 4, 4, 4};
  return type >= 0 && type < 13 ? table[type] : 0;
}

} // namespace

ATTN_CUDA_API
cuTensorMapEncodeTiled(void *encoded, int type, unsigned rank, void *address,
                       const uint64_t *sizes, const uint64_t *strides,
                       const unsigned *box, const unsigned *elementStrides,
                       int interleave, int swizzle, int, int outside) {
  constexpr uint8_t swizzles[] = {0, 32, 64, 128};
  if (!encoded || reinterpret_cast<uint64_t>(encoded) % 64 || rank > 5 ||
      !sizes || !box || !elementStrides || (rank > 1 && !strides))
    return invalidValue;
  if (interleave || swizzle < 0 || swizzle > 3)
    return notSupported;
  ptx::TensorMap map;
  map.rank = rank;
  map.elementBytes = elementBytes(type);
  map.swizzle = swizzles[swizzle];
  map.fillsNan = outside == 1;
  map.address = reinterpret_cast<uint64_t>(address);
  for (unsigned n = 0; n < rank; ++n) {
    if (!sizes[n] || sizes[n] > uint64_t(1) << 32)
      return invalidValue;
    map.sizes[n] = sizes[n] - 1;
    map.box[n] = box[n] > 256 ? 0 : box[n];
    map.elementStrides[n] = elementStrides[n] > 8 ? 0 : elementStrides[n];
    if (n)
      map.strides[n - 1] = strides[n - 1];
  }
  if (!map.isValid())
    return invalidValue;
  std::memset(encoded, 0, 128);
  std::memcpy(encoded, &map, sizeof map);
  return success;
}

} // namespace attn::ptxdriver
