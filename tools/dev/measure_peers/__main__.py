"""Command line of tools/dev/peers; run from there."""

import argparse
import importlib
import os
import pathlib
import sys
import time

from modules import need

ROOT = pathlib.Path(__file__).resolve().parents[3]
PEERS = {"torch": "pytorch", "onnxruntime": "onnx_runtime"}
TYPES = ("f32", "bf16", "f16")
# Set for the processes of run_each: each draws a picture of its own.
ONE_OF_SEVERAL = "PEERS_ONE_OF_SEVERAL"


def parse_arguments():
    parser = argparse.ArgumentParser(prog="peers", description="Measures attention compiled by attn-compile beside "
                                     "PyTorch and ONNX Runtime, interleaved, and their errors against f64.")
    parser.add_argument("--shapes", default="quick", choices=("quick", "prefill", "decode", "fifty"),
                        help="default: %(default)s")
    parser.add_argument("--filter", default="", help="only shapes whose name contains this")
    parser.add_argument("--dtype", default="f32", help="of " + ", ".join(TYPES) + ", with commas (default: %(default)s)")
    parser.add_argument("--threads", default="1", help="one number, or several with commas: a table each (default: 1)")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each contender and shape (default: 1)")
    parser.add_argument("--clock", default="wall", choices=("wall", "cpu"),
                        help="cpu: processor time by thread, for machines that others use as well")
    parser.add_argument("--without", default="", help="names that contain one of these, with commas, do not take part")
    parser.add_argument("--picture", type=pathlib.Path, metavar="FILE.svg", help="also draw the speeds (FILE-N.svg for each of several numbers of threads)")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE.md", help="also write the tables to a file")
    parser.add_argument("--recognition", nargs="+", type=pathlib.Path, metavar="MODEL",
                        help="measure nothing: count the attentions that each finds in these models")
    parser.add_argument("--peer-seconds", type=int, default=600, metavar="N",
                        help="with --recognition: CPU time of a peer for a model (default: %(default)s)")
    parser.add_argument("--list", action="store_true", help="print the shapes and do nothing else")
    parser.add_argument("--attn-compile", type=pathlib.Path, default=ROOT / "build/bin/attn-compile",
                        help="default: build/bin/attn-compile")
    parser.add_argument("options", nargs="*", help="passed on to attn-compile (after --)")
    arguments = parser.parse_args()
    arguments.types = arguments.dtype.split(",")
    if set(arguments.types) - set(TYPES):
        parser.error(f"expected --dtype of {', '.join(TYPES)}, got '{arguments.dtype}'")
    if not all(count.isdigit() and int(count) > 0 for count in arguments.threads.split(",")):
        parser.error(f"expected numbers of threads in --threads, got '{arguments.threads}'")
    return arguments


def pin_threads(threads):
    """Before anything reads the environment. Threads that wait sleep, for all alike."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    os.environ["OMP_WAIT_POLICY"] = "passive"


def run_each(arguments):
    """Each number of threads in a process of its own: runtimes read theirs once."""
    status = 0
    os.environ[ONE_OF_SEVERAL] = "yes"
    for threads in arguments.threads.split(","):
        command = [a for a in sys.argv[1:] if not a.startswith("--threads")]
        at = next((n for n, a in enumerate(sys.argv[1:]) if a == "--threads"), None)
        if at is not None:
            del command[at]
        status |= os.spawnv(os.P_WAIT, sys.executable,
                            [sys.executable, "-m", "measure_peers", f"--threads={threads}", *command])
    return status


def find_peers(without):
    """The contenders of every package that is installed, and a line for each that is not."""
    found, notes = [], []
    for package, module in PEERS.items():
        try:
            loaded = importlib.import_module(f"measure_peers.{module}")
        except ImportError as error:
            notes.append(f"{package}: left out: {error}")
            continue
        notes.append(loaded.version)
        found += [peer for peer in loaded.contenders if not any(part in peer.name for part in without)]
    return found, notes


def main():
    arguments = parse_arguments()
    if arguments.recognition:
        from . import recognition
        return recognition.run(arguments.recognition, arguments.attn_compile, arguments.options,
                               arguments.peer_seconds)
    if "," in arguments.threads:
        return run_each(arguments)
    threads = int(arguments.threads)
    pin_threads(threads)
    from . import shapes
    chosen = [shape for shape in shapes.SETS[arguments.shapes]() if arguments.filter in shape.name]
    if arguments.list:
        print("\n".join(shape.name for shape in chosen))
        return 0
    need("peers", "numpy")
    from . import inputs, measuring, ours, report
    without = [part for part in arguments.without.split(",") if part]
    peers, notes = find_peers(without)
    clock = time.perf_counter if arguments.clock == "wall" else lambda: time.process_time() / threads
    print("\n".join(notes), f"\nthreads: {threads}; time: {arguments.clock}; median of interleaved runs, ms "
          "(10 % and 90 % as shares of it)", flush=True)
    rows, failed = [], False
    for dtype in arguments.types:
        for shape in chosen:
            everyone = [(ours.Artifact.name, lambda: ours.Artifact(shape, dtype, arguments.attn_compile,
                                                                   arguments.options))]
            everyone += [(peer.name, lambda peer=peer: peer(shape, dtype, threads)) for peer in peers]
            results = measuring.measure(shape, dtype, everyone, arguments.seconds, clock)
            for result in results:
                if result.problem:
                    print(f"{dtype} {shape.name}: {result.name} left out: {result.problem}", file=sys.stderr)
            failed |= bool(results[0].problem)
            rows.append((f"{dtype} {shape.name}", shape, inputs.ITEM_BYTES[dtype], report.fastest(results)))
    families = list(dict.fromkeys(name for *_, results in rows for name in results))
    text = "\n".join(["", report.markdown(rows, families), "", *report.summary(rows, families)])
    print(text)
    if arguments.markdown:
        with open(arguments.markdown, "a") as file:
            file.write(f"\n{', '.join(notes)}; threads: {threads}\n{text}\n")
    if arguments.picture:
        if ONE_OF_SEVERAL in os.environ:
            arguments.picture = arguments.picture.with_stem(f"{arguments.picture.stem}-{threads}")
        arguments.picture.write_text(report.picture(rows, families))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
