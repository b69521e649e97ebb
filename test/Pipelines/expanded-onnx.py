# ONNX's expanded graphs of Attention, FlexAttention, LinearAttention and RotaryEmbedding are one op of the dialect each.
# REQUIRES: onnx-tests
# RUN: %python %s %build/bin/attn-compile %onnx_tests | FileCheck %s
# CHECK-NOT: expected
# CHECK: {{[1-9][0-9]*}} graphs, one op each
import collections
import pathlib
import re
import subprocess
import sys

OPS = {"attention": "attention", "flexattention": "attention", "linear": "linear_attention", "rotary": "rotary_embedding"}

compiler, folder = sys.argv[1:]
graphs = sorted(model.parent for model in pathlib.Path(folder).glob("*_expanded*/model.onnx"))
for graph in graphs:
    done = subprocess.run([compiler, graph / "model.onnx", "--emit=mlir", "--stage=optimized", "-o", "-"],
                          capture_output=True, text=True)
    found = collections.Counter(re.findall(r"= attn\.(\w*(?:attention|embedding|update))\b", done.stdout))
    wanted = OPS[graph.name.split("_")[1]]
    if done.returncode or found != {wanted: 1} or "math.exp" in done.stdout and wanted == "attention":
        print(f"{graph.name}: expected one attn.{wanted} and no softmax, got {dict(found)} {done.stderr[:200]}")
print(f"{len(graphs)} graphs, one op each")
