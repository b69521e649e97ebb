# Caches in place: outputs in the memory of inputs, in memory of their own, and what is refused.
# REQUIRES: numpy
# RUN: rm -rf %t && mkdir %t && cp %src/docs/examples/generate/tiny.onnx %t/model.onnx
# RUN: attn-compile %t/model.onnx -o %t/grown.so && attn-compile --static-caches %t/model.onnx -o %t/static.so
# RUN: attn-compile --static-caches --plain %t/model.onnx -o %t/plain.so
# RUN: %python %s %src %t | FileCheck %s
# RUN: FileCheck %s --check-prefix=HEADER --input-file=%t/static.h
# RUN: not attn-compile --static-caches %src/docs/examples/sentences/tiny.onnx -o %t/none.so 2>&1 \
# RUN:   | FileCheck %s --check-prefix=NONE
# HEADER: in[1] past.0.key: f32 [batch, 2, past_capacity, 8]
# HEADER: in[5] past: i64 []
# HEADER: out[1] present.0.key: f32 [batch, 2, past_capacity, 8], may share in[1]
# NONE: error: expected a cache, an input of dynamic length that an output continues and nothing else reads, got none
import sys

import numpy as np

sys.path.insert(0, sys.argv[1] + "/docs/examples")
from attn_artifact import Artifact, ArtifactError  # noqa: E402

CAPACITY, NEW = 9, 3
grown, static, plain = (Artifact(f"{sys.argv[2]}/{name}.so")["main"]
                        for name in ("grown", "static", "plain"))
random = np.random.default_rng(5)
tokens = random.integers(0, 96, (2, NEW))
caches = [random.standard_normal((2, 2, CAPACITY, 8)).astype(np.float32)
          for _ in range(4)]


def expected(past):
    """The logits, and the caches with what is behind them as it was."""
    begin = [np.ascontiguousarray(one[:, :, :past]) for one in caches]
    logits, *present = grown(tokens, *begin)
    return logits, [np.concatenate([new, old[:, :, past + NEW:]], 2)
                    for new, old in zip(present, caches)]


for function in (static, plain):
    for past in (0, 1, 5, CAPACITY - NEW):
        logits, present = expected(past)
        apart = function(tokens, *caches, np.array(past))
        mine = [one.copy() for one in caches]
        shared = function(tokens, *mine, np.array(past), out=[None, *mine])
        assert all(one is two for one, two in zip(shared[1:], mine))
        for got in (apart, shared):
            np.testing.assert_allclose(got[0], logits, rtol=1e-5, atol=1e-6)
            for one, two in zip(got[1:], present):
                np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)
# CHECK: in place and apart agree
print("in place and apart agree")

for past in (-1, CAPACITY - NEW + 1, 2**62, -2**63):
    before = [one.copy() for one in caches]
    try:
        static(tokens, *caches, np.array(past), out=[None, *caches])
    except ArtifactError as error:
        print(past, error.code, error)
    assert all(map(np.array_equal, before, caches))
# Which of several checks that fail comes first is not said.
# CHECK: -1 3 {{.*}}expected
# CHECK: 7 3 {{.*}}expected
# CHECK: 4611686018427387904 3 {{.*}}expected
# CHECK: -9223372036854775808 3 {{.*}}expected

# Part of the memory, or another input's, is refused.
both = np.zeros((2, 2, 2 * CAPACITY, 8), np.float32).reshape(-1)
size = caches[0].size
first, moved = (both[at:at + size].reshape(caches[0].shape) for at in (0, 8))
for out in ([None, moved], [None, caches[1]]):
    try:
        static(tokens, first, *caches[1:], np.array(2), out=out)
    except ArtifactError as error:
        print(error.code, error)
# CHECK: 1 output 1 'present.0.key': expected memory of its own, got some of input 1 'past.0.key'
# CHECK: 1 output 1 'present.0.key': expected memory of its own, got some of input 2 'past.0.value'
