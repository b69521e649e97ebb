"""ONNX Runtime on the CPU: the standard Attention operator, and its own MultiHeadAttention and GroupQueryAttention.

Each gets its inputs in the layout that it takes: transposing them is not counted.
"""

import numpy
import onnxruntime
from onnx import TensorProto, helper

version = f"ONNX Runtime {onnxruntime.__version__}"
ELEMENTS = {"f32": TensorProto.FLOAT, "f16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16}
OPSET = 23


def packed(array):
    """[batch, heads, length, dim] as [batch, length, heads * dim]."""
    batch, heads, length, dim = array.shape
    return numpy.ascontiguousarray(array.transpose(0, 2, 1, 3)).reshape(batch, length, heads * dim)


def unpacked(array, heads):
    batch, length, width = array.shape
    return array.reshape(batch, length, heads, width // heads).transpose(0, 2, 1, 3)


class Contender:
    """A session of one node. Subclasses say which, and what it takes."""

    def __init__(self, shape, dtype, threads):
        if dtype == "bf16":
            raise NotImplementedError("no bf16 on the CPU")
        self.shape, self.element = shape, ELEMENTS[dtype]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        # As for OpenMP here: threads that wait do not take a processor from the others.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        node, inputs, outputs = self.build()
        graph = helper.make_graph([node], "attention", inputs, outputs)
        model = helper.make_model(graph, ir_version=10, opset_imports=[
            helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)])
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options,
                                                    providers=["CPUExecutionProvider"])

    def value(self, name, *dims):
        return helper.make_tensor_value_info(name, self.element, list(dims))

    def bind(self, inputs, outputs, reused=()):
        """A call on fixed memory. `reused` are pairs of an input and an output in the same memory."""
        values = {name: onnxruntime.OrtValue.ortvalue_from_numpy(array) for name, array in inputs.items()}
        binding = self.session.io_binding()
        for name, value in values.items():
            binding.bind_ortvalue_input(name, value)
        for name in outputs:
            binding.bind_output(name, "cpu")
        for source, target in reused:
            binding.bind_ortvalue_output(target, values[source])

        def call():
            self.session.run_with_iobinding(binding)
        return call, lambda: self.unpack(binding.get_outputs()[0].numpy())

    def unpack(self, output):
        return unpacked(output, self.shape.heads)


class StandardAttention(Contender):
    name = "ORT Attention"

    def build(self):
        s = self.shape
        if s.causal and s.queries != s.keys:
            raise NotImplementedError("its causal needs a past here")
        node = helper.make_node("Attention", ["q", "k", "v"], ["o"], is_causal=int(s.causal))
        q = self.value("q", s.batch, s.heads, s.queries, s.dim)
        kv = [self.value(n, s.batch, s.kv_heads, s.keys, s.dim) for n in "kv"]
        return node, [q, *kv], [self.value("o", s.batch, s.heads, s.queries, s.dim)]

    def prepare(self, query, key, value):
        return self.bind({"q": query, "k": key, "v": value}, ["o"])

    def unpack(self, output):
        return output


class MultiHead(Contender):
    name = "ORT MultiHeadAttention"

    def build(self):
        s = self.shape
        if s.heads != s.kv_heads or (s.causal and s.queries != s.keys):
            raise NotImplementedError("no grouped heads, and causal only from the start")
        node = helper.make_node("MultiHeadAttention", ["q", "k", "v"], ["o"], domain="com.microsoft",
                                num_heads=s.heads, unidirectional=int(s.causal))
        width = s.heads * s.dim
        return (node, [self.value("q", s.batch, s.queries, width), *(self.value(n, s.batch, s.keys, width) for n in "kv")],
                [self.value("o", s.batch, s.queries, width)])

    def prepare(self, query, key, value):
        return self.bind({"q": packed(query), "k": packed(key), "v": packed(value)}, ["o"])


class GroupQuery(Contender):
    """Takes the last `queries` keys as new ones and the others as a cache, which it extends in place."""
    name = "ORT GroupQueryAttention"

    def build(self):
        s = self.shape
        if not s.causal and not s.is_decode:
            raise NotImplementedError("it is always causal")
        node = helper.make_node("GroupQueryAttention", ["q", "k", "v", "pk", "pv", "last", "total"],
                                ["o", "nk", "nv"], domain="com.microsoft", num_heads=s.heads, kv_num_heads=s.kv_heads)
        new = [self.value("q", s.batch, s.queries, s.heads * s.dim),
               *(self.value(n, s.batch, s.queries, s.kv_heads * s.dim) for n in "kv")]
        cache = {n: self.value(n, s.batch, s.kv_heads, s.keys, s.dim) for n in ("pk", "pv", "nk", "nv")}
        lengths = [helper.make_tensor_value_info("last", TensorProto.INT32, [s.batch]),
                   helper.make_tensor_value_info("total", TensorProto.INT32, [1])]
        return (node, [*new, cache["pk"], cache["pv"], *lengths],
                [self.value("o", s.batch, s.queries, s.heads * s.dim), cache["nk"], cache["nv"]])

    def prepare(self, query, key, value):
        s = self.shape
        new = s.keys - s.queries
        inputs = {"q": packed(query), "k": packed(key[:, :, new:]), "v": packed(value[:, :, new:]),
                  "pk": key.copy(), "pv": value.copy(),
                  "last": numpy.full(s.batch, s.keys - 1, numpy.int32), "total": numpy.array([s.keys], numpy.int32)}
        return self.bind(inputs, ["o"], [("pk", "nk"), ("pv", "nv")])


contenders = [StandardAttention, MultiHead, GroupQuery]
