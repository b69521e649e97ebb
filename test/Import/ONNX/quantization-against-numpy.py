# REQUIRES: numpy
# RUN: %python %s %S/Inputs %t
"""Quantized tensors against numpy: every integer exactly.

usage: quantization-against-numpy.py FOLDER_OF_AGAINST_NUMPY SCRATCH
"""

import sys

import numpy as np

random = np.random.default_rng(13)


def floats(*shape):
    return random.standard_normal(shape).astype(np.float32)


def scales(*shape):
    return random.uniform(0.01, 1, shape).astype(np.float32)


def integers(kind, *shape):
    limits = np.iinfo(kind)
    return random.integers(limits.min, limits.max, shape, kind, endpoint=True)


def text(array, kind=None):
    """A tensor's type and elements as ONNX text."""
    kind = kind or {"f": "float"}.get(array.dtype.kind, str(array.dtype))
    return f"{kind}[{','.join(map(str, array.shape))}]" if array.ndim else kind, "{" + ", ".join(str(x) for x in array.ravel()) + "}"


def constants(**arrays):
    given = {key: value if isinstance(value, tuple) else (value, None) for key, value in arrays.items()}
    return "<" + ", ".join("{} {} = {}".format(text(*value)[0], key, text(*value)[1]) for key, value in given.items()) + ">"


def dequantized(x, scale, zero=0):
    return (x.astype(np.int64) - np.int64(zero)).astype(np.float32) * np.float32(scale)


def quantized(x, scale, zero, kind, limits=None):
    limits = limits or (np.iinfo(kind).min, np.iinfo(kind).max)
    return np.clip(np.rint((x / scale).astype(x.dtype).astype(np.float32)) + np.float32(zero), *limits).astype(kind)


def along(parameter, axis, rank=3):
    return parameter.reshape(parameter.shape + (1,) * (rank - 1 - axis % rank))


def blocks(parameter, size, axis, count):
    return np.take(np.repeat(parameter, size, axis), np.arange(count), axis)


def dynamic(x):
    low, high = min(x.min(initial=0), np.float32(0)), max(x.max(initial=0), np.float32(0))
    scale = np.float32((high - low if high != low else np.float32(1)) / np.float32(255))
    zero = np.rint(np.clip(-low / scale, 0, 255)).astype(np.uint8)
    return [np.clip(np.rint(x / scale) + np.float32(zero), 0, 255).astype(np.uint8), scale, zero]


def packed(numbers, bits):
    """Rows of numbers, from the low bits of each byte to the high ones."""
    each = 8 // bits
    padded = np.pad(numbers, ((0, 0), (0, -numbers.shape[1] % each))).astype(np.uint8)
    return sum(padded[:, i::each] << (bits * i) for i in range(each)).astype(np.uint8)


