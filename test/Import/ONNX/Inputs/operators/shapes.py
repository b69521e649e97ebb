"""Rows that make, move and join tensors: Constants.cpp, Reshape.cpp, Join.cpp, Pad.cpp, Generator.cpp, DataSized.cpp, Depth.cpp,
Resize.cpp, GridSample.cpp."""

import itertools
import math

import numpy as np
from sheet import alias, case, each_float, floats, ints, known, op

X, Y = floats(2, 3, 4), floats(2, 1, 4)
I = ints([7, -7, 8], [0, 5, -2])
SHAPED = (19, 21, 23, 24, 25)

op("Constant", (7, 9, 11, 12, 13, *SHAPED), case([np.array([1.5, -2], np.float32)], attrs="value = float[2] {1.5, -2}"),
   case([np.array(-3)], attrs="value_int = -3", since=12), case([ints(3, 4)], attrs="value_ints = [3, 4]", since=12),
   case([np.array(0.5, np.float32)], attrs="value_float = 0.5", since=12), case([np.array([0.5, 2], np.float32)], attrs="value_floats = [0.5, 2.0]", since=12),
   limits="no strings, no sparse tensors")
op("ConstantOfShape", (9, 20, *SHAPED[1:]), case([np.zeros((2, 3), np.float32)], known([2, 3])),
   case([np.full((3,), -7)], known([3]), attrs="value = int64[1] {-7}"), limits="the shape follows from shapes, constants, or data that the model reads as sizes")
op("Shape", (7, 13, 15, *SHAPED), case(lambda x: ints(*x.shape), X), case(lambda x: ints(3), X, attrs="start = 1, end = 2", since=15),
   case(lambda x: ints(3, 4), X, attrs="start = -2", since=15))
op("Size", (7, 13, *SHAPED), case(lambda x: np.array(x.size), X))
op("Identity", (7, 13, 14, 16, *SHAPED), each_float(lambda x: x, X), case(lambda x: x, I))

op("Reshape", (7, 13, 14, *SHAPED), each_float(lambda x, s: x.reshape(6, 4), X, known([6, 4])), case(lambda x, s: x.reshape(2, 12), X, known([0, -1])),
   case(lambda x, s: np.zeros((0, 3), np.float32), np.zeros((3, 0), np.float32), known([0, 3]), attrs="allowzero = 1", since=14),
   limits="the shape follows from shapes, constants, or data that the model reads as sizes")
op("Flatten", (7, 9, 11, 13, *SHAPED[1:]), case(lambda x: x.reshape(2, 12), X), case(lambda x: x.reshape(6, 4), X, attrs="axis = 2"),
   case(lambda x: x.reshape(1, 24), X, attrs="axis = 0"), case(lambda x: x.reshape(6, 4), X, attrs="axis = -1", since=11))
op("Unsqueeze", (7, 11, 13, *SHAPED[1:]), case(lambda x: x[:, None, :, None], X[0], attrs="axes = [1, 3]", until=12),
   case(lambda x, a: x[:, None, :, None], X[0], known([1, -1]), since=13), limits="`axes` are known")
op("Squeeze", (7, 11, 13, *SHAPED[1:]), case(lambda x: x[:, 0], Y, attrs="axes = [1]", until=12), case(lambda x, a: x[:, 0], Y, known([-2]), since=13),
   case(lambda x: x[:, 0], Y, static=True), limits="`axes` are known; without them, so are the sizes")
op("Transpose", (7, 13, *SHAPED[1:]), case(lambda x: x.transpose(2, 1, 0), X), each_float(lambda x: x.transpose(1, 2, 0), X, attrs="perm = [1, 2, 0]"))
op("Expand", (8, 13), case(lambda x, s: np.broadcast_to(x, (5, 2, 3, 4)), Y, known([5, 1, 3, 1])), case(lambda x, s: np.broadcast_to(x, (2, 3)), I[:, :1], known([2, 3])))

op("Concat", (7, 11, 13), each_float(lambda x, y, z: np.concatenate([x, y, z], 1), X, Y, X, attrs="axis = 1"), case(lambda x: x, X, attrs="axis = 0"),
   case(lambda x, y: np.concatenate([x, y], -1), I, I[:, :2], attrs="axis = -1", since=11))
op("Split", (7, 11, 13, 18), case(lambda x: [x[:, :1], x[:, 1:]], X, attrs="axis = 1, split = [1, 2]", until=12), case(lambda x: [x[:1], x[1:]], X, until=17),
   case(lambda x, s: [x[:, :1], x[:, 1:]], X, known([1, 2]), attrs="axis = 1", since=13), case(lambda x: [x[:, :2], x[:, 2:]], X, attrs="axis = 1, num_outputs = 2", since=18))
op("Slice", (7, 10, 11, 13), case(lambda x: x[1:2, :, -3:], X, attrs="axes = [0, 2], starts = [1, -3], ends = [2, 1000]", until=9),
   case(lambda x: x[:1, 1:3], X, attrs="starts = [0, 1], ends = [1, 3]", until=9),
   each_float(lambda x, *_: x[:, 1:3, :], X, known([1]), known([3]), known([1]), since=10), case(lambda x, *_: x[..., 1::2], X, known([1]), known([99]), known([2]), known([2]), since=10),
   case(lambda x, *_: x[..., 3:0:-2], X, known([3]), known([0]), known([-1]), known([-2]), since=10))
