"""See tools/dev/amx-model."""

import argparse

from . import around, decode, emitted, head, ladder, landed, linear

WITHIN = 0.15


def compare(kernels, get_speeds):
    """Prints what was measured and what the model says; returns how many kernels it misses."""
    wrong = 0
    print(f"{'GFLOP/s':28} {'head':5} {'measured':>11} {'model':>11}   off")
    for kernel in kernels:
        measured, model = kernel.measured, get_speeds(kernel)
        # Of one range from the other.
        deviation = min(model[-1] / measured[0] - 1, 0) + max(model[0] / measured[-1] - 1, 0)
        wrong += abs(deviation) > WITHIN
        shown = ["-".join(f"{speed:.0f}" for speed in sorted(set(speeds))) for speeds in (measured, model)]
        print(f"{kernel.name:28} D{kernel.dim:<4} {shown[0]:>11} {shown[1]:>11} {deviation:+5.0%}")
    print(f"{len(kernels) - wrong} of {len(kernels)} within {WITHIN:.0%}")
    return wrong


def check():
    """How many of the kernels it misses: those written by hand, our first one, and decode."""
    return compare(ladder.LADDER, ladder.get_speeds) + compare(landed.LANDED, landed.get_speeds) + check_decode()


def check_decode():
    wrong = 0
    print("decode, D128: shares of the rate at which memory is read")
    for kernel in decode.MEASURED:
        least = decode.get_shares(kernel)[0]
        deviation = max(least / kernel.measured[-1] - 1, 0) + min(least / kernel.measured[0] - 1, 0)
        wrong += abs(deviation) > WITHIN
        print(f"{kernel.name:28} {kernel.measured[0]:.0%}-{kernel.measured[-1]:.0%} {decode.describe(kernel)} {deviation:+5.0%}")
    print(f"{len(decode.MEASURED) - wrong} of {len(decode.MEASURED)} within {WITHIN:.0%}")
    return wrong


LENGTHS = (1024, 2048, 4096)


def predict(dims, options):
    print("head  instructions  products  stores  tile cycles  vector cycles  by llvm-mca  a stage  share of the tile peak  a masked stage")
    parts = {}
    for dim in dims:
        assembly = emitted.compile_model(dim, ladder.LENGTH, options)
        stage = emitted.find_stage(assembly, False)
        kinds, parts[dim] = emitted.count(stage), head.measure(assembly, dim)
        print(f"D{dim:<4} {len(stage):12} {kinds['tdpbf16ps']:9} {kinds['tilestored']:7} {emitted.get_tile_cycles(kinds, dim):12.0f} "
              f"{emitted.get_vector_cycles(stage, kinds):14.0f} {emitted.get_ports(stage):12.0f} {parts[dim].stage:8.0f} "
              f"{4 * dim * ladder.SCORES / ladder.PER_CYCLE / parts[dim].stage:10.1%} {parts[dim].masked:27.0f}")
        packing, state, output, memory = (around.get_packing(assembly, dim), around.get_state(dim), around.get_output(assembly, dim),
                                          around.get_memory(dim))
        print(f"      around 32 queries: Q packed {packing:.0f}, a state begun {state:.0f}, the output {output:.0f}, memory {memory:.0f}; "
              f"32 keys of V packed: {parts[dim].values:.0f}; ends of a loop over keys: {parts[dim].ends:.0f}, and "
              f"{parts[dim].queries:.0f} for each 32 queries")
    print("shares of the tile peak, full and causal, with all that is around")
    for dim in dims:
        shares = (f"S{length} {head.get_share(parts[dim], dim, length, False):.1%} {head.get_share(parts[dim], dim, length, True):.1%}"
                  for length in LENGTHS)
        print(f"D{dim:<4} " + ", ".join(shares))
    print("decode: rows, and shares of the rate at which memory is read, where nothing overlaps and where all does")
    for dim in dims:
        for rows in (4, 8, 16):
            print(f"D{dim:<4} {rows:4}  {decode.describe(decode.get_ours(dim, rows))}")
    print(f"linear attention, predicted: cycles of {linear.BLOCK} tokens on tiles, on vectors, and in all; times as fast as vectors")
    for dim in dims:
        for rule in linear.RULES:
            tiles, vectors, cycles = linear.get_cycles(rule, dim)
            print(f"D{dim:<4} {rule.name:12} {tiles:7.0f} {vectors:7.0f} {cycles:7.0f}  {linear.get_gain(rule, dim):.1f}")


def main():
    parser = argparse.ArgumentParser(prog="amx-model", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare the model with what was measured")
    parser.add_argument("--dim", default="64,128", help="head sizes (default: 64,128)")
    parser.add_argument("options", nargs="*", help="of attn-compile, behind --")
    given = parser.parse_args()
    if given.check:
        raise SystemExit(min(check(), 1))
    if not all(dim.isdigit() and int(dim) for dim in given.dim.split(",")):
        parser.error(f"expected head sizes in --dim, got '{given.dim}'")
    predict([int(dim) for dim in given.dim.split(",")], given.options)


main()
