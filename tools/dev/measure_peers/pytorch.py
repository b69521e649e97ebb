"""PyTorch on the CPU: scaled_dot_product_attention, and flex_attention through torch.compile."""

import numpy
import torch
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

version = f"PyTorch {torch.__version__}"


def to_torch(array):
    if array.dtype == numpy.uint16:
        return torch.from_numpy(array.view(numpy.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def to_numpy(tensor):
    return tensor.view(torch.int16).numpy().view(numpy.uint16) if tensor.dtype == torch.bfloat16 else tensor.numpy()


class Contender:
    def __init__(self, shape, dtype, threads):
        torch.set_num_threads(threads)
        self.shape = shape
        self.offset = shape.keys - shape.queries

    def prepare(self, query, key, value):
        tensors = [to_torch(x) for x in (query, key, value)]
        results = [None]

        def call():
            with torch.inference_mode():
                results[0] = self.attend(*tensors)
        return call, lambda: to_numpy(results[0])


class SDPA(Contender):
    name = "SDPA"

    def __init__(self, shape, dtype, threads):
        super().__init__(shape, dtype, threads)
        # PyTorch's causal is aligned at the top left.
        self.is_causal = shape.causal and self.offset == 0
        self.mask = None
        if shape.causal and self.offset:
            self.mask = torch.ones(shape.queries, shape.keys, dtype=torch.bool).tril(self.offset)

    def attend(self, query, key, value):
        return torch.nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=self.mask, is_causal=self.is_causal,
            enable_gqa=self.shape.heads != self.shape.kv_heads)


class Flex(Contender):
    name = "FlexAttention"

    def __init__(self, shape, dtype, threads):
        super().__init__(shape, dtype, threads)
        # A function of its own for each shape: no limit on recompilation, no dynamic sizes.
        torch.compiler.reset()
        self.compiled = torch.compile(flex_attention, dynamic=False)
        offset = self.offset
        self.mask = create_block_mask(lambda b, h, i, j: j <= i + offset, None, None, shape.queries, shape.keys,
                                      device="cpu") if shape.causal else None

    def attend(self, query, key, value):
        return self.compiled(query, key, value, block_mask=self.mask,
                             enable_gqa=self.shape.heads != self.shape.kv_heads)


contenders = [SDPA, Flex]
