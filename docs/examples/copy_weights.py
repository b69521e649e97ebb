#!/usr/bin/env python3
"""Copies the weights of an ONNX model into an MLIR program's resources.

    copy_weights.py cross-attention/model.onnx cross-attention/cross-attention.mlir

The program names its weights as PyTorch does, dense_resource<query.weight>;
their values stand in hexadecimal at its end, after `{-#`, which this rewrites.
Needs the onnx package: it runs after tools/dev/make-models, not in tests.
"""

import pathlib
import re
import sys

import onnx
from onnx import numpy_helper

# A resource starts with its alignment in bytes, a little-endian 32-bit number.
ALIGNMENT = "04000000"
USE = re.compile(r"dense_resource<([\w.]+)>")


def weights(graph):
    """{name: array}. A weight matrix has lost its name in the export, and gets
    it back from the bias that is added to its product."""
    arrays = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    product = {node.output[0]: node for node in graph.node
               if node.op_type == "MatMul"}
    for node in graph.node:
        if node.op_type != "Add" or node.input[0] not in product:
            continue
        bias, matrix = node.input[1], product[node.input[0]].input[1]
        if bias.endswith(".bias") and matrix in arrays:
            arrays[bias.removesuffix("bias") + "weight"] = arrays[matrix]
    return arrays


def main(model, program):
    arrays = weights(onnx.load(model).graph)
    path = pathlib.Path(program)
    text = path.read_text().split("{-#")[0].rstrip()
    lines = [f'      {name}: "0x{ALIGNMENT}{arrays[name].tobytes().hex().upper()}"'
             for name in sorted(set(USE.findall(text)))]
    path.write_text(text + "\n\n{-#\n  dialect_resources: {\n    builtin: {\n"
                    + ",\n".join(lines) + "\n    }\n  }\n#-}\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
