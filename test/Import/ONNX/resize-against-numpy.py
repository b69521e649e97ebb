# REQUIRES: numpy
# RUN: %python %s %S/Inputs %t
"""Resize against interpolation by its definition, with sizes that are constants or follow from others.

usage: resize-against-numpy.py FOLDER_OF_AGAINST_NUMPY SCRATCH
"""

import sys

import numpy as np

random = np.random.default_rng(23)


def floats(*shape):
    return random.standard_normal(shape).astype(np.float32)


def places(size, new, scale, coordinates):
    """Where the positions of the result lie in the data."""
    x = np.arange(new, dtype=np.float64)
    half = (x + 0.5) / scale - 0.5
    if coordinates == "asymmetric":
        return x / scale
    if coordinates == "align_corners":
        return x * (size - 1) / (new - 1) if new > 1 else 0 * x
    if coordinates == "pytorch_half_pixel":
        return half if new > 1 else 0 * x
    if coordinates == "half_pixel_symmetric":
        return size / 2 * (1 - new / (scale * size)) + half
    return half


def cubic(d, a):
    d = np.abs(d)
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0))


def weights(size, new, scale, mode="nearest", coordinates="half_pixel", nearest="round_prefer_floor", a=-0.75, exclude=False):
    """The matrix of one dimension: what is outside counts for the border, or not at all."""
    at = places(size, new, scale, coordinates)
    matrix = np.zeros((new, size))
    for row, x in enumerate(at):
        if mode == "nearest":
            n = {"floor": np.floor(x), "ceil": np.ceil(x), "round_prefer_floor": np.ceil(x - 0.5),
                 "round_prefer_ceil": np.floor(x + 0.5)}[nearest]
            matrix[row, int(np.clip(n, 0, size - 1))] = 1
            continue
        taps = np.floor(x) + (np.arange(2) if mode == "linear" else np.arange(-1, 3))
        values = 1 - np.abs(x - taps) if mode == "linear" else cubic(x - taps, a)
        for tap, value in zip(taps, values):
            if not exclude or 0 <= tap < size:
                matrix[row, int(np.clip(tap, 0, size - 1))] += value
        if exclude:
            matrix[row] /= matrix[row].sum()
    return matrix


def resize(x, scales, sizes, **how):
    result = x.astype(np.float64)
    for axis, (scale, new) in enumerate(zip(scales, sizes)):
        if new != x.shape[axis] or scale != 1:
            matrix = weights(x.shape[axis], new, scale, **how)
            result = np.moveaxis(np.tensordot(matrix, result, (1, axis)), 0, axis)
    return result.astype(x.dtype)


def by_scales(name, x, scales, attributes, opset=18, axes=None, **how):
    """All sizes of `x` are symbols."""
    full = [1.0] * x.ndim
    for axis, scale in zip(axes if axes is not None else range(x.ndim), scales):
        full[axis] = scale
    sizes = [int(np.floor(np.float32(n) * np.float32(s))) for n, s in zip(x.shape, full)]
    listed = ", ".join(map(str, map(float, scales)))
    if axes is not None:
        attributes += f", axes = [{', '.join(map(str, axes))}]"
    inputs = "x, s" if opset < 11 else 'x, "", s'
    return (name, opset, {"x": (f"float[{','.join('abcd'[:x.ndim])}]", x)}, f"float[{','.join('efgh'[:x.ndim])}] y",
            f"s = Constant<value = float[{len(scales)}] {{{listed}}}>() y = Resize<{attributes}>({inputs})",
            [resize(x, full, sizes, **how)])


def by_sizes(name, x, sizes, attributes, known=True, **how):
    """The sizes are constants, or those of another input."""
    scales = [new / old for new, old in zip(sizes, x.shape)]
    expected = [resize(x, scales, sizes, **how)]
    inputs = {"x": (f"float[{','.join('abcd'[:x.ndim])}]", x)}
    if known:
        code = f"s = Constant<value_ints = [{', '.join(map(str, sizes))}]>()"
        shape = ",".join(map(str, sizes))
    else:
        inputs["p"] = (f"float[{','.join('efgh'[:x.ndim])}]", floats(*sizes))
        code, shape = "s = Shape(p)", ",".join("efgh"[:x.ndim])
    return (name, 18, inputs, f"float[{shape}] y", f'{code} y = Resize<{attributes}>(x, "", "", s)', expected)


IMAGE, LINE = floats(2, 3, 5, 7), floats(1, 3, 6)
LINEAR, CUBIC = 'mode = "linear"', 'mode = "cubic"'
COORDINATES = ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric")
CASES = [
    by_sizes("larger-linear", IMAGE, [2, 3, 9, 11], LINEAR, mode="linear"),
    by_sizes("smaller-linear", IMAGE, [2, 3, 3, 2], LINEAR, mode="linear"),
    by_sizes("larger-cubic", IMAGE, [2, 3, 8, 15], CUBIC, mode="cubic"),
    by_sizes("cubic-of-its-own", IMAGE, [2, 3, 8, 15], CUBIC + ", cubic_coeff_a = -0.5, exclude_outside = 1", mode="cubic", a=-0.5, exclude=True),
    by_sizes("sizes-of-another", IMAGE, [2, 3, 9, 4], CUBIC, known=False, mode="cubic"),
    by_sizes("as-large", IMAGE, [2, 3, 5, 7], LINEAR, known=False, mode="linear"),
    by_sizes("to-one", LINE, [1, 3, 1], LINEAR + ', coordinate_transformation_mode = "pytorch_half_pixel"', mode="linear", coordinates="pytorch_half_pixel"),
    by_sizes("to-none", LINE, [1, 3, 0], LINEAR, mode="linear"),
    by_sizes("batch-too", LINE, [2, 2, 9], LINEAR, mode="linear"),
    *(by_scales(f"scales-{mode}-{coordinates}", IMAGE, [1, 1, 1.7, 0.6], f'mode = "{mode}", coordinate_transformation_mode = "{coordinates}"',
                mode=mode, coordinates=coordinates) for mode in ("linear", "cubic") for coordinates in COORDINATES),
    *(by_scales(f"nearest-{nearest}", LINE, [1, 1, 2.5], f'nearest_mode = "{nearest}", coordinate_transformation_mode = "asymmetric"',
                nearest=nearest, coordinates="asymmetric") for nearest in ("floor", "ceil", "round_prefer_floor", "round_prefer_ceil")),
    by_scales("some-axes", IMAGE, [2, 3], LINEAR, axes=[3, 2], mode="linear"),
    by_scales("early", IMAGE, [1, 1, 2, 2], 'mode = "nearest"', opset=10, nearest="floor", coordinates="asymmetric"),
    ("integers", 18, {"x": ("int64[a,3]", random.integers(-9, 9, (2, 3)))}, "int64[a,6] y",
     's = Constant<value = float[2] {1.0, 2.0}>() y = Resize(x, "", s)', lambda x: [np.repeat(x, 2, 1)]),
]


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    import against_numpy
    sys.exit(against_numpy.main(CASES, *sys.argv[1:]))
