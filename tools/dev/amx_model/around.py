"""What attn-compile emits around the loops over keys, in cycles of 32 queries: Q packed, a state begun, the output divided, transposed
and rounded, each a function whose loops llvm-mca counts, run as often as head sizes say; V packed; and what all that reads and
writes beyond the second-level cache."""

import re
from dataclasses import dataclass, field

from . import emitted, machine

QUERIES = 32


@dataclass
class Loop:
    lines: list = field(default_factory=list)  # of its own
    inner: list = field(default_factory=list)


def get_function(assembly, has):
    """The loops, outermost first, of the first function whose text has all of `has`."""
    for name, body in re.findall(r"^(__attn\w+):\n(.*?)^\.Lfunc_end", assembly, re.S | re.M):
        if all(re.search(pattern, name + "\n" + body) for pattern in has):
            return get_loops(body)
    raise SystemExit(f"amx-model: error: expected a function with {' and '.join(has)}, got none")


def get_loops(body):
    """By jumps back: one inside of another is among its `inner`."""
    lines, spans = emitted.find_loops(body)
    return nest(lines, spans, 0, len(lines)).inner


def nest(lines, spans, begin, end):
    loop, at = Loop(), begin
    inside = [span for span in spans if begin <= span[0] and span[1] <= end and span != (begin, end)]
    for span in sorted(inside, key=lambda span: (span[0], -span[1])):
        if span[0] < at:
            continue
        loop.lines += lines[at : span[0]]
        loop.inner.append(nest(lines, spans, *span))
        at = span[1]
    loop.lines += lines[at:end]
    return loop


def get_cycles(loop, *counts):
    """Of one iteration; `counts`: how often each loop in it runs, and those in that."""
    if len(loop.inner) != len(counts):
        raise SystemExit(f"amx-model: error: expected {len(counts)} loops inside of one, got {len(loop.inner)}")
    cycles = emitted.simulate(loop.lines)
    for inner, (times, *below) in zip(loop.inner, counts):
        cycles += times * get_cycles(inner, *below)
    return cycles


def get_packing(assembly, dim):
    """Of Q: 16 rows, 8 features at a time."""
    (rows,) = get_function(assembly, [r"\A__attn_pack_query\n"])
    return QUERIES // 16 * get_cycles(rows, (dim // 8,))


def get_values(assembly, dim):
    """Of 32 keys of V, 8 features at a time."""
    (keys,) = get_function(assembly, [r"\A__attn_pack_values\n"])
    return get_cycles(keys, (dim // 8,))


def get_output(assembly, dim):
    """Of four queries at a time: 16 features transposed, then each query's rounded."""
    (rows,) = get_function(assembly, ["__attn_loops", "vunpckhpd.*zmm"])
    return QUERIES // 4 * get_cycles(rows, (dim // 16,), (4, (dim // 16,)))


def get_state(dim):
    """One vector a cycle."""
    return QUERIES * dim / 16


def get_memory(dim):
    """Q is read; the lines of the output are read too, before they are written."""
    return 3 * 2 * QUERIES * dim / machine.THIRD_LEVEL