op("Tile", (7, 13), case(lambda x, r: np.tile(x, (2, 1, 3)), X, known([2, 1, 3])), case(lambda x, r: np.tile(x, (1, 2)), I, known([1, 2])))

WIDTHS = [0, 1, 0, 2, 0, 3]
SIDES = ((0, 2), (1, 0), (0, 3))
MODES = ("reflect", "edge")
op("Pad", (7, 11, 13, 18, *SHAPED),
   case(lambda x: np.pad(x, SIDES, constant_values=1.5), X, attrs="pads = [0, 1, 0, 2, 0, 3], value = 1.5", until=10),
   [case(lambda x, m=mode: np.pad(x, ((0, 1), (1, 0), (0, 3)), m), X, attrs=f'mode = "{mode}", pads = [0, 1, 0, 1, 0, 3]', until=10) for mode in MODES],
   case(lambda x, p: np.pad(x, SIDES), X, known(WIDTHS), since=11), each_float(lambda x, p, v: np.pad(x, SIDES, constant_values=1.5), X, known(WIDTHS), np.array(1.5, np.float32), since=11),
   [case(lambda x, p, m=mode: np.pad(x, ((0, 1), (1, 0), (0, 3)), m), X, known([0, 1, 0, 1, 0, 3]), attrs=f'mode = "{mode}"', since=11) for mode in MODES],
   case(lambda x, p, v, a: np.pad(x, ((0, 0), (0, 0), (1, 2)), constant_values=2), X, known([1, 2]), known(np.float32(2)), known([-1]), since=18),
   case(lambda x, p: np.pad(x, ((0, 0), (1, 0), (0, 3)), "wrap"), X, known([0, 1, 0, 0, 0, 3]), attrs='mode = "wrap"', since=19),
   limits="`axes` are known")

op("Range", (11, 27), case(lambda a, b, d: np.arange(2, 9, 3), known(np.array(2)), known(np.array(9)), known(np.array(3))),
   case(lambda a, b, d: np.arange(2, -5, -2), known(np.array(2)), known(np.array(-5)), known(np.array(-2))),
   case(lambda a, b, d: np.array([0.5, 0.75, 1.0], np.float32), known(np.float32(0.5)), known(np.float32(1.2)), known(np.float32(0.25))),
   case(lambda a, b, d: np.array([3, 2, 1, 0], np.float32), np.float32(3), np.float32(-1), known(np.float32(-1))),
   limits="`delta` of integers is known; the others follow from shapes, constants, or data that the model reads as sizes")
SQUARE = floats(2, 4, 5)
op("EyeLike", (9, 22), each_float(lambda x: np.eye(*x.shape), floats(4, 3)), case(lambda x: np.eye(*x.shape, k=-1), floats(3, 4), attrs="k = -1"),
   case(lambda x: np.eye(*x.shape, k=2, dtype=np.int64), floats(3, 4), attrs="k = 2, dtype = 7"), case(lambda x: np.eye(*x.shape, k=9), floats(3, 4), attrs="k = 9"))
op("Trilu", (14,), each_float(np.triu, SQUARE), case(np.tril, SQUARE, attrs="upper = 0"), case(lambda x, k: np.triu(x, 2), SQUARE, known(np.array(2))),
   case(lambda x, k: np.tril(x, -1), I, known(np.array(-1)), attrs="upper = 0"))
AT = ints([0, -1, 3], [5, 2, -4])
HOT = np.where(np.arange(4) == np.where(AT < 0, AT + 4, AT)[..., None], np.float32(2), np.float32(0.5))
op("OneHot", (9, 11, 28), case([HOT], AT, known(np.array(4)), known(np.array([0.5, 2], np.float32))),
   case([HOT.transpose(0, 2, 1)], AT, known([4]), known(np.array([0.5, 2], np.float32)), attrs="axis = 1"),
   limits="the depth follows from shapes, constants, or data that the model reads as a size")
op("CumSum", (11, 14), each_float(lambda x, a: x.cumsum(1), X, known(np.array(1))), case(lambda x, a: x.cumsum(0) - x, X, known(np.array(0)), attrs="exclusive = 1"),
   case(lambda x, a: np.flip(np.flip(x, 2).cumsum(2), 2), X, known(np.array(-1)), attrs="reverse = 1"), case(lambda x, a: x.cumsum(1), I, known(np.array(1))),
   limits="the axis is known")

REFUSED = "the shape of its output depends on its input's data"
op("NonZero", (9, 13), case([np.array([[0, 1, 1], [1, 0, 2]])], known(np.array([[0, 1.5, 0], [-2, 0, 3]], np.float32))),
   case(REFUSED, X),
   limits="the places follow from shapes and constants: a size that data decides is refused")
