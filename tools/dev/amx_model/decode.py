"""Decode: one query of a group of heads, whose keys and values come from memory once. Fetching ahead asks for lines early, but a
core waits for memory while it computes little, and computes while memory has little to do: the time is the sum of both, which no
figure is fitted to. That is the least speed; the most is that of memory."""

from dataclasses import dataclass

from . import machine

BLOCK = 64  # keys
CLOCK = 2.9e9  # of the machine that was measured, at a rate of MEMORY
MEMORY = 14e9  # bytes a second, to a loop that only reads


@dataclass
class Decode:
    name: str
    measured: tuple  # shares of MEMORY
    bits: int
    cycles: float  # of a block's work, with all its lines in the caches
    dim: int = 128
    rows: int = 4


def get_weights(vectors, degree):
    """Of so many vectors of scores: scale, maximum, subtraction, a polynomial between vreduceps and vscalefps, the sum."""
    return vectors * machine.vectors(False, fma=degree + 2, reduce=1, scale=1, add=2)


def get_vectors(bits, dim, rows):
    """Features in lanes: each row of K and of V is loaded once, widened, and multiplied for each row of queries; the lanes of scores
    are added up in 15 shuffles and additions for 16 of them."""
    loads = 2 * dim / 16 * (1 if bits == 32 else 2)
    products = 2 * dim / 16 * rows
    # Two loads, or two multiply-adds, a cycle; a broadcast for each weight.
    sums = machine.vectors(False, shuffle=15 / 16 * 2 * rows, add=15 / 16 * rows)
    each = loads / 2 + products / 2 + sums + rows / 2
    return BLOCK * each + get_weights(BLOCK * rows / 16, 5)


def get_tiles(dim, rows, columns, degree):
    """Rows in the columns of tiles: for 16 keys a product for each 32 features of K and each of V, or two of V for more than 8 rows;
    the weights of 16 keys are transposed. Scores lie in rows of `columns`."""
    groups, halves = BLOCK / 16, 1 if rows <= 8 else 2
    products = groups * -(-dim // 32) * (1 + halves) * machine.PRODUCT
    stores = (groups + dim / 32 * halves) * machine.STORE_SLOTS / machine.ISSUE
    transposing = groups * machine.vectors(False, shuffle=40 * halves, add=24 * halves)
    merging = rows * dim / 16 * 2
    return products + stores + get_weights(BLOCK * columns / 16, degree) + transposing + merging + 4 * machine.HANDOVER


def get_memory(decode):
    """Cycles of a block's keys and values."""
    return 2 * BLOCK * decode.dim * decode.bits / 8 * CLOCK / MEMORY


def get_shares(decode):
    memory = get_memory(decode)
    return [memory / (memory + decode.cycles), 1.0]


def get_ours(dim, rows):
    """AMXDecode.cpp: scores of a key are in a row of 16, however few heads there are."""
    return Decode("tiles", (), 16, get_tiles(dim, rows, 16, 5), dim, rows)


def describe(decode):
    least, most = get_shares(decode)
    return f"{decode.cycles:.0f} cycles of {get_memory(decode):.0f}: {least:.0%}-{most:.0%}"


MEASURED = [
    Decode("vectors, bf16", (0.65, 0.70), 16, get_vectors(16, 128, 4)),
    Decode("vectors, f32", (0.74, 0.78), 32, get_vectors(32, 128, 4)),
    Decode("by hand, vectors, f32", (0.80, 0.85), 32, get_vectors(32, 128, 4)),
    Decode("by hand, tiles, bf16", (0.95, 1.00), 16, get_tiles(128, 4, 4, 3)),
]
