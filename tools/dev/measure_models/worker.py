"""One contender in a process of its own:
python -m measure_models.worker KIND PRECISION NAME LLAMA_LAYERS FOLDER LENGTH THREADS.

Loads, then for each line on standard input answers with one on standard output: `check` with the largest difference from
PyTorch's output, `run` with the seconds of one run, `memory` with the bytes at peak of the whole process."""

import importlib.util
import pathlib
import resource
import sys
import time

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[3]


def load_artifact(library, inputs):
    spec = importlib.util.spec_from_file_location("attn_artifact", ROOT / "docs/examples/attn_artifact.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # The caller owns outputs; the peers keep their own, or an arena for them, from run to run.
    return module.Artifact(str(library)).default().bind(*inputs)


def load_attn(folder, inputs, precision, **_):
    return load_artifact(folder / f"model-{precision}.so", inputs)


def load_ort(folder, inputs, threads, **_):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    feed = {given.name: array for given, array in zip(session.get_inputs(), inputs)}
    return lambda: session.run(None, feed)


def load_openvino(folder, inputs, threads, precision, **_):
    import openvino
    compiled = openvino.Core().compile_model(str(folder / "model.onnx"), "CPU", {
        "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"})
    request = compiled.create_infer_request()
    return lambda: list(request.infer(inputs).values())


def load_torch(name, layers, inputs, threads, precision, compiled=False, **_):
    import torch
    from . import zoo
    torch.set_num_threads(threads)
    module, tensors = zoo.build(name, layers), [torch.from_numpy(array) for array in inputs]
    if precision == "bf16":
        module.to(torch.bfloat16)
        tensors = [t.to(torch.bfloat16) if t.is_floating_point() else t for t in tensors]
    if compiled:
        module = torch.compile(module, dynamic=False)

    def call():
        # inference_mode, which torch.compile does not take everywhere, is no faster.
        with torch.no_grad():
            outputs = module(*tensors)
        return [t.float().numpy() for t in (outputs if isinstance(outputs, tuple) else (outputs,))]
    return call


def load_compiled_torch(**arguments):
    call = load_torch(compiled=True, **arguments)
    call()
    return call


KINDS = {"attn-mlir": load_attn, "ORT": load_ort, "OpenVINO": load_openvino, "PyTorch": load_torch,
         "PyTorch compiled": load_compiled_torch}


def first(outputs):
    return outputs if isinstance(outputs, numpy.ndarray) else outputs[0]


def main():
    kind, precision, name, layers, folder, length, threads = sys.argv[1:]
    folder = pathlib.Path(folder)
    inputs = [numpy.load(path) for path in sorted(folder.glob(f"{length}-input*.npy"),
                                                  key=lambda p: int(p.stem.rpartition("input")[2]))]
    expected = numpy.load(folder / f"{length}-expected.npy")
    begin = time.perf_counter()
    call = KINDS[kind](name=name, precision=precision, layers=int(layers), folder=folder, inputs=inputs, threads=int(threads))
    print(time.perf_counter() - begin, flush=True)
    for line in sys.stdin:
        begin = time.perf_counter()
        if line == "memory\n":
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, flush=True)
            continue
        outputs = call()
        seconds = time.perf_counter() - begin
        print(numpy.abs(first(outputs) - expected).max() if line == "check\n" else seconds, flush=True)


if __name__ == "__main__":
    main()
