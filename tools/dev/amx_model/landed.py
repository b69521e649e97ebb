"""The first kernel that attn-compile had, measured once: scores of the next block beside the exponentials of this one, then the
output beside the maxima of the next; V packed for each tile of 192 queries; masked blocks one thing after another."""

from dataclasses import dataclass

from . import cache, ladder, machine

TILE_QUERIES = 192


@dataclass
class Landed:
    name: str
    dim: int
    measured: tuple
    degree: int = 6
    is_causal: bool = False
    peak: tuple = ladder.ELSEWHERE


LANDED = [
    Landed("first kernel", 64, (524, 524), peak=(2832, 2832)),
    Landed("first kernel", 128, (531, 531), peak=(2855, 2855)),
    Landed("first kernel, causal", 64, (378, 378), is_causal=True, peak=(2739, 2739)),
    Landed("first kernel, causal", 128, (389, 389), is_causal=True, peak=(2759, 2759)),
    Landed("first kernel, fast", 64, (547, 547), degree=3),
    Landed("first kernel, fast", 128, (568, 568), degree=3),
    Landed("first kernel, fast, causal", 64, (397, 397), degree=3, is_causal=True),
    Landed("first kernel, fast, causal", 128, (437, 437), degree=3, is_causal=True),
]


def get_weights(degree):
    """Of 16 scores: to a power of 2 in an exponent by shifts, a polynomial, the limit below; half of a conversion and of a
    permutation of two vectors."""
    return {"fma": degree + 5, "add": 4, "shuffle": 1.5, "pack": 0.5}


def get_cycles(landed, beside_tiles=True):
    """Of 32 queries by 64 keys; of a masked block where nothing is beside anything."""
    dim = landed.dim
    weights = machine.vectors(beside_tiles, **{kind: n * ladder.VECTORS for kind, n in get_weights(landed.degree).items()})
    maxima = machine.vectors(beside_tiles, fma=2 * ladder.VECTORS)
    halves = [8 * dim // 32 * machine.PRODUCT + stores * machine.STORE_SLOTS / machine.ISSUE + dim // 8 * machine.STREAMED
              for stores in (8, dim // 8)]
    # Rows of the output lay 768 bytes apart.
    halves[1] += cache.get_missed_lines(dim, 0) / 16 * machine.CACHED
    if not beside_tiles:
        return sum(halves) + weights + maxima + 3 * machine.HANDOVER
    return max(halves[0], weights) + max(halves[1], maxima) + machine.INTERLEAVING + 2 * machine.HANDOVER


def get_packing(dim):
    """Of 64 values for a block of 32 of the queries: 16 dwords take 64 shuffles, which one port does, and as many other steps."""
    return 64 // 32 * dim / 16 * 130 / (TILE_QUERIES // 32)


def get_speeds(landed):
    """GFLOP/s, as those of the ladder."""
    cycles = get_cycles(landed) + get_packing(landed.dim)
    if landed.is_causal:
        # Of the keys before a tile of queries all are unmasked; its own are masked, and twice what attends.
        before, own = ladder.LENGTH / 2 - TILE_QUERIES / 2, TILE_QUERIES
        cycles = (before * cycles + own * (get_cycles(landed, False) + get_packing(landed.dim))) / (ladder.LENGTH / 2)
    return [4 * landed.dim * ladder.SCORES * peak / ladder.PER_CYCLE / cycles for peak in landed.peak]
