"""The first kernel that attn-compile had (commit 2ecab56), measured once: scores of the next block beside the exponentials of this
one, then the output beside the maxima of the next; each tile of 192 queries packs V again; masked blocks one thing after another."""

from dataclasses import dataclass

from . import cache, ladder, machine

TILE_QUERIES, BLOCK, PANEL = 192, 64, 512  # keys of a stage; of a loop in which stages overlap


@dataclass
class Landed:
    name: str
    dim: int
    measured: tuple
    degree: int = 4  # of exp, as its code says
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


def get_weights(degree, beside_tiles):
    """Of a stage. For 16 scores: the scale, a polynomial between vreduceps and vscalefps, the sum; half of a conversion and of a
    permutation of two vectors."""
    each = {"fma": degree + 1, "reduce": 1, "scale": 1, "add": 1, "pack": 0.5, "shuffle": 0.5}
    return machine.vectors(beside_tiles, **{kind: n * ladder.VECTORS for kind, n in each.items()})


def get_products(dim, stores):
    """Half of a stage's tiles."""
    return 8 * dim // 32 * machine.PRODUCT + stores * machine.STORE_SLOTS / machine.ISSUE + dim // 8 * machine.STREAMED


def get_scores(dim):
    return get_products(dim, 8)


def get_output(dim):
    """Rows of the output lay 768 bytes apart, and pushed each other out."""
    return get_products(dim, dim // 8) + cache.get_missed_lines(dim, 0, is_first=True) * machine.CONFLICT


def get_stage(landed):
    """Of 32 queries by 64 keys; each half of the code is as long as the longer of tiles and vectors."""
    maxima = machine.vectors(True, fma=2 * ladder.VECTORS)
    halves = max(get_scores(landed.dim), get_weights(landed.degree, True)) + max(get_output(landed.dim), maxima)
    return halves + machine.INTERLEAVING + 2 * machine.HANDOVER


def get_maxima():
    """Where nothing is beside them, each waits for the one before."""
    return BLOCK * machine.LATENCY


def get_rescaling(dim):
    """The state follows its maxima where a loop over keys ends: vectors write one a cycle, between tiles."""
    return 2 * dim + 2 * machine.HANDOVER


def get_masked(landed):
    """Of as many scores: one thing after another, in a loop of its own."""
    region = machine.vectors(False, fma=ladder.VECTORS, shuffle=ladder.VECTORS, add=ladder.VECTORS)
    vectors = max(region, ladder.VECTORS) + get_maxima() + get_weights(landed.degree, False)
    return get_scores(landed.dim) + vectors + 2 * machine.HANDOVER + get_output(landed.dim) + get_rescaling(landed.dim)


def get_packing(dim):
    """Of 64 values for a block of 32 of the queries: 16 dwords take 64 shuffles, which one port does, and as many other steps."""
    return 64 // 32 * dim / 16 * 130 / (TILE_QUERIES // 32)


def get_loop(landed, keys):
    """Of 32 queries, over keys of which none is masked: the first scores of each panel, and the state behind it, are beside
    nothing."""
    ends = get_scores(landed.dim) + machine.HANDOVER + get_maxima() + get_rescaling(landed.dim)
    return keys / BLOCK * (get_stage(landed) + get_packing(landed.dim)) + -(-keys // PANEL) * ends


def get_tile(landed, first):
    """Of the queries from `first` on."""
    queries = min(TILE_QUERIES, ladder.LENGTH - first)
    cycles = get_loop(landed, first if landed.is_causal else ladder.LENGTH)
    if landed.is_causal:
        # Its own keys are masked, and twice what attends.
        cycles += queries / BLOCK * (get_masked(landed) + get_packing(landed.dim))
    return queries / 32 * cycles + queries * landed.dim * machine.AROUND


def get_speeds(landed):
    """GFLOP/s, as those of the ladder."""
    cycles = sum(get_tile(landed, first) for first in range(0, ladder.LENGTH, TILE_QUERIES))
    pairs = ladder.LENGTH * (ladder.LENGTH + 1) / 2 if landed.is_causal else ladder.LENGTH**2
    return [4 * landed.dim * pairs * peak / ladder.PER_CYCLE / cycles for peak in landed.peak]