def product_case(name, bits, inner, columns, size, zeros, bias=False, kind=np.float32):
    count = -(-inner // size)
    numbers = random.integers(0, 1 << bits, (columns, count * size), np.uint8)
    scale = scales(columns, count).astype(kind)
    zero = {"none": np.full((columns, count), 1 << (bits - 1)), "packed": random.integers(0, 1 << bits, (columns, count)),
            "floats": floats(columns, count).astype(kind)}[zeros]
    weights = ((numbers.reshape(columns, count, size) - zero[..., None].astype(np.float32)) * scale[..., None].astype(np.float32))
    weights = weights.reshape(columns, -1)[:, :inner].astype(kind)
    element = "float16" if kind == np.float16 else "float"
    inputs = {"x": (f"{element}[a,b,{inner}]", (floats(2, 3, inner) / 8).astype(kind)),
              "w": (f"uint8[{columns},{count},{size * bits // 8}]", packed(numbers, bits).reshape(columns, count, -1)),
              "s": (f"{element}[{columns},{count}]", scale)}
    names = ["x", "w", "s", '""', '""', '""']
    if zeros == "packed":
        inputs["z"] = (f"uint8[{columns},{-(-count * bits // 8)}]", packed(zero, bits))
    if zeros == "floats":
        inputs["z"] = (f"{element}[{columns},{count}]", zero)
    names[3] = "z" if zeros != "none" else '""'
    added = np.zeros(columns, kind)
    if bias:
        names[5], added = "c", floats(columns).astype(kind)
        inputs["c"] = (f"{element}[{columns}]", added)
    x = inputs["x"][1]
    expected = (x.astype(np.float32) @ weights.T.astype(np.float32)).astype(kind) + added
    return (name, 21, inputs, f"{element}[a,b,{columns}] y",
            f"y = com.microsoft.MatMulNBits<K = {inner}, N = {columns}, bits = {bits}, block_size = {size}>({', '.join(names)})", [expected])


X8, X3 = integers(np.int8, 2, 3, 4), 10 * floats(2, 3, 4)
# Ties go to the even number, and what is beyond the range to its end.
TIES = np.array([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 126.5, 127.5, 300, -300, np.inf, -np.inf], np.float32)
SCALE, ROW, COLUMN = np.float32(0.037), scales(3), scales(4)
ZERO8 = integers(np.int8, 3)
BLOCKS, BLOCK_ZEROS = scales(3, 2, 2), integers(np.int8, 3, 2, 2)
BLOCKED = integers(np.int8, 3, 7, 2)
W4, S4 = random.integers(-8, 8, (5, 3), np.int8), scales(5, 2)
U4, Z4 = random.integers(0, 16, (3, 5), np.uint8), np.array([1, 8, 15], np.uint8)
A8, B8 = integers(np.uint8, 2, 3, 5), integers(np.int8, 5, 4)
HALF = (10 * floats(5, 6)).astype(np.float16)

CASES = [
    ("dequantize", 10, {"x": ("int8[a,b,c]", X8), "u": ("uint8[d]", integers(np.uint8, 6)), "i": ("int32[d]", integers(np.int16, 6).astype(np.int32))},
     "float[a,b,c] p, float[d] q, float[d] r",
     (constants(s=SCALE, z=np.int8(-5), v=np.array([200], np.uint8)), "p = DequantizeLinear(x, s, z) q = DequantizeLinear(u, s, v) r = DequantizeLinear(i, s)"),
     lambda x, u, i: [dequantized(x, SCALE, -5), dequantized(u, SCALE, 200), dequantized(i, SCALE)]),
    ("dequantize-axis", 13, {"x": ("int8[a,b,c]", X8), "s": ("float[b]", ROW), "z": ("int8[b]", ZERO8), "t": ("float[c]", COLUMN)},
     "float[a,b,c] p, float[a,b,c] q", "p = DequantizeLinear(x, s, z) q = DequantizeLinear<axis = -1>(x, t)",
     [dequantized(X8, along(ROW, 1), along(ZERO8, 1)), dequantized(X8, COLUMN)]),
    ("dequantize-blocks", 21, {"x": ("int8[a,b,c]", BLOCKED), "s": ("float[a,n,c]", BLOCKS), "z": ("int8[a,n,c]", BLOCK_ZEROS)},
     "float[a,b,c] p", "p = DequantizeLinear<axis = 1, block_size = 4>(x, s, z)",
     [dequantized(BLOCKED, blocks(BLOCKS, 4, 1, 7), blocks(BLOCK_ZEROS, 4, 1, 7))]),
    ("dequantize-16-bits", 21, {"x": ("int16[a,b]", integers(np.int16, 3, 4)), "y": ("uint16[a,b]", integers(np.uint16, 3, 4))},
     "float[a,b] p, float[a,b] q", (constants(s=SCALE, z=np.int16(-300), v=np.uint16(60000)), "p = DequantizeLinear(x, s, z) q = DequantizeLinear(y, s, v)"),
     lambda x, y: [dequantized(x, SCALE, -300), dequantized(y, SCALE, 60000)]),
    ("dequantize-to-f16", 23, {"x": ("int8[a,b,c]", X8), "s": ("float16", np.float16(0.37))}, "float16[a,b,c] p, float[a,b,c] q",
     "p = DequantizeLinear(x, s) q = DequantizeLinear<output_dtype = 1>(x, s)",
     lambda x, s: [dequantized(x, s).astype(np.float16), dequantized(x, s)]),
    # Of an odd number of elements, the last byte holds one.
    ("int4", 21, {"x": ("float[a,b]", floats(2, 3)), "y": ("float[a,d]", floats(2, 3))}, "float[a,5] p, float[a,5] q",
     (constants(w=(W4, "int4"), s=S4, u=(U4, "uint4"), t=ROW, z=(Z4, "uint4")),
      "d = DequantizeLinear<axis = 1, block_size = 2>(w, s) e = Transpose(d) p = MatMul(x, e) f = DequantizeLinear<axis = 0>(u, t, z) q = MatMul(y, f)"),
     lambda x, y: [x @ dequantized(W4, blocks(S4, 2, 1, 3)).T, y @ dequantized(U4, ROW[:, None], Z4[:, None])]),
    ("to-int4", 21, {"x": ("float[a,b,c]", X3)}, "float[a,b,c] p, float[a,b,c] q",
     (constants(s=np.float32(1.1), z=(np.int8(2), "int4")),
      "one = Constant<value_ints = [1]>() z1 = Reshape(z, one) i = QuantizeLinear(x, s, z1) p = DequantizeLinear(i, s, z) j = QuantizeLinear<output_dtype = 21>(x, s) q = DequantizeLinear(j, s)"),
     [dequantized(quantized(X3, np.float32(1.1), 2, np.int8, (-8, 7)), 1.1, 2), dequantized(quantized(X3, np.float32(1.1), 0, np.uint8, (0, 15)), 1.1)]),
    # What was cast is no number of 4 bits any more.
    ("from-int4", 21, {"x": ("float[a]", TIES)}, "int8[a] p, int8[3] q",
     (constants(s=np.float32(1), z=(np.array([2, -3, 7], np.int8), "int4")),
      "q = Cast<to = 3>(z) i = Constant<value_int = 0>() k = Gather(q, i) p = QuantizeLinear(x, s, k)"),
     [quantized(TIES, 1, 2, np.int8), np.array([2, -3, 7], np.int8)]),
    ("quantize", 10, {"x": ("float[a]", TIES)}, "int8[a] p, uint8[a] q",
     (constants(s=np.float32(1), z=np.int8(0), t=np.float32(0.5)), "p = QuantizeLinear(x, s, z) q = QuantizeLinear(x, t)"),
     [quantized(TIES, 1, 0, np.int8), quantized(TIES, 0.5, 0, np.uint8)]),
    ("quantize-axis", 13, {"x": ("float[a,b,c]", X3), "s": ("float[b]", ROW), "z": ("int8[b]", ZERO8)}, "int8[a,b,c] p",
     "p = QuantizeLinear(x, s, z)", [quantized(X3, along(ROW, 1), along(ZERO8, 1), np.int8)]),
    ("quantize-blocks", 21, {"x": ("float[a,b,c]", 10 * floats(3, 7, 2)), "s": ("float[a,n,c]", BLOCKS)}, "int8[a,b,c] p, uint16[a,b,c] q",
     "p = QuantizeLinear<axis = -2, block_size = 4, output_dtype = 3>(x, s) q = QuantizeLinear<block_size = 4, output_dtype = 4>(x, s)",
     lambda x, s: [quantized(x, blocks(s, 4, 1, 7), 0, np.int8), quantized(x, blocks(s, 4, 1, 7), 0, np.uint16)]),
    ("quantize-f16", 21, {"x": ("float16[a,b]", HALF), "s": ("float16", np.float16(0.3)), "z": ("uint8", np.uint8(100))}, "uint8[a,b] p",
     "p = QuantizeLinear(x, s, z)", lambda x, s, z: [quantized(x, s, z, np.uint8)]),
    ("quantize-int32", 13, {"x": ("int32[a]", np.array([-25, -15, 5, 7, 2000], np.int32))}, "int8[a] p",
     (constants(s=np.float32(10), z=np.int8(1)), "p = QuantizeLinear(x, s, z)"), [np.array([-1, -1, 1, 2, 127], np.int8)]),
    ("dynamic", 11, {key: ("float[a,b]", x) for key, x in (("x", X3[0]), ("y", abs(X3[0]) + 1), ("z", -abs(X3[0])))},
     ", ".join(f"uint8[a,b] {k}0, float {k}1, uint8 {k}2" for k in "xyz"), " ".join(f"{k}0, {k}1, {k}2 = DynamicQuantizeLinear({k})" for k in "xyz"),
     lambda x, y, z: dynamic(x) + dynamic(y) + dynamic(z)),
    ("dynamic-empty", 11, {"x": ("float[a,b]", floats(0, 3))}, "uint8[a,b] p, float q, uint8 r", "p, q, r = DynamicQuantizeLinear(x)", dynamic),
    ("integer-products", 10, {"a": ("uint8[m,n,k]", A8), "b": ("int8[k,l]", B8)}, "int32[m,n,l] p, int32[m,n,l] q, int32[m,n,l] r",
     (constants(y=np.uint8(131), z=np.int8(-7), c=B8[0], d=A8[:, :, :1]),
      "p = MatMulInteger(a, b) q = MatMulInteger(a, b, y, z) r = MatMulInteger(a, b, d, c)"),
     [A8.astype(np.int32) @ B8, (A8.astype(np.int32) - 131) @ (B8.astype(np.int32) + 7), (A8.astype(np.int32) - A8[:, :, :1]) @ (B8.astype(np.int32) - B8[0])]),
    ("integer-products-by-row", 10, {"a": ("uint8[m,k]", A8[0]), "b": ("int8[k,l]", B8), "z": ("uint8[m]", A8[0, :, 1])}, "int32[m,l] p",
     "p = MatMulInteger(a, b, z)", [(A8[0].astype(np.int32) - A8[0, :, 1:2]) @ B8]),
    product_case("4-bits", 4, 32, 5, 16, "none"),
    product_case("4-bits-zeros", 4, 96, 5, 32, "packed"),
    product_case("4-bits-part-of-a-block", 4, 40, 5, 16, "packed", bias=True),
    product_case("4-bits-zeros-of-floats", 4, 64, 5, 32, "floats"),
    product_case("4-bits-f16", 4, 64, 5, 32, "packed", kind=np.float16),
    product_case("8-bits", 8, 48, 5, 16, "packed", bias=True),
    product_case("2-bits", 2, 96, 5, 32, "packed"),
]

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    import against_numpy
    sys.exit(against_numpy.main(CASES, *sys.argv[1:]))
