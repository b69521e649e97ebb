#!/usr/bin/env python3
"""Makes tests of com.microsoft's operators in ONNX's layout, with what ONNX Runtime gives for random data.

usage: make-microsoft-cases.py FOLDER [NAME...]      (needs onnx and onnxruntime; the tests that read FOLDER need neither)

What ONNX Runtime leaves unspecified (rows of queries, and of caches, beyond a batch's length) is not among the outputs, or the
lengths leave none.
"""

import pathlib
import sys

import numpy as np
import onnx
import onnx.parser
import onnxruntime
from onnx import numpy_helper

random = np.random.default_rng(36)
CASES = {}


def case(name, signature, nodes, *values, opset=17):
    """Inputs are named in order; `signature` is (inputs) => (outputs) in ONNX's text."""
    CASES[name] = (f'<ir_version: 9, opset_import: ["" : {opset}, "com.microsoft" : 1]> g {signature} {{ {nodes} }}', values)


def floats(*shape):
    return random.standard_normal(shape).astype(np.float32)


def small(*shape):
    return (floats(*shape) / 4).astype(np.float32)


def i32(*values):
    return np.array(values, np.int32)


def i64(*values):
    return np.array(values, np.int64)


def total(value):
    return np.array(value, np.int32)


def angles(rows, width):
    at = np.arange(rows)[:, None] / 100 ** (np.arange(width) / width)
    return np.cos(at).astype(np.float32), np.sin(at).astype(np.float32)


# --- MultiHeadAttention ----------------------------------------------------------------------------------------------------

QKV = "float[b,s,24] q, float[b,t,24] k, float[b,t,32] v"
case("multi-head-plain", f"({QKV}) => (float[b,s,32] y)", "y = com.microsoft.MultiHeadAttention<num_heads = 4>(q, k, v)",
     floats(2, 3, 24), floats(2, 5, 24), floats(2, 5, 32))
case("multi-head-scale-bias-causal", "(float[b,s,24] q, float[b,s,24] k, float[b,s,32] v, float[80] w) => (float[b,s,32] y)",
     "y = com.microsoft.MultiHeadAttention<num_heads = 4, scale = 0.3, unidirectional = 1>(q, k, v, w)",
     floats(2, 5, 24), floats(2, 5, 24), floats(2, 5, 32), floats(80))
case("multi-head-lengths", f"({QKV}, int32[b] m) => (float[b,s,32] y)", "y = com.microsoft.MultiHeadAttention<num_heads = 4>(q, k, v, , m)",
     floats(3, 3, 24), floats(3, 5, 24), floats(3, 5, 32), i32(5, 2, 1))
# ONNX Runtime adds -10000 to every score of batch 2, which costs it digits.
case("multi-head-lengths-rounded", f"({QKV}, int32[b] m) => (float[b,s,32] y)", "y = com.microsoft.MultiHeadAttention<num_heads = 4>(q, k, v, , m)",
     floats(3, 3, 24), floats(3, 5, 24), floats(3, 5, 32), i32(5, 2, 0))
case("multi-head-key-mask", f"({QKV}, int32[b,t] m, float[1,4,s,t] a) => (float[b,s,32] y)",
     "y = com.microsoft.MultiHeadAttention<num_heads = 4>(q, k, v, , m, a)",
     floats(2, 3, 24), floats(2, 5, 24), floats(2, 5, 32), i32([1, 1, 1, 0, 0], [0, 0, 1, 1, 1]), floats(1, 4, 3, 5))
case("multi-head-pair-mask-filter", f"({QKV}, int32[b,s,t] m) => (float[b,s,32] y)",
     "y = com.microsoft.MultiHeadAttention<num_heads = 4, mask_filter_value = -1.5>(q, k, v, , m)",
     floats(2, 3, 24), floats(2, 5, 24), floats(2, 5, 32), random.integers(0, 2, (2, 3, 5)).astype(np.int32))
case("multi-head-past", "(float[b,s,24] q, float[b,s,24] k, float[b,s,24] v, float[b,4,p,6] pk, float[b,4,p,6] pv) => "
     "(float[b,s,24] y, float[b,4,t,6] nk, float[b,4,t,6] nv)",
     "y, nk, nv = com.microsoft.MultiHeadAttention<num_heads = 4, unidirectional = 1>(q, k, v, , , , pk, pv)",
     floats(2, 2, 24), floats(2, 2, 24), floats(2, 2, 24), floats(2, 4, 3, 6), floats(2, 4, 3, 6))
