"""See tools/dev/amx-model."""

import argparse

from . import decode, emitted, ladder, landed, linear, machine

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


def predict(dims, options):
    print("head  instructions  products  stores  tile cycles  vector cycles  by llvm-mca  a stage  share of the tile peak  with what "
          f"is around, of {ladder.LENGTH} keys  a masked stage  causal")
    for dim in dims:
        assembly = emitted.compile_model(dim, ladder.LENGTH, options)
        stage, masked = emitted.find_stage(assembly, False), emitted.find_stage(assembly, True)
        kinds = emitted.count(stage)
        cycles = emitted.get_cycles(stage, dim)
        around = 32 * dim * machine.AROUND / (ladder.LENGTH / 64)
        peak = 4 * dim * ladder.SCORES / ladder.PER_CYCLE
        print(f"D{dim:<4} {len(stage):12} {kinds['tdpbf16ps']:9} {kinds['tilestored']:7} {emitted.get_tile_cycles(kinds, dim):12.0f} "
              f"{emitted.get_vector_cycles(stage, kinds):14.0f} {emitted.get_ports(stage):12.0f} {cycles:8.0f} "
              f"{peak / cycles:10.1%} {peak / (cycles + around):18.1%} {emitted.get_cycles(masked, dim):35.0f} "
              f"{get_causal_share(stage, masked, dim):10.1%}")
    print("decode: rows, and shares of the rate at which memory is read, where nothing overlaps and where all does")
    for dim in dims:
        for rows in (4, 8, 16):
            print(f"D{dim:<4} {rows:4}  {decode.describe(decode.get_ours(dim, rows))}")
    print(f"linear attention, predicted: cycles of {linear.BLOCK} tokens on tiles, on vectors, and in all; times as fast as vectors")
    for dim in dims:
        for rule in linear.RULES:
            tiles, vectors, cycles = linear.get_cycles(rule, dim)
            print(f"D{dim:<4} {rule.name:12} {tiles:7.0f} {vectors:7.0f} {cycles:7.0f}  {linear.get_gain(rule, dim):.1f}")


def get_causal_share(stage, masked, dim):
    pairs = ladder.LENGTH * (ladder.LENGTH + 1) / 2
    return 4 * dim * pairs / ladder.PER_CYCLE / emitted.get_causal_cycles(stage, masked, dim, ladder.LENGTH)


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
