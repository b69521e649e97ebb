"""Command line of tools/dev/peers --products; run from there."""

import argparse
import dataclasses
import os
import pathlib
import statistics
import sys
import tempfile
import time

from modules import need

ROOT = pathlib.Path(__file__).resolve().parents[3]
# Of BERT-base, GPT-2 small, ViT-base and a Llama of a billion parameters: columns x inner size.
PRODUCTS = "768x768,3072x768,768x3072,2048x2048,8192x2048,2048x8192"
# Up to so many rows, products wait for weights, which then must come from memory.
FEW_ROWS = 8
MIN_ROUNDS = 5


@dataclasses.dataclass(frozen=True)
class Product:
    """[rows, inner] times [inner, columns], each as it is (n) or transposed (t), with `count` matrices of weights."""
    rows: int
    columns: int
    inner: int
    layout: str
    is_constant: bool
    count: int

    @property
    def name(self):
        weights = "constant" if self.is_constant else "given"
        return f"{self.rows} {self.columns}x{self.inner} {self.layout} {weights}"

    @property
    def is_decode(self):
        """Whether it is measured by what it reads."""
        return self.rows <= FEW_ROWS

    @property
    def work(self):
        """Weights that are read, or FLOP."""
        weights = self.count * self.columns * self.inner
        return weights if self.is_decode else 2 * self.rows * weights


def parse_arguments():
    parser = argparse.ArgumentParser(prog="peers --products", description="Measures products of matrices of f32, compiled by "
                                     "attn-compile from ONNX, beside ONNX Runtime on the same file and PyTorch, in turns.")
    parser.add_argument("--rows", default="1,8,64,128,512", help="(default: %(default)s)")
    parser.add_argument("--product", default=PRODUCTS, metavar="NxK,…", help="columns and inner sizes (default: %(default)s)")
    parser.add_argument("--layout", default="nn,nt", help="of the operands, each as it is (n) or transposed (t) (default: %(default)s)")
    parser.add_argument("--weights", default="constant,given", help="known to the compiler, or an input (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="(default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each contender and product (default: 1)")
    parser.add_argument("--without", default="", help="contenders that do not take part, with commas")
    parser.add_argument("--attn-compile", type=pathlib.Path, default=ROOT / "build/bin/attn-compile",
                        help="default: build/bin/attn-compile")
    parser.add_argument("options", nargs="*", help="passed on to attn-compile (after --)")
    arguments = parser.parse_args()
    for name, allowed in (("layout", ("nn", "nt", "tn", "tt")), ("weights", ("constant", "given"))):
        for value in getattr(arguments, name).split(","):
            if value not in allowed:
                parser.error(f"expected {', '.join(allowed)} in --{name}, got '{value}'")
    try:
        arguments.sizes = [tuple(map(int, size.split("x"))) for size in arguments.product.split(",")]
        arguments.counts = [int(rows) for rows in arguments.rows.split(",")]
    except ValueError:
        arguments.sizes = arguments.counts = []
    if not all(len(size) == 2 and min(size) > 0 for size in arguments.sizes) or min(arguments.counts, default=0) < 1:
        parser.error(f"expected NxK in --product and numbers in --rows, got '{arguments.product}' and '{arguments.rows}'")
    if arguments.threads < 1:
        parser.error(f"expected a number of threads in --threads, got '{arguments.threads}'")
    return arguments


def choose(arguments, cache_bytes):
    for columns, inner in arguments.sizes:
        for rows in arguments.counts:
            count = 3 * cache_bytes // (4 * columns * inner) + 1 if rows <= FEW_ROWS else 1
            for layout in arguments.layout.split(","):
                for weights in arguments.weights.split(","):
                    yield Product(rows, columns, inner, layout, weights == "constant", min(count, 64))


def measure(product, contenders, seconds, folder):
    """`contenders` are (name, function that prepares a call from operands and a file)."""
    from measure_peers import measuring
    from . import contenders as making
    operands = making.make_operands(product)
    model = folder / "model.onnx"
    making.write_model(product, operands, model)
    expected = making.multiply(product, operands)
    results, calls = [], []
    for name, prepare in contenders:
        result = measuring.Result(name)
        results.append(result)
        try:
            call = prepare(product, operands, model)
            result.error = making.relative_error(call(), expected)
            calls.append((result, call))
        except Exception as error:  # a peer that fails is left out, whatever it raises
            result.problem = measuring.first_line(error)
    end = time.perf_counter() + seconds * len(calls)
    while calls and (len(calls[0][0].seconds) < MIN_ROUNDS or time.perf_counter() < end):
        # Each comes after each other: what was computed before is still in the caches.
        calls = calls[1:] + calls[:1] if len(calls[0][0].seconds) % 2 else calls[::-1]
        for result, call in calls:
            begin = time.perf_counter()
            call()
            result.seconds.append(time.perf_counter() - begin)
    return results


def print_table(rows):
    from measure_peers import report
    families = list(dict.fromkeys(name for *_, results in rows for name in results))
    print(report.markdown(rows, families), "", *report.summary(rows, families), sep="\n")
    ours, *peers = families
    best = [min(results[peer].median for peer in peers if not results[peer].problem) / results[ours].median
            for *_, results in rows if not results[ours].problem and any(not results[peer].problem for peer in peers)]
    if best:
        print(f"the faster of them takes {statistics.geometric_mean(best):.2f} times as long as we do, at least {min(best):.2f} times")


def main():
    arguments = parse_arguments()
    need("peers", "numpy", "onnx")
    os.environ["OMP_NUM_THREADS"] = str(arguments.threads)
    from measure_peers import measuring
    from . import contenders
    everyone, notes = contenders.find(arguments)
    print(*notes, f"threads: {arguments.threads}; median of runs in turn, ms (10 % and 90 % as shares of it)", sep="\n", flush=True)
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for product in choose(arguments, measuring.cache_bytes()):
            results = measure(product, everyone, arguments.seconds, pathlib.Path(temporary))
            for result in results:
                if result.problem:
                    print(f"{product.name}: {result.name} left out: {result.problem}", file=sys.stderr)
            rows.append((product.name, product, 4, {result.name: result for result in results}))
    print_table(rows)
    return int(any(results[contenders.OURS].problem for *_, results in rows))


if __name__ == "__main__":
    sys.exit(main())