case("multi-head-cross-cache", "(float[b,s,24] q, float[b,4,t,6] k, float[b,4,t,6] v) => (float[b,s,24] y)",
     "y = com.microsoft.MultiHeadAttention<num_heads = 4>(q, k, v)", floats(2, 3, 24), floats(2, 4, 5, 6), floats(2, 4, 5, 6))

# --- Attention -------------------------------------------------------------------------------------------------------------

XWB = "float[b,s,10] x, float[10,48] w, float[48] c"
case("attention-plain", f"({XWB}) => (float[b,s,16] y)", "y = com.microsoft.Attention<num_heads = 4>(x, w, c)",
     floats(2, 5, 10), small(10, 48), small(48))
case("attention-widths-causal", "(float[b,s,10] x, float[10,40] w, float[40] c) => (float[b,s,8] y)",
     "y = com.microsoft.Attention<num_heads = 4, qkv_hidden_sizes = [16, 16, 8], unidirectional = 1, scale = 0.4>(x, w, c)",
     floats(2, 5, 10), small(10, 40), small(40))
case("attention-lengths", f"({XWB}, int32[b] m) => (float[b,s,16] y)", "y = com.microsoft.Attention<num_heads = 4>(x, w, c, m)",
     floats(3, 5, 10), small(10, 48), small(48), i32(5, 1, 3))
case("attention-ends-and-starts", f"({XWB}, int32[n] m) => (float[b,s,16] y)", "y = com.microsoft.Attention<num_heads = 4>(x, w, c, m)",
     floats(2, 5, 10), small(10, 48), small(48), i32(5, 4, 2, 0))
case("attention-key-mask", f"({XWB}, int32[b,s] m) => (float[b,s,16] y)", "y = com.microsoft.Attention<num_heads = 4>(x, w, c, m)",
     floats(2, 5, 10), small(10, 48), small(48), i32([1, 1, 1, 0, 0], [0, 0, 0, 0, 0]))
case("attention-pair-mask-bias", f"({XWB}, int32[b,s,s] m, float[b,1,s,s] a) => (float[b,s,16] y)",
     "y = com.microsoft.Attention<num_heads = 4>(x, w, c, m, , a)", floats(2, 5, 10), small(10, 48), small(48),
     random.integers(0, 2, (2, 5, 5)).astype(np.int32), floats(2, 1, 5, 5))
case("attention-past", f"({XWB}, int32[b,t] m, float[2,b,4,p,4] past) => (float[b,s,16] y, float[2,b,4,t,4] present)",
     "y, present = com.microsoft.Attention<num_heads = 4, unidirectional = 1>(x, w, c, m, past)",
     floats(2, 2, 10), small(10, 48), small(48), i32([1, 1, 1, 1, 1], [0, 1, 1, 1, 1]), floats(2, 2, 4, 3, 4))

# --- GroupQueryAttention ---------------------------------------------------------------------------------------------------

GQA = "float[b,s,32] q, float[b,s,16] k, float[b,s,16] v, float[b,2,p,8] pk, float[b,2,p,8] pv, int32[b] l, int32 n"
OUT = "float[b,s,32] y, float[b,2,t,8] nk, float[b,2,t,8] nv"
SHARED = "float[b,s,32] y, float[b,2,p,8] nk, float[b,2,p,8] nv"
RAGGED = "float[b,s,32] y"


def grouped(rows, past, batch=1):
    return floats(batch, rows, 32), floats(batch, rows, 16), floats(batch, rows, 16), floats(batch, 2, past, 8), floats(batch, 2, past, 8)


def group_query(inputs="", **attributes):
    text = ", ".join(f"{key} = {value}" for key, value in dict(num_heads=4, kv_num_heads=2, **attributes).items())
    return f"y, nk, nv = com.microsoft.GroupQueryAttention<{text}>(q, k, v, pk, pv, l, n{inputs})"


case("group-query-prompt", f"({GQA}) => ({OUT})", group_query(scale=0.3), *grouped(5, 0, 2), i32(4, 4), total(5))
case("group-query-window", f"({GQA}) => ({OUT})", group_query(local_window_size=3, softcap=2.0), *grouped(5, 0), i32(4), total(5))
case("group-query-more", f"({GQA}) => ({OUT})", group_query(local_window_size=2), *grouped(2, 3), i32(4), total(5))
case("group-query-shared", f"({GQA}) => ({SHARED})", group_query(), *grouped(1, 8, 2), i32(7, 7), total(8))
case("group-query-ragged", f"({GQA}) => ({RAGGED})", group_query(), *grouped(1, 8, 3), i32(4, 0, 7), total(8))
case("group-query-ragged-window", f"({GQA}) => ({RAGGED})", group_query(local_window_size=2, smooth_softmax=1), *grouped(1, 8, 2), i32(4, 6), total(7))
case("group-query-total-of-mask", f"(float[b,s,32] q, float[b,s,16] k, float[b,s,16] v, float[b,2,p,8] pk, float[b,2,p,8] pv, int64[b,m] mask) => (float[b,s,32] y)",
     "one = Constant<value_ints = [1]>() sum = ReduceSum<keepdims = 0>(mask, one) e = Sub(sum, one) l = Cast<to = 6>(e) "
     "shape = Shape(mask) at = Constant<value_int = 1>() size = Gather(shape, at) n = Cast<to = 6>(size) " + group_query(),
     *grouped(1, 4, 2), i64([1, 1, 1, 1, 1], [1, 1, 1, 0, 0]))
