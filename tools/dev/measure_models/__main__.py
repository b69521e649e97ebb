"""Command line of tools/dev/peers --models; run from there."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from . import zoo

ROOT = pathlib.Path(__file__).resolve().parents[3]
OURS = "attn-mlir"
# ONNX Runtime has no bf16 on CPUs.
KINDS = {"f32": (OURS, "ORT", "OpenVINO", "PyTorch", "PyTorch compiled"),
         "bf16": (OURS, "OpenVINO", "PyTorch", "PyTorch compiled")}
MIN_ROUNDS = 5
# Threads wait as they do by default, which for OpenMP means that they spin for up to 0.2 s after their work.
PAUSE_SECONDS = 0.25
# Whoever generates text or serves requests calls again at once. A short run after a pause would mostly measure how Linux wakes
# threads, so that one goes first and is not counted.
SHORT_SECONDS, RUNS_IN_TURN = 0.3, 3
# A run that takes as many seconds is repeated less often.
SLOW_SECONDS, SLOW_ROUNDS = 4, 2


def parse_arguments():
    parser = argparse.ArgumentParser(prog="peers --models", description="Measures whole models with random weights beside ONNX "
                                     "Runtime, OpenVINO and PyTorch (eager and compiled): each in a process of its own, in turns, "
                                     "or one after another where memory is short.")
    parser.add_argument("--filter", default="", help="only models whose name contains this")
    parser.add_argument("--threads", default="1,2", help="numbers with commas, a table each (default: %(default)s)")
    parser.add_argument("--precision", default="f32,bf16", help="of all contenders, a table each (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each contender and row (default: 3)")
    parser.add_argument("--without", default="", help="contenders that do not take part, with commas")
    parser.add_argument("--llama-layers", type=int, default=2, help="(default: 2; the model has 16)")
    parser.add_argument("--folder", type=pathlib.Path, help="keep the exported models here, and take those that are there")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write all that was measured")
    parser.add_argument("--list", action="store_true", help="print the models and do nothing else")
    parser.add_argument("--attn-compile", type=pathlib.Path, default=ROOT / "build/bin/attn-compile",
                        help="default: build/bin/attn-compile")
    parser.add_argument("options", nargs="*", help="passed on to attn-compile (after --)")
    arguments = parser.parse_args()
    if not all(count.isdigit() and int(count) > 0 for count in arguments.threads.split(",")):
        parser.error(f"expected numbers of threads in --threads, got '{arguments.threads}'")
    for precision in arguments.precision.split(","):
        if precision not in KINDS:
            parser.error(f"expected f32 or bf16 in --precision, got '{precision}'")
    return arguments


def last_line(text):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1][:160] if lines else "nothing said"


def export(name, arguments, folder):
    """What is wrong, or nothing."""
    if (folder / "model.onnx").exists():
        return ""
    done = subprocess.run([sys.executable, "-m", "measure_models.zoo", name, str(arguments.llama_layers), folder],
                          capture_output=True, text=True)
    return f"not exported: {last_line(done.stderr)}" if done.returncode else ""


def compile_model(precision, arguments, folder):
    """Seconds and bytes at peak, or what is wrong."""
    begin = time.perf_counter()
    library = folder / f"model-{precision}.so"
    with subprocess.Popen([arguments.attn_compile, folder / "model.onnx", "-o", library, f"--precision={precision}",
                           f"--parameters={library.with_suffix('.bin')}", *arguments.options],
                          stderr=subprocess.PIPE, text=True) as process:
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        return None, last_line(errors)
    return {"seconds": time.perf_counter() - begin, "peak_bytes": usage.ru_maxrss * 1024}, ""


class Contender:
    """A process that runs one model in one way."""

    def __init__(self, kind, precision, name, length, threads, arguments, folder):
        self.kind, self.seconds, self.problem, self.found = kind, [], "", {}
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads))
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "measure_models.worker", kind, precision, name, str(arguments.llama_layers), folder,
             str(length), str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, env=environment)
        self.found["load_seconds"] = self.read()
        self.found["difference"] = self.ask("check")

    def read(self):
        line = self.process.stdout.readline() if not self.problem else ""
        try:
            return float(line)
        except ValueError:
            if not self.problem:
                self.process.wait()
                self.errors.seek(0)
                self.problem = last_line(self.errors.read())
            return None

    def ask(self, what):
        if self.problem:
            return None
        try:
            self.process.stdin.write(what + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self.read()

    def take_turn(self):
        time.sleep(PAUSE_SECONDS)
        first = self.ask("run")
        if first is None:
            return
        runs = [self.ask("run") for _ in range(RUNS_IN_TURN)] if first < SHORT_SECONDS else [first]
        self.seconds += [seconds for seconds in runs if seconds is not None]

    def finish(self):
        memory = self.ask("memory")
        if not self.problem:
            ordered = sorted(self.seconds)
            tenth = len(ordered) // 10
            self.found.update(median_seconds=statistics.median(ordered), low_seconds=ordered[tenth],
                              high_seconds=ordered[-1 - tenth], runs=len(ordered), peak_bytes=int(memory))
        self.process.stdin.close()
        self.process.wait()


def is_memory_short(kinds, folder):
    """Whether all of `kinds` at once, each with its weights as they are and once more as it packs them, are too many."""
    weights = sum(file.stat().st_size for file in folder.glob("model.onnx*"))
    return 2 * weights * len(kinds) > os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def is_done(running, rounds, seconds):
    """`seconds` for each that has not failed meanwhile."""
    slow = any(min(one.seconds) > SLOW_SECONDS for one in running if one.seconds)
    alive = [sum(one.seconds) for one in running if not one.problem]
    return rounds >= (SLOW_ROUNDS if slow else MIN_ROUNDS) and sum(alive) >= seconds * len(alive)


def measure_at_once(kinds, precision, name, length, threads, arguments, folder):
    """What was found out about each kind."""
    everyone = [Contender(kind, precision, name, length, threads, arguments, folder) for kind in kinds]
    running = [one for one in everyone if not one.problem]
    rounds = 0
    while running and not is_done(running, rounds, arguments.seconds):
        for one in running:
            one.take_turn()
        rounds += 1
    for one in everyone:
        one.finish()
    return {one.kind: {"problem": one.problem} if one.problem else one.found for one in everyone}


def measure(kinds, *row):
    results = {}
    for together in [[kind] for kind in kinds] if is_memory_short(kinds, row[-1]) else [kinds]:
        results.update(measure_at_once(together, *row))
    return results


def cell(found):
    if not found or found.get("problem"):
        return "–"
    return (f"{found['median_seconds'] * 1e3:.4g} ({found['low_seconds'] / found['median_seconds']:.2f}–"
            f"{found['high_seconds'] / found['median_seconds']:.2f}), {found['peak_bytes'] / 2**20:.0f}")


def row(title, results, kinds):
    ours = results.get(OURS, {})
    others = [found["median_seconds"] for kind, found in results.items() if kind != OURS and not found.get("problem")]
    ratio = f"{min(others) / ours['median_seconds']:.2f}" if others and "median_seconds" in ours else "–"
    difference = f"{ours['difference']:.1e}" if ours.get("difference") is not None else "–"
    return "| " + " | ".join([title, *(cell(results.get(kind)) for kind in kinds), ratio, difference]) + " |"


def measure_model(name, model, precision, arguments, folder):
    """Rows of all lengths and numbers of threads, printed as they come."""
    problem = export(name, arguments, folder)
    if problem:
        print(f"{name}: left out: {problem}", file=sys.stderr)
        return [{"model": name, "problem": problem}]
    kinds = get_kinds(precision, arguments)
    compiled, failed = compile_model(precision, arguments, folder) if OURS in kinds else (None, "")
    running = [kind for kind in kinds if kind != OURS or not failed]
    rows = []
    for length in model.lengths:
        for threads in map(int, arguments.threads.split(",")):
            results = measure(running, precision, name, length, threads, arguments, folder)
            if failed:
                results[OURS] = {"problem": failed}
            for kind, found in results.items():
                if found.get("problem"):
                    print(f"{name} {length}: {kind} left out: {found['problem']}", file=sys.stderr)
            print(row(f"{name} {length}, {threads} thread{'s' * (threads > 1)}", results, kinds), flush=True)
            rows.append({"model": name, "length": length, "precision": precision, "threads": threads, "compile": compiled,
                         "results": results})
    return rows


def get_kinds(precision, arguments):
    return [kind for kind in KINDS[precision] if kind not in arguments.without.split(",")]


def has_tiles():
    return "amx_bf16" in pathlib.Path("/proc/cpuinfo").read_text()


def measure_models(chosen, precision, arguments, base):
    kinds = get_kinds(precision, arguments)
    if precision == "bf16" and not has_tiles():
        print("No AMX here: what bf16 reaches with it is not measured.")
    print(f"| {precision}, batch 1: median ms (10 % and 90 %), MiB at peak | " + " | ".join(kinds)
          + " | fastest peer / ours | difference |\n" + "|---" * (len(kinds) + 3) + "|", flush=True)
    rows = []
    for name, model in chosen.items():
        rows += measure_model(name, model, precision, arguments, base / name)
    return rows


def main():
    arguments = parse_arguments()
    chosen = {name: model for name, model in zoo.models(arguments.llama_layers).items() if arguments.filter in name}
    if arguments.list:
        print("\n".join(chosen))
        return 0
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for precision in arguments.precision.split(","):
            rows += measure_models(chosen, precision, arguments, arguments.folder or pathlib.Path(temporary))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")
    return int(any("problem" in r or "problem" in r["results"].get(OURS, {}) for r in rows))


if __name__ == "__main__":
    sys.exit(main())
