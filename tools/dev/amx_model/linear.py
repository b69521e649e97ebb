"""Linear attention in blocks of 64 tokens (lib/Conversion/AttnToVector/Kernels/AMX/AMXLinear.h). Nothing there takes turns: a
block's time is that of its tiles, of its vectors, and of what one hands to the other. Never measured."""

from dataclasses import dataclass

from . import machine

BLOCK, ROWS = 64, 32  # tokens of a block, of two tiles
FLOPS = 64  # of two multiply-adds of 16 f32 a cycle
ON_VECTORS = 0.54  # of that by the kernel for f32: 52 to 56 % were measured, of the recurrence's own arithmetic
TRIANGLE = 3  # of four squares of ROWS tokens that are not all above the diagonal
# Two vectors of f32 that become two of bf16 each, in two parts: words of both, the upper bits, what is left, rounded.
SPLIT = {"shuffle": 5, "add": 4, "pack": 1}
HANDOVERS = 8


@dataclass
class Rule:
    name: str
    is_gated: bool = False


RULES = [Rule("linear"), Rule("gated", True)]


def get_tile_cycles(rule, dim):
    """Values have as many features as keys."""
    deep, wide = -(-dim // 32), -(-dim // 16)
    scores, of_state = 4 * TRIANGLE * deep, 4 * wide * 2 * deep
    of_values, update = 2 * wide * TRIANGLE * 2, wide * wide * 2 * (1 + rule.is_gated)
    products = scores + of_state + of_values + update
    stores = 4 * TRIANGLE + 4 * wide * (1 + rule.is_gated) + wide * wide
    # The parts of the state for each two tiles of tokens, and the state itself.
    operands = BLOCK // ROWS * wide * 2 * deep + wide * wide
    return products * machine.PRODUCT + stores * machine.STORE_SLOTS / machine.ISSUE + operands * machine.STREAMED


def times(count, **kinds):
    return machine.vectors(False, **{kind: n * count for kind, n in kinds.items()})


def get_vector_cycles(rule, dim):
    wide = dim / 16  # vectors of a row
    rows = TRIANGLE * ROWS  # of 32 scores
    state = times(dim / 2 * wide, **SPLIT)
    values = times(BLOCK / 2 * wide, shuffle=2) + times(BLOCK * wide, fma=1)
    weights = times(rows, **SPLIT) + times(2 * rows, shuffle=1)
    keys = times(BLOCK / 16 * dim / 32, shuffle=64, fma=16) + times(dim, shuffle=4)
    # What is stored as it is, one vector a cycle: three operands and the output.
    copies = 4 * BLOCK * wide
    cycles = state + values + weights + keys + copies
    if rule.is_gated:
        cycles += BLOCK * BLOCK / 16 * 2 + dim * wide + BLOCK * wide + times(BLOCK / 2 * wide, **SPLIT)
    return cycles


def get_cycles(rule, dim):
    """Of a block of one head: its tiles, its vectors, and all."""
    tiles, vectors = get_tile_cycles(rule, dim), get_vector_cycles(rule, dim)
    return tiles, vectors, tiles + vectors + HANDOVERS * machine.HANDOVER


def get_gain(rule, dim):
    """Over vectors."""
    return BLOCK * 4 * dim * dim / FLOPS / ON_VECTORS / get_cycles(rule, dim)[2]