case("group-query-bidirectional", f"({GQA}) => ({OUT})", group_query(causal=0), *grouped(4, 0), i32(3), total(4))
case("group-query-bias-sink", f"({GQA}, float[1,4,s,u] a, float[4] h) => ({OUT})", group_query(", , , , a, h"),
     *grouped(3, 0, 2), i32(2, 2), total(3), floats(1, 4, 3, 3), floats(4))
# Rotated heads have a multiple of 16 features there.
WIDE = GQA.replace(",8]", ",16]").replace(",16] k", ",32] k").replace(",16] v", ",32] v").replace("s,32] q", "s,64] q")


def widened(outputs):
    return outputs.replace(",8]", ",16]").replace("s,32] y", "s,64] y")


def wide(rows, past, batch=1):
    return (floats(batch, rows, 64), floats(batch, rows, 32), floats(batch, rows, 32), floats(batch, 2, past, 16), floats(batch, 2, past, 16))


TABLES8 = "float[c,8] cos, float[c,8] sin"
case("group-query-rotary", f"({WIDE}, {TABLES8}) => ({widened(RAGGED)})", group_query(", cos, sin", do_rotary=1),
     *wide(1, 8, 2), i32(4, 6), total(7), *angles(16, 8))
case("group-query-rotary-prompt", f"({WIDE}, {TABLES8}) => ({widened(OUT)})",
     group_query(", cos, sin", do_rotary=1, rotary_interleaved=1), *wide(4, 0, 2), i32(3, 3), total(4), *angles(16, 8))
case("group-query-packed-rotary", f"(float[b,s,128] q, float[b,2,p,16] pk, float[b,2,p,16] pv, int32[b] l, int32 n, {TABLES8}) => "
     f"({widened(OUT)})", "y, nk, nv = com.microsoft.GroupQueryAttention<num_heads = 4, kv_num_heads = 2, do_rotary = 1>(q, , , pk, pv, l, n, cos, sin)",
     floats(1, 2, 128), floats(1, 2, 3, 16), floats(1, 2, 3, 16), i32(4), total(5), *angles(16, 8))
case("group-query-positions", f"({WIDE}, {TABLES8}, int64[b,s] at) => ({widened(OUT)})",
     group_query(", cos, sin, at", do_rotary=1), *wide(2, 3, 1), i32(4), total(5), *angles(16, 8), i64([7, 9]))

# --- RotaryEmbedding -------------------------------------------------------------------------------------------------------

case("rotary-positions", "(float[b,s,32] x, int64[b,s] p, float[m,4] c, float[m,4] d) => (float[b,s,32] y)",
     "y = com.microsoft.RotaryEmbedding(x, p, c, d)", floats(2, 3, 32), i64([0, 4, 2], [7, 1, 1]), *angles(8, 4))
case("rotary-offset-interleaved", "(float[b,4,s,8] x, int64[1] p, float[m,4] c, float[m,4] d) => (float[b,4,s,8] y)",
     "y = com.microsoft.RotaryEmbedding<interleaved = 1>(x, p, c, d)", floats(2, 4, 3, 8), i64(3), *angles(8, 4))
case("rotary-partial", "(float[b,s,32] x, int64[b,s] p, float[m,2] c, float[m,2] d) => (float[b,s,32] y)",
     "y = com.microsoft.RotaryEmbedding<num_heads = 4, rotary_embedding_dim = 4>(x, p, c, d)", floats(2, 3, 32),
     i64([0, 4, 2], [7, 1, 1]), *angles(8, 2))
case("rotary-packed", "(float[b,s,32] x, int64[b,s] p, float[m,4] c, float[m,4] d) => (float[b,s,32] y)",
     "y = com.microsoft.RotaryEmbedding<is_packed_batching = 1>(x, p, c, d)", floats(1, 6, 32), i64([0, 1, 2, 0, 1, 0]), *angles(3, 4))

