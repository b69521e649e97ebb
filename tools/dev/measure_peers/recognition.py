"""How many attentions of models each tool finds: attn-compile, ONNX Runtime's transformer optimizer, onnxscript's fusions.

A peer's count is that of the nodes in its result that are a whole attention, of whichever domain: those that the
exporter wrote itself count as well, for all alike. ONNX Runtime's optimizer is told what the model is; here it
gets the best of all types that it knows. For each of them it infers symbolic shapes, which can take minutes, so
that a peer has a limited time for a model, in a process of its own; what it found until then counts.
"""

import contextlib
import importlib.machinery
import importlib.util
import io
import logging
import multiprocessing
import pathlib
import resource
import sys

REPORT = pathlib.Path(__file__).resolve().parents[1] / "recognition-report"
ATTENTIONS = {"Attention", "MultiHeadAttention", "GroupQueryAttention", "PackedAttention", "PackedMultiHeadAttention",
              "DecoderMaskedMultiHeadAttention", "PagedAttention", "SparseAttention", "LongformerAttention", "SDPA"}


def load_report():
    """The script recognition-report as a module: what it says of a model is said once."""
    loader = importlib.machinery.SourceFileLoader("recognition_report", str(REPORT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def count_nodes(nodes):
    return sum(node.op_type in ATTENTIONS for node in nodes)


class File:
    name = "in the file"

    def __init__(self):
        import onnx
        self.load = onnx.load

    def counts(self, path):
        yield count_nodes(self.load(path, load_external_data=False).graph.node)


class OnnxRuntime:
    name = "ONNX Runtime"

    def __init__(self):
        import onnxruntime
        from onnxruntime.transformers import optimizer
        self.version = f"ONNX Runtime {onnxruntime.__version__}"
        self.optimizer = optimizer
        logging.disable(logging.WARNING)

    def optimize(self, path, kind):
        # A type whose fusions do not fit the graph may fail on it.
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                return count_nodes(self.optimizer.optimize_model(str(path), kind, opt_level=0).model.graph.node)
        except Exception:
            return None

    def counts(self, path):
        for kind in self.optimizer.MODEL_TYPES:
            yield self.optimize(path, kind)


class OnnxScript:
    name = "onnxscript"

    def __init__(self):
        import onnx_ir
        import onnxscript
        from onnxscript.rewriter import ort_fusions
        self.version = f"onnxscript {onnxscript.__version__}"
        self.load, self.fuse = onnx_ir.load, ort_fusions.optimize_for_ort

    def counts(self, path):
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                yield count_nodes(self.fuse(self.load(path))[0].graph)
        except Exception:
            yield None


def send_counts(peer, path, seconds, sender):
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    for count in peer.counts(path):
        sender.send(count)


def best_within(peer, path, seconds):
    """The best of a peer's counts, and whether it was stopped after so many seconds of CPU time."""
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    child = fork.Process(target=send_counts, args=(peer, path, seconds, sender))
    child.start()
    sender.close()
    counts = []
    with contextlib.suppress(EOFError):
        while True:
            counts.append(receiver.recv())
    child.join()
    return max((count for count in counts if count is not None), default=None), child.exitcode != 0


def cell(count, stopped=False):
    return ("-" if count is None else str(count)) + ("*" if stopped else "")


def find_peers():
    peers, notes = [], []
    for kind in (File, OnnxRuntime, OnnxScript):
        try:
            peers.append(kind())
            notes.append(getattr(peers[-1], "version", ""))
        except ImportError as error:
            notes.append(f"{kind.name}: left out: {error}")
    return peers, [note for note in notes if note]


def run(models, tool, options, seconds):
    """Prints a table; 1 where attn-compile finds fewer than the model has."""
    report = load_report()
    peers, notes = find_peers()
    if notes:
        print("\n".join(notes))
    rows = [["model", "expected", "attn-mlir"] + [peer.name for peer in peers]]
    totals, status = [0] * (len(peers) + 2), 0
    for path in models:
        ours = report.Report(path, tool, options)
        if ours.error:
            print(f"{ours.name}: attn-mlir: {ours.error}", file=sys.stderr)
        counts = [(ours.expected,), (None if ours.error else ours.found,)]
        counts += [best_within(peer, ours.path, seconds) for peer in peers]
        status |= ours.is_short()
        totals = [total + (count[0] or 0) for total, count in zip(totals, counts)]
        rows.append([ours.name] + [cell(*count) for count in counts])
    report.table(rows + [["all"] + list(map(str, totals))])
    if any(text.endswith("*") for row in rows for text in row[1:]):
        print(f"*: what was found until the peer failed, or was stopped after {seconds} s of CPU time")
    return int(status)
