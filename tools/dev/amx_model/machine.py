"""What tiles and vectors of a core cost that has AMX, in cycles. Three figures are fitted: HANDOVER and INTERLEAVING, once for
everything, and CONFLICT, to our first kernel at head size 128, the only one that has many; AROUND is a profile's. The others were
measured one by one, with loops of nothing else."""

# Tiles.
PRODUCT = 16  # tdpbf16ps, whether or not it waits for the one before
STORE_SLOTS, ISSUE = 75, 6  # a tile store takes so many issue slots, of so many in a cycle
# A tile of K or V is 1 KB from the second-level cache: streamed past the first (T1), it comes beside the products, but for a
# part; through the first, at what that cache reads, 51 bytes a cycle.
STREAMED, CACHED = 8, 20
FIRST_LEVEL = 48  # KB
THIRD_LEVEL = 8  # bytes a cycle: 23 to 32 GB/s
# A line whose rows share few of the sets: nothing fetches it ahead, and one that was written goes first, so that both caches read
# and write.
CONFLICT = 5

# Vectors of 16 f32 on two ports: (on one of them, on the other or either). A product of tiles keeps one of the two from
# multiply-adds.
COSTS = {
    "fma": (1, 0),  # and multiplications, maxima, conversions
    "reduce": (2, 0),  # vreduceps
    "scale": (2, 0),  # vscalefps
    "pack": (2, 0),  # vcvtne2ps2bf16, of two vectors
    "dot": (2, 0),  # vdpbf16ps
    "add": (0, 0.5),  # and subtractions, logic
    "shuffle": (0, 1),
}

# Until a result is there: of a multiply-add, a shuffle, vreduceps or vscalefps.
LATENCY, LATENCY_SHUFFLE, LATENCY_LONG = 4, 3, 8

# From a store of tiles to vectors that read it, or back, where nothing else is to do: the last product and its store, and
# loads that are not forwarded.
HANDOVER = 123
# Lost where tiles and vectors take turns instruction by instruction, in a step of 32 queries by 64 keys.
INTERLEAVING = 195


# Of a query and feature, once for a tile of queries: Q packed, a state begun, the output divided, transposed and rounded. 6 % of
# the samples of our first kernel at head size 64, which gathered the output; around.py counts it in the code of today.
AROUND = 2.6


def vectors(beside_tiles, **counts):
    """Cycles of so many instructions of each kind."""
    one = sum(COSTS[kind][0] * count for kind, count in counts.items())
    other = sum(COSTS[kind][1] * count for kind, count in counts.items())
    return max(one, (one + other) / 2) if beside_tiles else (one + other) / 2
