#!/usr/bin/env python3
"""Makes an ONNX model file from text, with nothing but the standard library.

usage: make-model.py TEXT MODEL.onnx

The text is a subset of ONNX's own textual syntax:

  <opset_import: ["" : 20]>
  g (float[batch,3] x) => (float[batch,3] z) <float[3] w = {1, 2, 3}> {
    y = Add (x, w)
    z = Softmax <axis = -1> (y)
  }

Attributes are integers, floats, strings, lists of them, tensors (`float[2] {1, 2}`), graphs, or `@name` for an attribute of
the function around the node. Functions follow the graph: `<domain: "local"> f <alpha> (x) => (y) { ... }`. An initializer
of external data is `float[2] w = ["location" : "data.bin", "offset" : "0"]`. Lines that begin with # are comments.
"""

import re
import struct
import sys

ELEMENT_TYPES = {"float": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7, "string": 8, "bool": 9,
                 "float16": 10, "double": 11, "uint32": 12, "uint64": 13, "complex64": 14, "bfloat16": 16,
                 "float8e4m3fn": 17, "uint4": 21, "int4": 22}
FORMATS = {"float": "f", "uint8": "B", "int8": "b", "uint16": "H", "int16": "h", "int32": "i", "int64": "q", "bool": "?",
           "float16": "e", "double": "d", "uint32": "I", "uint64": "Q"}
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|=>|-?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|inf\b|nan\b)|[A-Za-z_][\w./]*|\S')


# --- Wire format -----------------------------------------------------------------------------------------------------------

def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def fixed_float(field, value):
    return varint(field << 3 | 5) + struct.pack("<f", value)


def block(field, payload):
    payload = payload.encode() if isinstance(payload, str) else payload
    return varint(field << 3 | 2) + varint(len(payload)) + payload


# --- Parser ----------------------------------------------------------------------------------------------------------------

