"""Products as a model, and who computes them."""

import importlib.util
import pathlib
import subprocess
import tempfile

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from measure_models.worker import load_artifact

OURS = "attn-mlir"
OPSET, IR_VERSION = 17, 8


def make_operands(product):
    """The left factor, and matrices of weights; equal ones would be shared by who looks."""
    draw = numpy.random.default_rng(0).standard_normal
    left, right = (product.rows, product.inner), (product.inner, product.columns)
    left, right = (shape[::-1] if kind == "t" else shape for shape, kind in zip((left, right), product.layout))
    return [draw(left, dtype=numpy.float32), *(draw(right, dtype=numpy.float32) for _ in range(product.count))]


def multiply(product, operands):
    """In f64."""
    left, *weights = (x.astype(numpy.float64) for x in operands)
    return [(left.T if product.layout[0] == "t" else left) @ (right.T if product.layout[1] == "t" else right) for right in weights]


def relative_error(outputs, expected):
    return max(float(numpy.linalg.norm(output - right) / numpy.linalg.norm(right)) for output, right in zip(outputs, expected))


def write_model(product, operands, path):
    """One product with each matrix of weights."""
    def describe(name, shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    names = [f"weights{n}" for n in range(product.count)]
    transposed = {key: int(kind == "t") for key, kind in zip(("transA", "transB"), product.layout)}
    nodes = [helper.make_node("Gemm", ["left", name], [f"product{n}"], **transposed) for n, name in enumerate(names)]
    given = [describe("left", operands[0].shape)]
    constants = []
    for name, weights in zip(names, operands[1:]):
        if product.is_constant:
            constants.append(numpy_helper.from_array(weights, name))
        else:
            given.append(describe(name, weights.shape))
    outputs = [describe(node.output[0], [product.rows, product.columns]) for node in nodes]
    graph = helper.make_graph(nodes, "products", given, outputs, constants)
    onnx.save(helper.make_model(graph, ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)]), path)


def get_inputs(product, operands):
    return operands[:1] if product.is_constant else operands


def prepare_ours(arguments):
    def prepare(product, operands, model):
        with tempfile.TemporaryDirectory() as folder:
            library = pathlib.Path(folder) / "model.so"
            done = subprocess.run([arguments.attn_compile, model, "-o", library, *arguments.options], capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(done.stderr.strip())
            return load_artifact(library, get_inputs(product, operands))
    return prepare


def prepare_ort(arguments):
    import onnxruntime

    def prepare(product, operands, model):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = arguments.threads, 1
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        feed = {given.name: array for given, array in zip(session.get_inputs(), get_inputs(product, operands))}
        return lambda: session.run(None, feed)
    return prepare


def prepare_torch(arguments):
    import torch
    torch.set_num_threads(arguments.threads)

    def prepare(product, operands, _):
        left, *weights = (torch.from_numpy(x).T if kind == "t" else torch.from_numpy(x)
                          for x, kind in zip(operands, product.layout[0] + product.layout[1] * product.count))
        results = [torch.empty(product.rows, product.columns) for _ in weights]

        def call():
            for matrix, result in zip(weights, results):
                torch.mm(left, matrix, out=result)
            return [result.numpy() for result in results]
        return call
    return prepare


PEERS = {"ORT": ("onnxruntime", prepare_ort), "PyTorch": ("torch", prepare_torch)}


def find(arguments):
    """(Name, function that prepares it) of all that are installed, and a line for each that is not."""
    found, notes = [(OURS, prepare_ours(arguments))], []
    for name, (package, prepare) in PEERS.items():
        if name in arguments.without.split(","):
            continue
        if importlib.util.find_spec(package):
            found.append((name, prepare(arguments)))
        else:
            notes.append(f"{name}: left out: no module named '{package}'")
    return found, notes