# --- Normalization ---------------------------------------------------------------------------------------------------------

case("skip-norm", "(float[b,s,8] x, float[b,s,8] r, float[8] g, float[8] c, float[8] w) => (float[b,s,8] y, float[b,s,8] z)",
     "y, , , z = com.microsoft.SkipLayerNormalization<epsilon = 0.01>(x, r, g, c, w)", floats(2, 3, 8), floats(2, 3, 8), floats(8), floats(8), floats(8))
case("skip-norm-broadcast", "(float[b,s,8] x, float[1,s,8] r, float[8] g) => (float[b,s,8] y)",
     "y = com.microsoft.SkipLayerNormalization(x, r, g)", floats(2, 3, 8), floats(1, 3, 8), floats(8))
case("skip-norm-broadcast-rank-2", "(float[b,s,8] x, float[s,8] r, float[8] g) => (float[b,s,8] y)",
     "y = com.microsoft.SkipLayerNormalization(x, r, g)", floats(2, 3, 8), floats(3, 8), floats(8))
case("skip-simplified-norm", "(float[b,s,8] x, float[b,s,8] r, float[8] g, float[8] w) => (float[b,s,8] y, float[b,s,8] z)",
     "y, , , z = com.microsoft.SkipSimplifiedLayerNormalization<epsilon = 0.01>(x, r, g, w)", floats(2, 3, 8), floats(2, 3, 8), floats(8), floats(8))
case("simplified-norm", "(float[b,s,8] x, float[8] g) => (float[b,s,8] y)",
     "y = SimplifiedLayerNormalization<axis = -1, epsilon = 0.01>(x, g)", floats(2, 3, 8), floats(8))
EMBED = "float[w,8] words, float[m,8] places, float[g,8] segments, float[8] gamma, float[8] beta"
TABLES = floats(20, 8), floats(9, 8), floats(2, 8), floats(8), floats(8)
case("embed-norm", f"(int32[b,s] i, int32[b,s] j, {EMBED}, int32[b,s] mask) => (float[b,s,8] y, int32[b] n, float[b,s,8] z)",
     "y, n, z = com.microsoft.EmbedLayerNormalization<epsilon = 0.01>(i, j, words, places, segments, gamma, beta, mask)",
     random.integers(0, 20, (2, 5)).astype(np.int32), i32([0, 0, 1, 1, 1], [0, 1, 1, 1, 1]), *TABLES, i32([1, 1, 1, 0, 0], [1, 1, 1, 1, 1]))
case("embed-norm-positions", "(int32[b,s] i, float[w,8] words, float[m,8] places, float[8] gamma, float[8] beta, int32[1,s] p) => (float[b,s,8] y, int32[b] n)",
     "y, n = com.microsoft.EmbedLayerNormalization(i, , words, places, , gamma, beta, , p)",
     random.integers(0, 20, (2, 5)).astype(np.int32), TABLES[0], TABLES[1], TABLES[3], TABLES[4], i32([8, 1, 0, 3, 3]))

# --- Activations and products ----------------------------------------------------------------------------------------------

case("gelus", "(float[b,8] x, float[8] c) => (float[b,8] y1, float[b,8] y2, float[b,8] y3, float[b,8] y4, float[b,8] y5, float[b,8] y6)",
     "y1 = com.microsoft.Gelu(x) y2 = com.microsoft.BiasGelu(x, c) y3 = com.microsoft.FastGelu(x) y4 = com.microsoft.FastGelu(x, c) "
     "y5 = com.microsoft.QuickGelu(x) y6 = com.microsoft.QuickGelu<alpha = 1.0>(x)", 3 * floats(3, 8), floats(8))
case("fused-product", "(float[b,4,3] x, float[b,5,4] w) => (float[b,3,5] y)",
     "y = com.microsoft.FusedMatMul<alpha = 0.3, transA = 1, transB = 1>(x, w)", floats(2, 4, 3), floats(2, 5, 4))
case("fused-product-batches", "(float[3,b,4] x, float[4,b,5] w) => (float[b,3,5] y)",
     "y = com.microsoft.FusedMatMul<transBatchA = 1, transBatchB = 1>(x, w)", floats(3, 2, 4), floats(4, 2, 5))
case("fused-product-batches-and-matrices", "(float[4,b,3] x, float[5,b,4] w) => (float[b,3,5] y)",
     "y = com.microsoft.FusedMatMul<transBatchA = 1, transA = 1, transBatchB = 1, transB = 1>(x, w)", floats(4, 2, 3), floats(5, 2, 4))

# --- Lengths of queries, and types of 16 bits: last, since all cases take their data from one generator ----------------------

