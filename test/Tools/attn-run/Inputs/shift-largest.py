"""Copies a TensorProto of floats with its largest element shifted.

usage: shift-largest.py FROM.pb TO.pb DISTANCE
"""

import struct
import sys


def read_varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if not data[at - 1] & 128:
            return value, at


def find_raw_data(data):
    """Where field 9 begins and ends."""
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        value, at = read_varint(data, at)
        if key == 9 << 3 | 2:
            return at, at + value
        at += value if key & 7 == 2 else 0
    sys.exit("expected raw data")


def main():
    data = open(sys.argv[1], "rb").read()
    begin, end = find_raw_data(data)
    elements = list(struct.unpack(f"<{(end - begin) // 4}f", data[begin:end]))
    largest = max(range(len(elements)), key=lambda i: abs(elements[i]))
    elements[largest] += float(sys.argv[3])
    with open(sys.argv[2], "wb") as out:
        out.write(data[:begin] + struct.pack(f"<{len(elements)}f", *elements) + data[end:])


if __name__ == "__main__":
    main()
