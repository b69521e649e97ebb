"""The loop of the pipeline that attn-compile emits (lib/Conversion/AttnToVector/Kernels/AMX/AMXPipeline.cpp): a stage of 32 queries
by 64 keys, its instructions by what they cost, and the ports that llvm-mca gives its vectors."""

import collections
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from . import cache, machine

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMPILE = pathlib.Path(os.environ.get("BUILD", ROOT / "build")) / "tools/attn-compile/attn-compile"
MODEL = """func.func @main(%q: !t, %k: !t, %v: !t) -> !t {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      attn.yield %0 : i1
    }
    : !t, !t, !t -> (!t)
  return %o : !t
}
"""
# The first that matches.
KINDS = [
    ("pack", r"vcvtne2ps2bf16"),
    ("dot", r"vdpbf16ps"),
    ("reduce", r"vreduce"),
    ("scale", r"vscalef"),
    ("fma", r"vfn?m(add|sub)|vmul|vmax|vmin|vcvt|vrndscale|vps[lr][la]"),
    ("shuffle", r"vperm|vp?unpck|vp?shuf|v?insert|v?extract|valign|vp?cmp|vptestn?m|k\w+|vpmov"),
    ("add", r"vp?add|vp?sub|vp?and|vp?x?or|vpternlog|vp?blend"),
]


def compile_model(dim, length, options):
    """Assembly of a causal attention, which has stages with a mask and without."""
    with tempfile.TemporaryDirectory() as folder:
        model, code = pathlib.Path(folder) / "model.mlir", pathlib.Path(folder) / "model.s"
        model.write_text(f"!t = tensor<1x4x{length}x{dim}xbf16>\n" + MODEL)
        subprocess.run([COMPILE, model, "-o", code, "--emit=s", "--mcpu=sapphirerapids", *options], check=True)
        return code.read_text()


def find_loops(text):
    """The instructions of assembly, and of each loop, by its jump back, the first and the number after the last."""
    labels, lines, spans = {}, [], []
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if line.endswith(":"):
            labels[line[:-1]] = len(lines)
        elif line and not line.startswith("."):
            lines.append(line)
            target = re.fullmatch(r"j\w+\s+(\S+)", line)
            if target and target[1] in labels:
                spans.append((labels[target[1]], len(lines)))
    return lines, spans


def find_stage(assembly, is_masked):
    """The instructions of the smallest loop with products and exponentials, from its label to the jump back; with a mask, of those
    that compare for each vector of scores."""
    lines, spans = find_loops(assembly)
    loops = [lines[begin:end] for begin, end in spans]
    count = lambda loop, name: sum(line.startswith(name) for line in loop)
    masks = lambda loop: sum(bool(re.match(r"vp?cmp.*%k\d$", line)) for line in loop) >= count(loop, "vscalefps")
    stages = [loop for loop in loops if count(loop, "tdpbf16ps") > 4 and count(loop, "vscalefps") > 4 and masks(loop) == is_masked]
    if not stages:
        kind = "a masked loop" if is_masked else "a loop"
        raise SystemExit(f"amx-model: error: expected {kind} with products of tiles and exponentials, got none")
    return min(stages, key=len)


def count(stage):
    """Instructions by kind; what no table has is `other`."""
    kinds = collections.Counter()
    for line in stage:
        name = line.split()[0]
        if name.startswith(("tile", "tdp")):
            kinds[name] += 1
            continue
        kind = next((kind for kind, pattern in KINDS if re.match(pattern, name)), "other")
        kinds[kind] += 1
        # A store of a vector.
        if name.startswith("vmov") and re.search(r"%[xyz]mm\d+, .*\(", line):
            kinds["stores"] += 1
    return kinds


def get_tool():
    """llvm-mca of LLVM's packages."""
    return shutil.which("llvm-mca-22") or "/usr/lib/llvm-22/bin/llvm-mca"


def run_mca(instructions, figure):
    lines = [line for line in instructions if not line.startswith(("tile", "tdp", "j", "call"))]
    text = subprocess.run([get_tool(), "-mcpu=sapphirerapids", "-iterations=100", "-instruction-info=false", "-resource-pressure=false"],
                          input="\n".join(lines), check=True, capture_output=True, text=True).stdout
    return float(re.search(figure + r":\s*([\d.]+)", text)[1])


def get_ports(stage):
    """llvm-mca's cycles for what is not tiles, by the port that is busiest: it knows nothing of tiles beside them."""
    return run_mca(stage, "Block RThroughput")


def simulate(instructions):
    """Its cycles of a loop's body, which may wait for the one before."""
    return run_mca(instructions, "Total Cycles") / 100 if instructions else 0


def get_tile_cycles(kinds, dim):
    stores = kinds["tilestored"] * machine.STORE_SLOTS / machine.ISSUE
    # What only the next queries bring is counted apart.
    missed = cache.get_missed_lines(dim) - cache.get_lines_of_queries(dim) / (cache.PANEL / cache.BLOCK)
    return kinds["tdpbf16ps"] * machine.PRODUCT + stores + kinds["tileloaddt1"] * machine.STREAMED + missed * machine.CONFLICT


def get_vector_cycles(stage, kinds):
    costs = {kind: kinds[kind] for kind in machine.COSTS}
    return max(machine.vectors(True, **costs), kinds["stores"], get_ports(stage))


def get_cycles(stage, dim):
    kinds = count(stage)
    return max(get_tile_cycles(kinds, dim), get_vector_cycles(stage, kinds)) + machine.INTERLEAVING
