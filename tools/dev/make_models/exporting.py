"""Exports a module to ONNX, checks it, and writes the ONNX test layout.

A model's folder is  model.onnx  and  test_data_set_0/{input,output}_K.pb,
as the ONNX backend tests have it.
"""

import collections
import logging
import pathlib
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3]
                       / "docs/examples"))
import onnx_traces

# Largest difference allowed between PyTorch and ONNX Runtime, float32.
ABSOLUTE_TOLERANCE = 2e-5
RELATIVE_TOLERANCE = 1e-4

EXPORTERS = ("dynamo", "torchscript")


def export(module, inputs, path, *, names, outputs, dims, exporter="dynamo",
           opset=None):
    """Writes `module` to `path` as one ONNX file with its weights inside.

    inputs: example tensors (None for an absent optional one); names and
    outputs: names of the graph's inputs and outputs; dims: for each input
    {axis: dimension name}.
    """
    module = module.eval()
    options = {"opset_version": opset} if opset else {}
    if exporter == "dynamo":
        options |= {"dynamo": True, "external_data": False,
                    "dynamic_shapes": _dynamic_shapes(dims)}
    else:
        options |= {"dynamo": False, "do_constant_folding": True,
                    "dynamic_axes": _dynamic_axes(names, dims)}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        torch.onnx.export(module, tuple(inputs), str(path), verbose=False,
                          input_names=list(names), output_names=list(outputs),
                          **options)
        logging.disable(logging.NOTSET)
    onnx_traces.drop_traces(path)
    onnx.checker.check_model(str(path))


def _dynamic_shapes(dims):
    """The same name must be the same torch.export.Dim."""
    known = {}

    def dim(name):
        return known.setdefault(name, torch.export.Dim(name))

    return tuple({axis: dim(name) for axis, name in one.items()}
                 for one in dims)


def _dynamic_axes(names, dims):
    return {name: dict(one) for name, one in zip(names, dims)}


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"])


def run(path, inputs):
    """ONNX Runtime's outputs, in order, for inputs given in order."""
    runtime = session(path)
    given = runtime.get_inputs()
    assert len(given) == len(inputs), ([one.name for one in given], len(inputs))
    feed = {one.name: array for one, array in zip(given, inputs)}
    return runtime.run(None, feed)


def agreement(path, module, inputs):
    """Largest absolute difference between PyTorch and ONNX Runtime.

    Fails above the tolerance. Returns (difference, ONNX Runtime's outputs).
    """
    with torch.no_grad():
        expected = module.eval()(*inputs)
    if isinstance(expected, torch.Tensor):
        expected = (expected,)
    arrays = [one.numpy() for one in inputs if one is not None]
    actual = run(path, arrays)
    worst = 0.0
    for wanted, got in zip(expected, actual, strict=True):
        wanted = wanted.numpy()
        assert wanted.shape == got.shape, (wanted.shape, got.shape)
        np.testing.assert_allclose(got, wanted, rtol=RELATIVE_TOLERANCE,
                                   atol=ABSOLUTE_TOLERANCE)
        worst = max(worst, float(np.abs(wanted - got).max(initial=0.0)))
    return worst, actual


def write_test_data(folder, path, inputs, outputs):
    """folder/input_K.pb and output_K.pb; names are those of the graph."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    graph = onnx.load(str(path)).graph
    for kind, values, arrays in (("input", graph.input, inputs),
                                 ("output", graph.output, outputs)):
        for old in folder.glob(f"{kind}_*.pb"):
            old.unlink()
        for index, (value, array) in enumerate(
                zip(values, arrays, strict=True)):
            tensor = numpy_helper.from_array(np.asarray(array), value.name)
            target = folder / f"{kind}_{index}.pb"
            target.write_bytes(tensor.SerializeToString(deterministic=True))


def export_with_tests(folder, module, inputs, tests, *, file="model.onnx",
                      **options):
    """Exports with `inputs` and stores each of `tests` as a test data set.

    `inputs` only trace the graph; `tests` have other sizes, so that a
    dimension frozen by mistake is found here. Returns a line for the log.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file
    export(module, inputs, path, **options)
    agreement(path, module, inputs)
    worst = 0.0
    for index, test in enumerate(tests):
        difference, outputs = agreement(path, module, test)
        worst = max(worst, difference)
        arrays = [one.numpy() for one in test if one is not None]
        write_test_data(folder / f"test_data_set_{index}", path, arrays,
                        outputs)
    return (f"{folder.name}/{file}: {path.stat().st_size} bytes, "
            f"PyTorch - ONNX Runtime <= {worst:.2g}")


def operators(path):
    """{(domain, operator): (count, {attribute: values seen})}, and opsets."""
    model = onnx.load(str(path))
    seen = collections.defaultdict(lambda: [0, collections.defaultdict(set)])

    def visit(nodes):
        for node in nodes:
            entry = seen[node.domain, node.op_type]
            entry[0] += 1
            for attribute in node.attribute:
                value = onnx.helper.get_attribute_value(attribute)
                if attribute.type == onnx.AttributeProto.GRAPH:
                    visit(value.node)
                    value = "graph"
                elif attribute.type == onnx.AttributeProto.TENSOR:
                    value = (f"{onnx.TensorProto.DataType.Name(value.data_type)}"
                             f"{list(value.dims)}")
                entry[1][attribute.name].add(str(value))

    visit(model.graph.node)
    for function in model.functions:
        visit(function.node)
    opsets = {one.domain or "ai.onnx": one.version
              for one in model.opset_import}
    return seen, opsets