case("group-query-lengths-of-queries", f"({GQA}, int32[b] f) => ({RAGGED})", group_query(", , , , , , , , , , f"),
     *grouped(3, 8, 2), i32(5, 6), total(7), i32(3, 3))


def half(name, signature, nodes, *values):
    """The same of f16, whose sums ONNX Runtime rounds elsewhere."""
    values = [value.astype(np.float16) if value.dtype == np.float32 else value for value in values]
    case(f"{name}-rounded", signature.replace("float[", "float16["), nodes, *values)


half("multi-head-f16", f"({QKV}, int32[b,t] m, float[1,4,s,t] a) => (float[b,s,32] y)",
     "y = com.microsoft.MultiHeadAttention<num_heads = 4>(q, k, v, , m, a)",
     floats(2, 3, 24), floats(2, 5, 24), floats(2, 5, 32), i32([1, 1, 1, 0, 0], [0, 0, 1, 1, 1]), floats(1, 4, 3, 5))
half("attention-f16", f"({XWB}) => (float[b,s,16] y)", "y = com.microsoft.Attention<num_heads = 4, unidirectional = 1>(x, w, c)",
     floats(2, 5, 10), small(10, 48), small(48))
half("group-query-f16", f"({WIDE}, {TABLES8}) => ({widened(OUT)})",
     group_query(", cos, sin", do_rotary=1, local_window_size=3, softcap=2.0), *wide(4, 0, 2), i32(3, 3), total(4), *angles(16, 8))
half("group-query-packed-f16", f"(float[b,s,128] q, float[b,2,p,16] pk, float[b,2,p,16] pv, int32[b] l, int32 n) => ({widened(OUT)})",
     "y, nk, nv = com.microsoft.GroupQueryAttention<num_heads = 4, kv_num_heads = 2, smooth_softmax = 1>(q, , , pk, pv, l, n)",
     floats(1, 2, 128), floats(1, 2, 3, 16), floats(1, 2, 3, 16), i32(4), total(5))
half("rotary-f16", "(float[b,s,32] x, int64[b,s] p, float[m,4] c, float[m,4] d) => (float[b,s,32] y)",
     "y = com.microsoft.RotaryEmbedding(x, p, c, d)", floats(2, 3, 32), i64([0, 4, 2], [7, 1, 1]), *angles(8, 4))
half("skip-norms-f16", "(float[b,s,8] x, float[b,s,8] r, float[8] g, float[8] c, float[8] w) => (float[b,s,8] y1, float[b,s,8] z1, float[b,s,8] y2)",
     "y1, , , z1 = com.microsoft.SkipLayerNormalization<epsilon = 0.01>(x, r, g, c, w) "
     "y2 = com.microsoft.SkipSimplifiedLayerNormalization<epsilon = 0.01>(x, r, g, w)",
     floats(2, 3, 8), floats(2, 3, 8), floats(8), floats(8), floats(8))
half("embed-norm-f16", "(int32[b,s] i, float[w,8] words, float[m,8] places, float[8] gamma, float[8] beta) => (float[b,s,8] y, int32[b] n)",
     "y, n = com.microsoft.EmbedLayerNormalization(i, , words, places, , gamma, beta)",
     random.integers(0, 20, (2, 5)).astype(np.int32), floats(20, 8), floats(9, 8), floats(8), floats(8))
half("gelus-f16", "(float[b,8] x, float[8] c) => (float[b,8] y1, float[b,8] y2, float[b,8] y3)",
     "y1 = com.microsoft.Gelu(x) y2 = com.microsoft.BiasGelu(x, c) y3 = com.microsoft.FastGelu(x, c)", 3 * floats(3, 8), floats(8))


def store(folder, name):
    text, values = CASES[name]
    model = onnx.parser.parse_model(text)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_inputs()]
    outputs = session.run(None, dict(zip(names, values)))
    folder = folder / ("microsoft-rounded" if name.endswith("-rounded") else "microsoft")
    data = folder / name / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / name / "model.onnx")
    for kind, arrays in (("input", values), ("output", outputs)):
        for i, array in enumerate(arrays):
            (data / f"{kind}_{i}.pb").write_bytes(numpy_helper.from_array(np.asarray(array, order="C")).SerializeToString())


def main():
    folder = pathlib.Path(sys.argv[1])
    failures = 0
    for name in sys.argv[2:] or CASES:
        try:
            store(folder, name)
        except Exception as error:  # what ONNX Runtime says, for each case
            failures += 1
            print(f"{name}: {error}")
    print(f"{len(CASES) - failures} stored, {failures} not")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