class Parser:
    def __init__(self, text):
        lines = [line for line in text.splitlines() if not line.lstrip().startswith(("#", "//"))]
        self.tokens = TOKEN.findall("\n".join(lines))
        self.position = 0

    def peek(self, ahead=0):
        at = self.position + ahead
        return self.tokens[at] if at < len(self.tokens) else ""

    def next(self):
        self.position += 1
        return self.tokens[self.position - 1]

    def accept(self, token):
        if self.peek() == token:
            self.position += 1
            return True
        return False

    def expect(self, token):
        if not self.accept(token):
            around = " ".join(self.tokens[max(0, self.position - 8):self.position + 4])
            sys.exit(f"make-model: error: expected '{token}', got '{self.peek()}' in: {around}")

    def sequence(self, end, item):
        """Items up to `end`, with commas between them."""
        items = []
        while not self.accept(end):
            items.append(item())
            self.accept(",")
        return items

    def string(self):
        return self.next()[1:-1]

    # Types and tensors

    def tensor_type(self):
        """(element type, dimensions or None)"""
        name = self.next()
        if not self.accept("["):
            return name, ([] if self.peek() != "?" else None)
        return name, self.sequence("]", self.next)

    def value_info(self):
        """A name with or without a type; `float x` is a scalar, `float? x` has no rank."""
        name_only = self.peek(1) in (",", ")", "")
        if name_only:
            return block(1, self.next())
        element, dims = self.tensor_type()
        shape = b""
        if self.accept("?"):
            dims = None
        if dims is not None:
            for dim in dims:
                is_size = re.fullmatch(r"-?\d+", dim)
                shape += block(1, number(1, int(dim)) if is_size else b"" if dim == "?" else block(2, dim))
            shape = block(2, shape)
        tensor = number(1, ELEMENT_TYPES[element]) + shape
        return block(1, self.next()) + block(2, block(1, tensor))

    def tensor(self, element, dims, name=""):
        """The elements, from `{...}`, or the place of external data."""
        sizes = b"".join(number(1, int(dim)) for dim in dims)
        head = sizes + number(2, ELEMENT_TYPES[element]) + block(8, name)
        if self.accept("["):
            pairs = self.sequence("]", lambda: (self.string(), self.expect(":"), self.string()))
            return head + b"".join(block(13, block(1, k) + block(2, v)) for k, _, v in pairs) + number(14, 1)
        self.expect("{")
        parse = float if element in ("float", "double", "float16", "bfloat16") else lambda v: int(v) if v.lstrip("-").isdigit() else int(float(v))
        values = [parse(v) for v in self.sequence("}", self.next)]
        if element == "bfloat16":
            return head + block(9, b"".join(struct.pack("<f", v)[2:] for v in values))
        if element in ("uint4", "int4"):
            return head + block(9, bytes(a & 15 | (b & 15) << 4 for a, b in zip(values[::2], [*values[1::2], 0])))
        return head + block(9, struct.pack(f"<{len(values)}{FORMATS[element]}", *values))

    # Attributes

    def scalar(self):
        token = self.next()
        if token.startswith('"'):
            return token[1:-1].encode()
        return int(token) if re.fullmatch(r"-?\d+", token) else float(token)

    def attribute(self):
        name = block(1, self.next())
        if self.accept(":"):
            self.next()
        self.expect("=")
        if self.accept("@"):
            return name + block(21, self.next())
        if self.accept("["):
            return name + self.list_value(self.sequence("]", self.scalar))
        if self.peek() in ELEMENT_TYPES:
            element, dims = self.tensor_type()
            return name + block(5, self.tensor(element, dims)) + number(20, 4)
        if self.peek(1) == "(":
            return name + block(6, self.graph()) + number(20, 5)
        value = self.scalar()
        if isinstance(value, int):
            return name + number(3, value) + number(20, 2)
        if isinstance(value, float):
            return name + fixed_float(2, value) + number(20, 1)
        return name + block(4, value) + number(20, 3)

    @staticmethod
    def list_value(values):
        if values and isinstance(values[0], bytes):
            return b"".join(block(9, v) for v in values) + number(20, 8)
        if any(isinstance(v, float) for v in values):
            return b"".join(fixed_float(7, v) for v in values) + number(20, 6)
        return b"".join(number(8, v) for v in values) + number(20, 7)

    # Graphs

    def name_or_empty(self):
        return self.string() if self.peek().startswith('"') else self.next()

    def node(self):
        outputs = [self.name_or_empty()]
        while self.accept(","):
            outputs.append(self.name_or_empty())
        self.expect("=")
        domain, _, op = self.next().rpartition(".")
        attributes = self.attributes()
        self.expect("(")
        inputs = self.sequence(")", self.name_or_empty)
        attributes += self.attributes()
        return (b"".join(block(1, i) for i in inputs) + b"".join(block(2, o) for o in outputs) + block(4, op)
                + b"".join(block(5, a) for a in attributes) + (block(7, domain) if domain else b""))

    def attributes(self):
        return self.sequence(">", self.attribute) if self.accept("<") else []

    def nodes(self):
        self.expect("{")
        return self.sequence("}", self.node)

    def initializer(self):
        element, dims = self.tensor_type()
        name = self.next()
        self.expect("=")
        return self.tensor(element, dims, name)

    def graph(self):
        name = self.next()
        self.expect("(")
        inputs = self.sequence(")", self.value_info)
        self.expect("=>")
        self.expect("(")
        outputs = self.sequence(")", self.value_info)
        initializers = self.sequence(">", self.initializer) if self.accept("<") else []
        return (b"".join(block(1, n) for n in self.nodes()) + block(2, name) + b"".join(block(5, i) for i in initializers)
                + b"".join(block(11, i) for i in inputs) + b"".join(block(12, o) for o in outputs))

    def header(self):
        """The properties in <...>, by name."""
        self.expect("<")

        def prop():
            name = self.next()
            self.expect(":")
            if self.accept("["):
                return name, self.sequence("]", lambda: (self.string(), self.expect(":"), int(self.next())))
            return name, self.name_or_empty()

        return dict(self.sequence(">", prop))

    @staticmethod
    def opsets(field, header):
        return b"".join(block(field, block(1, domain) + number(2, version))
                        for domain, _, version in header.get("opset_import", []))

    def function(self):
        header = self.header()
        name = self.next()
        attributes = self.sequence(">", self.next) if self.accept("<") else []
        self.expect("(")
        inputs = self.sequence(")", self.next)
        self.expect("=>")
        self.expect("(")
        outputs = self.sequence(")", self.next)
        return (block(1, name) + b"".join(block(4, i) for i in inputs) + b"".join(block(5, o) for o in outputs)
                + b"".join(block(6, a) for a in attributes) + b"".join(block(7, n) for n in self.nodes())
                + self.opsets(9, header) + block(10, header.get("domain", "")))

    def model(self):
        header = self.header()
        out = number(1, int(header.get("ir_version", 10))) + self.opsets(8, header) + block(7, self.graph())
        while self.peek():
            out += block(25, self.function())
        return out


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1]) as text:
        model = Parser(text.read()).model()
    with open(sys.argv[2], "wb") as out:
        out.write(model)


if __name__ == "__main__":
    main()
