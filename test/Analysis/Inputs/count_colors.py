"""Prints how many pixels of a PNG file have each of its commonest colors: `RRGGBB count`, the commonest first.

usage: count_colors.py FILE.png HOW_MANY
"""

import collections
import struct
import sys
import zlib


def read_chunks(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "expected a PNG file"
    at = 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0], "expected a right CRC"
        yield kind, body
        at += 12 + length


def read_rows(data):
    """The rows of RGB bytes; a row is as it is, or the difference to the one above."""
    chunks = list(read_chunks(data))
    width, height, bits, colors = struct.unpack(">IIBB", chunks[0][1][:10])
    assert (bits, colors) == (8, 2), "expected 8 bits of RGB"
    raw = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    stride = 3 * width + 1
    assert len(raw) == stride * height, "expected all rows"
    above = bytes(3 * width)
    for y in range(height):
        kind, row = raw[y * stride], raw[y * stride + 1:(y + 1) * stride]
        assert kind in (0, 2), "expected rows without a filter, or by the row above"
        above = bytes((a + b) % 256 for a, b in zip(above, row)) if kind else row
        yield above


with open(sys.argv[1], "rb") as file:
    counts = collections.Counter(row[x:x + 3].hex() for row in read_rows(file.read()) for x in range(0, len(row), 3))
for color, count in counts.most_common(int(sys.argv[2])):
    print(color, count)
