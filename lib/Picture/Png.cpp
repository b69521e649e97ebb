//===- Png.cpp - Images as PNG files --------------------------------------===//
//
// Portable Network Graphics, second edition (ISO/IEC 15948:2004): a signature
// and three chunks. LLVM brings the compression and the checksum.
//
//===----------------------------------------------------------------------===//

#include "attn/Picture/Picture.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/Compression.h"
#include "llvm/Support/Endian.h"

namespace attn {

using Bytes = llvm::SmallVector<uint8_t, 0>;

static void appendNumber(Bytes &bytes, uint32_t number) {
  uint8_t bigEndian[4];
  llvm::support::endian::write32be(bigEndian, number);
  bytes.append(std::begin(bigEndian), std::end(bigEndian));
}

/// A length, a name of four letters, the data, and a checksum of the last two.
static void appendChunk(Bytes &file, llvm::StringRef name,
                        llvm::ArrayRef<uint8_t> data) {
  appendNumber(file, data.size());
  const size_t begin = file.size();
  file.append(name.bytes_begin(), name.bytes_end());
  file.append(data.begin(), data.end());
  appendNumber(file, llvm::crc32(llvm::ArrayRef(file).drop_front(begin)));
}

/// Size, 8 bits a channel, RGB, and the usual methods.
static Bytes getHeader(const Image &image) {
  Bytes header;
  appendNumber(header, image.width);
  appendNumber(header, image.height);
  header.append({8, 2, 0, 0, 0});
  return header;
}

/// Each row as its difference from the one above (filter "Up"), which is 0 over
/// most of a heat map.
static Bytes getRows(const Image &image) {
  constexpr uint8_t filterUp = 2;
  const size_t stride = 3 * image.width;
  Bytes rows;
  rows.reserve((stride + 1) * image.height);
  for (int64_t y = 0; y < image.height; ++y) {
    const uint8_t *row = &image.rgb[y * stride];
    rows.push_back(filterUp);
    for (size_t n = 0; n < stride; ++n)
      rows.push_back(y ? row[n] - row[n - stride] : row[n]);
  }
  return rows;
}

Result<std::string> formatPng(const Image &image) {
  if (!llvm::compression::zlib::isAvailable())
    return fail("expected an LLVM that was built with zlib, for PNG files");
  Bytes packed;
  llvm::compression::zlib::compress(getRows(image), packed);
  Bytes file = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  appendChunk(file, "IHDR", getHeader(image));
  appendChunk(file, "IDAT", packed);
  appendChunk(file, "IEND", {});
  return llvm::toStringRef(file).str();
}

} // namespace attn
