//===- PackPanels.cpp - The elements of packed constants ------------------===//
#include "PackPanels.h"

#include "attn/Support/DType.h"

#include "mlir/IR/Threading.h"

#include <future>

using namespace mlir;
using namespace mlir::attn;

/// To nearest, ties to even; a NaN stays one.
static uint16_t roundToBF16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if (value != value)
    return (bits >> 16) | 0x40;
  return (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

static uint16_t roundToF16(float value) { return ::attn::encodeF16(value); }

/// Elements as they are.
template <typename T> static T keep(T value) { return value; }

namespace {

/// A matrix of From as panels of To.
template <typename From, typename To, To (*convert)(From)> class Panels {
public:
  Panels(PackedAttr packed, ArrayRef<char> matrix)
      : packed(packed), matrix(reinterpret_cast<const From *>(matrix.data())),
        columns(packed.getColumns()), depth(packed.getDepth()),
        width(packed.getPanelColumns()), room(packed.getPanelDepth()),
        isInPairs(packed.isInPairs()) {}

  bool write(ByteSink sink) const;

private:
  void pack(int64_t panel, To *to) const;
  /// In a panel.
  int64_t getPlace(int64_t k, int64_t n) const {
    return isInPairs ? (k / 2 * width + n) * 2 + k % 2 : k * width + n;
  }

  PackedAttr packed;
  const From *matrix;
  int64_t columns, depth, width;
  int64_t room; // for steps, depth of which are there
  bool isInPairs;
};

} // namespace

/// Rows of the matrix are contiguous: of a transposed one, squares that a cache
/// holds are packed one after another.
template <typename From, typename To, To (*convert)(From)>
void Panels<From, To, convert>::pack(int64_t panel, To *to) const {
  const int64_t first = panel * width;
  const int64_t there = std::min(width, columns - first);
  if (there < width || depth < room)
    std::fill_n(to, room * width, To());
  if (!packed.getTransposed()) {
    for (int64_t k = 0; k < depth; ++k)
      for (int64_t n = 0; n < there; ++n)
        to[getPlace(k, n)] = convert(matrix[k * columns + first + n]);
    return;
  }
  constexpr int64_t block = 16;
  for (int64_t start = 0; start < depth; start += block)
    for (int64_t n = 0; n < there; ++n)
      for (int64_t k = start; k < std::min(start + block, depth); ++k)
        to[getPlace(k, n)] = convert(matrix[(first + n) * depth + k]);
}

/// Some panels are packed while those before them are taken.
template <typename From, typename To, To (*convert)(From)>
bool Panels<From, To, convert>::write(ByteSink sink) const {
  constexpr int64_t together = 32; // their bytes are a multiple of 64
  const int64_t panels = packed.getPanels(), size = room * width;
  std::vector<To> buffers[2];
  auto begin = [&](int64_t first) {
    return std::async(std::launch::async, [&, first] {
      std::vector<To> &buffer = buffers[first / together % 2];
      const int64_t count = std::min(together, panels - first);
      buffer.resize(count * size);
      parallelFor(packed.getContext(), 0, count,
                  [&](size_t n) { pack(first + n, buffer.data() + n * size); });
    });
  };
  std::future<void> next = begin(0);
  for (int64_t first = 0; first < panels; first += together) {
    next.get();
    if (first + together < panels)
      next = begin(first + together);
    const std::vector<To> &buffer = buffers[first / together % 2];
    if (!sink(StringRef(reinterpret_cast<const char *>(buffer.data()),
                        buffer.size() * sizeof(To))))
      return false;
  }
  return true;
}

bool mlir::attn::writePanels(PackedAttr packed, ByteSink sink) {
  ArrayRef<char> matrix = getBytes(packed.getMatrix());
  Type from = packed.getMatrix().getElementType();
  Type to = packed.getElementType();
  if (from != to && to.isBF16())
    return Panels<float, uint16_t, roundToBF16>(packed, matrix).write(sink);
  if (from != to)
    return Panels<float, uint16_t, roundToF16>(packed, matrix).write(sink);
  switch (to.getIntOrFloatBitWidth()) {
  case 16:
    return Panels<uint16_t, uint16_t, keep>(packed, matrix).write(sink);
  case 32:
    return Panels<uint32_t, uint32_t, keep>(packed, matrix).write(sink);
  default:
    return Panels<uint64_t, uint64_t, keep>(packed, matrix).write(sink);
  }
}
