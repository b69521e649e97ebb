"""Cycles of a head by the code that attn-compile emits: stages, where loops over keys begin and end, and what is around them."""

from dataclasses import dataclass

from . import around, cache, emitted, ladder, machine

TILE, BLOCK, ROWS = cache.QUERIES, cache.BLOCK, 32  # queries of a tile; keys and queries of a stage
# The search of a stage's keys for one that a mask lets attend: the first does, or none, each of which waits for the one before.
FOUND, NOT_FOUND = 30, BLOCK * machine.LATENCY


@dataclass
class Parts:
    """Cycles of each."""

    stage: float
    masked: float
    ends: float  # of a loop over keys: the first scores and the last output, beside nothing, and weights that are cleared
    queries: float  # to bring 32 queries and their output into the first-level cache, in each loop over keys
    around: float  # of 32 queries, once
    values: float  # of 32 keys


def measure(assembly, dim):
    stage, masked = emitted.find_stage(assembly, False), emitted.find_stage(assembly, True)
    ends = emitted.get_tile_cycles(emitted.count(stage), dim) + 2 * machine.HANDOVER + BLOCK
    rest = around.get_packing(assembly, dim) + around.get_state(dim) + around.get_output(assembly, dim) + around.get_memory(dim)
    return Parts(emitted.get_cycles(stage, dim), emitted.get_cycles(masked, dim), ends,
                 cache.get_lines_of_queries(dim) * machine.CONFLICT, rest, around.get_values(assembly, dim))


def get_panel(dim):
    """CPUTilingPolicy.cpp's getPanelKeys."""
    return min(max(2**18 // (2 * dim) // 512 * 512, 512), 2048)


def get_loops(parts, blocks, keys, panel):
    """Of so many times 32 queries, over keys of which none is masked."""
    panels = -(-keys // panel)
    return keys // BLOCK * blocks * parts.stage + panels * (parts.ends + blocks * parts.queries)


def get_diagonal(parts, queries):
    """The keys of a tile's own queries: stages in which no pair attends are left out."""
    blocks, keys = -(-queries // ROWS), -(-queries // BLOCK)
    attended = sum(-(-(block + 1) * ROWS // BLOCK) for block in range(blocks))
    hidden = blocks * keys - attended
    return attended * (parts.masked + FOUND) + hidden * NOT_FOUND + parts.ends + blocks * parts.queries


def get_cycles(parts, dim, length, is_causal):
    cycles = length / 32 * parts.values
    for first in range(0, length, TILE):
        queries = min(TILE, length - first)
        blocks = -(-queries // ROWS)
        cycles += get_loops(parts, blocks, first if is_causal else length, get_panel(dim)) + blocks * parts.around
        if is_causal:
            cycles += get_diagonal(parts, queries)
    return cycles


def get_share(parts, dim, length, is_causal):
    """Of the tile peak."""
    pairs = length * (length + 1) / 2 if is_causal else length**2
    return 4 * dim * pairs / ladder.PER_CYCLE / get_cycles(parts, dim, length, is_causal)
