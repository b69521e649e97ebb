"""Checks that a picture is a PNG with at least the given number of text rows, and that something is drawn."""

import struct
import sys
import zlib

data = open(sys.argv[1], "rb").read()
assert data[:8] == b"\x89PNG\r\n\x1a\n"
width, height = struct.unpack(">II", data[16:24])
assert width > 480 and height >= 16 * int(sys.argv[2]), (width, height)
at, pixels = 8, b""
while at < len(data):
    size, kind = struct.unpack(">I4s", data[at:at + 8])
    if kind == b"IDAT":
        pixels += data[at + 8:at + 8 + size]
    at += size + 12
assert len(set(zlib.decompress(pixels))) > 8