op("Unique", (11, 28), case(REFUSED, X), limits="always refused: " + REFUSED)
op("Compress", (9, 11, 28), case(REFUSED, X, np.array([True])), limits="always refused: " + REFUSED)
op("NonMaxSuppression", (10, 11), case(REFUSED, floats(1, 2, 4), floats(1, 1, 2)), limits="always refused: " + REFUSED)
alias("Unique", "Compress", "NonMaxSuppression")

IMAGE = floats(1, 2, 3, 4)
NONE = known(np.zeros(0, np.float32))


def doubled(x, *_):
    return x.repeat(2, 2).repeat(2, 3)


def linear(x, *_):
    """Twice as large, with half-pixel places, and edges kept."""
    def along(y, axis):
        n = y.shape[axis]
        at = np.clip((np.arange(2 * n) + 0.5) / 2 - 0.5, 0, n - 1)
        low = np.floor(at).astype(int)
        share = (at - low).reshape([-1 if d == axis else 1 for d in range(4)])
        return np.take(y, low, axis) * (1 - share) + np.take(y, np.minimum(low + 1, n - 1), axis) * share
    return along(along(x, 2), 3)


TWICE = known(np.array([1, 1, 2, 2], np.float32))
op("Resize", (10, 11, 13, 18, 19), case(doubled, IMAGE, TWICE, until=10), case(doubled, IMAGE, NONE, TWICE, since=11, attrs='coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"'),
   case(doubled, IMAGE, None, TWICE, since=13, attrs='coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"'),
   case(linear, IMAGE, NONE, TWICE, since=11, attrs='mode = "linear"'), case(doubled, IMAGE, NONE, NONE, known([1, 2, 6, 8]), since=11),
   case(doubled, IMAGE, None, None, known([6, 8]), since=18, attrs="axes = [2, 3]"))

PATCHES = floats(2, 8, 3, 5)
op("DepthToSpace", (7, 11, 13), each_float(lambda x: x.reshape(2, 2, 2, 2, 3, 5).transpose(0, 3, 4, 1, 5, 2).reshape(2, 2, 6, 10), PATCHES, attrs="blocksize = 2"),
   case(lambda x: x.reshape(2, 2, 2, 2, 3, 5).transpose(0, 1, 4, 2, 5, 3).reshape(2, 2, 6, 10), PATCHES, attrs='blocksize = 2, mode = "CRD"', since=11),
   case("expected a blocksize in [1, 32768], got 0", PATCHES, attrs="blocksize = 0"))
op("SpaceToDepth", (7, 13), each_float(lambda x: x.reshape(2, 3, 2, 2, 3, 2).transpose(0, 3, 5, 1, 2, 4).reshape(2, 12, 2, 3), floats(2, 3, 4, 6), attrs="blocksize = 2"))


def sampled(x, grid, nearest=False, padding="zeros", corners=False):
    """x at the places of `grid`, pixel by pixel."""
    out = np.zeros((*x.shape[:2], *grid.shape[1:3]))

    def place(given, n):
        at = (given + 1) / 2 * (n - 1) if corners else ((given + 1) * n - 1) / 2
        if padding == "reflection":
            low, span = (0, n - 1) if corners else (-0.5, n)
            times, rest = divmod(abs(at - low), span)
            at = low + (span - rest if times % 2 else rest)
        return at if padding == "zeros" else min(max(at, 0), n - 1)

    def taps(at):
        low = math.floor(at)
        return [(round(at), 1)] if nearest else [(low, low + 1 - at), (low + 1, at - low)]

    for b, i, j in np.ndindex(grid.shape[:3]):
        column, row = (place(float(grid[b, i, j, d]), x.shape[3 - d]) for d in (0, 1))
        for (r, u), (c, v) in itertools.product(taps(row), taps(column)):
            inside = 0 <= r < x.shape[2] and 0 <= c < x.shape[3]
            if inside or padding != "zeros":
                out[b, :, i, j] += u * v * x[b, :, min(max(r, 0), x.shape[2] - 1), min(max(c, 0), x.shape[3] - 1)]
    return out


PLACES = np.clip(floats(2, 3, 4, 2), -1.5, 1.5)
PIXELS = floats(2, 2, 4, 5)
op("GridSample", (16, 20, 22), case(sampled, PIXELS, PLACES), case(sampled, PIXELS, PLACES, attrs='mode = "bilinear"', until=19),
   case(sampled, PIXELS, PLACES, attrs='mode = "linear"', since=20),
   each_float(lambda x, g: sampled(x, g, corners=True), PIXELS, PLACES.round(1), attrs="align_corners = 1"),
   [case(lambda x, g, p=padding, c=corners: sampled(x, g, False, p, c), PIXELS, PLACES * 3, attrs=f'padding_mode = "{padding}", align_corners = {int(corners)}')
    for padding in ("border", "reflection") for corners in (False, True)],
   case(lambda x, g: sampled(x, g, nearest=True), PIXELS, PLACES, attrs='mode = "nearest"'),
   case("expected mode linear or nearest, got 'cubic'", PIXELS, PLACES, attrs='mode = "cubic"', since=20), limits="images of two dimensions; no `cubic`")
