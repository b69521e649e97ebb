"""Kernels written by hand whose speed is known, from the simplest to the best: what each step does for 32 queries by 64 keys,
and what was measured, in GFLOP/s, on a machine whose tiles did `peak` at best in the same minutes."""

from dataclasses import dataclass

from . import machine

PEAK = (3300, 3300)  # GFLOP/s, in the minutes of the ladder
ELSEWHERE = (2350, 2960)
LENGTH = 2048
PER_CYCLE = 1024  # flops of tile products
SCORES = 32 * 64
VECTORS = SCORES // 16


@dataclass
class Step:
    name: str
    dim: int
    measured: tuple  # the lowest and the highest
    exp: str = "table"
    streams: bool = False  # K and V past the first-level cache
    interleaves: bool = False
    is_causal: bool = False
    maxima: str = "none"  # none, lazy: looked for, and acted upon when they grew a lot; each: the state follows them
    peak: tuple = PEAK


# Of 32 scores, their sums and their conversion among them.
EXPONENTIALS = {
    "table": {"fma": 2, "add": 3, "shuffle": 3, "dot": 1},
    "degree 3": {"fma": 8, "reduce": 2, "scale": 2, "add": 2, "pack": 1},
}

LADDER = [
    Step("classic online softmax", 64, (468, 468), "degree 3", maxima="each"),
    Step("lazy rescaling", 64, (655, 655), "degree 3", maxima="lazy"),
    Step("no maxima", 64, (810, 955), "degree 3"),
    Step("no maxima", 128, (922, 1047), "degree 3"),
    Step("exp from a table", 64, (1122, 1159)),
    Step("streamed", 64, (1142, 1186), streams=True),
    Step("streamed", 128, (1442, 1483), streams=True),
    Step("interleaved, not streamed", 64, (1241, 1270), interleaves=True),
    Step("interleaved, not streamed", 128, (1086, 1166), interleaves=True),
    Step("interleaved", 64, (1619, 1638), streams=True, interleaves=True),
    Step("interleaved", 128, (1835, 1857), streams=True, interleaves=True),
    Step("interleaved, degree 3", 64, (1200, 1380), "degree 3", True, True),
    Step("interleaved, degree 3", 128, (1700, 1860), "degree 3", True, True),
    Step("interleaved, causal", 64, (1300, 1300), streams=True, interleaves=True, is_causal=True),
    Step("interleaved, causal", 128, (1500, 1580), streams=True, interleaves=True, is_causal=True),
    # On another machine.
    Step("elsewhere", 64, (1161, 1161), streams=True, interleaves=True, peak=ELSEWHERE),
    Step("elsewhere", 128, (1312, 1312), streams=True, interleaves=True, peak=ELSEWHERE),
    Step("elsewhere, causal", 64, (1074, 1074), streams=True, interleaves=True, is_causal=True, peak=ELSEWHERE),
    Step("elsewhere, causal", 128, (1107, 1107), streams=True, interleaves=True, is_causal=True, peak=ELSEWHERE),
    Step("elsewhere, degree 3", 64, (968, 968), "degree 3", True, True, peak=ELSEWHERE),
    Step("elsewhere, degree 3", 128, (1297, 1297), "degree 3", True, True, peak=ELSEWHERE),
    Step("elsewhere, degree 3, causal", 64, (940, 940), "degree 3", True, True, is_causal=True, peak=ELSEWHERE),
    Step("elsewhere, degree 3, causal", 128, (1135, 1135), "degree 3", True, True, is_causal=True, peak=ELSEWHERE),
]


def get_tile_cycles(dim, streams):
    """Products, stores of scores and of the output, and K and V from the second-level cache."""
    products, stores, operands = 16 * dim // 32, 8 + dim // 8, dim // 4
    cycles = products * machine.PRODUCT + stores * machine.STORE_SLOTS / machine.ISSUE
    if streams:
        return cycles + operands * machine.STREAMED
    # Scores, weights of two steps, sums; the output and Q.
    kept = 8 + 8 + 4 + dim // 8 + dim // 16
    evicted = min(max(kept + operands - machine.FIRST_LEVEL, 0), kept)
    return cycles + (operands + evicted) * machine.CACHED


def wait(latency):
    """For results of 32 queries, two at a time."""
    return 32 * latency / 2


def get_cycles(step):
    """Of one step."""
    tiles = get_tile_cycles(step.dim, step.streams)
    exp = {kind: count * SCORES / 32 for kind, count in EXPONENTIALS[step.exp].items()}
    weights = machine.vectors(step.interleaves, **exp)
    if step.interleaves:
        return max(tiles, weights) + machine.INTERLEAVING
    cycles = tiles + weights + 2 * machine.HANDOVER
    if step.maxima != "none":
        # Of each query, over vectors of keys, and then across the lanes of one: four shuffles and maxima.
        cycles += machine.vectors(False, fma=VECTORS) + wait(4 * (machine.LATENCY_SHUFFLE + machine.LATENCY))
    if step.maxima == "each":
        # The output goes through vectors, which write one a cycle, times an exponential of each query.
        cycles += 32 * step.dim / 16 + 2 * machine.HANDOVER + wait(5 * machine.LATENCY + 2 * machine.LATENCY_LONG)
    return cycles


def get_speeds(step):
    """GFLOP/s at the slowest and the fastest clock, of LENGTH queries and keys."""
    queries, keys = LENGTH // 32, LENGTH // 64
    steps = sum((row + 2) // 2 for row in range(queries)) if step.is_causal else queries * keys
    pairs = LENGTH * (LENGTH + 1) / 2 if step.is_causal else LENGTH**2
    cycles = steps * get_cycles(step) + queries * get_finish(step.dim) + get_packing(step.dim)
    return [4 * step.dim * pairs * peak / PER_CYCLE / cycles for peak in step.peak]


def get_finish(dim):
    """Of an output of 32 queries: loads, multiplications, conversions, and zeros behind them; Q and the output, which is written past
    the caches, lie in the third level."""
    return 4 * 32 * dim / 16 + 2 * 2 * 32 * dim / machine.THIRD_LEVEL


def get_packing(dim):
    """Of K and V, for each head: 4 % of the time of tile products."""
    return 0.04 * 4 * dim * LENGTH**2 / PER_CYCLE
