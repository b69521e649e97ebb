//===- Font.h - A small font for labels -------------------------*- C++ -*-===//

#ifndef ATTN_PICTURE_FONT_H
#define ATTN_PICTURE_FONT_H

#include <cstdint>

namespace attn::font {

constexpr int64_t glyphWidth = 5, glyphHeight = 7;
/// From one glyph to the next, with one column between them.
constexpr int64_t advance = 6;

/// Whether the pixel at (x, y) of a character's glyph is set.
bool pixel(char character, int64_t x, int64_t y);

} // namespace attn::font

#endif // ATTN_PICTURE_FONT_H
