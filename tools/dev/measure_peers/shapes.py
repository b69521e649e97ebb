"""What is measured: shapes of attention."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Shape:
    """Q is [batch, heads, queries, dim], K and V are [batch, kv_heads, keys, dim]."""
    batch: int
    heads: int
    kv_heads: int
    queries: int
    keys: int
    dim: int
    causal: bool

    @property
    def name(self):
        heads = str(self.heads) if self.heads == self.kv_heads else f"{self.heads}/{self.kv_heads}"
        length = str(self.keys) if self.queries == self.keys else f"{self.queries}x{self.keys}"
        return f"B{self.batch} H{heads} S{length} D{self.dim}" + (" causal" if self.causal else "")

    @property
    def is_decode(self):
        return self.queries == 1

    @property
    def work(self):
        """FLOP for the pairs that attend, or for decode the elements of K and V, read once."""
        if self.is_decode:
            return 2 * self.batch * self.kv_heads * self.keys * self.dim
        past = self.keys - self.queries
        pairs = self.queries * past + self.queries * (self.queries + 1) // 2 if self.causal else self.queries * self.keys
        return 4 * self.batch * self.heads * pairs * self.dim


def prefill(length, dim, causal, heads=4, kv_heads=None, batch=1):
    return Shape(batch, heads, kv_heads or heads, length, length, dim, causal)


def decode(keys, dim, heads, kv_heads, batch=1):
    return Shape(batch, heads, kv_heads, 1, keys, dim, False)


def usual():
    return [prefill(length, dim, causal)
            for length in (1024, 2048, 4096) for dim in (64, 128) for causal in (False, True)]


def long_decodes():
    return [decode(keys, 128, 32, 8) for keys in (4096, 8192, 16384, 32768)]


def fifty():
    """Short and long, odd, few heads and many, batches, grouped heads, continued prefill, decode."""
    small = [prefill(length, dim, causal)
             for length in (128, 512) for dim in (64, 128) for causal in (False, True)]
    tiny = [prefill(1, 64, False, 8), prefill(16, 64, True, 8), prefill(33, 32, False, 8)]
    odd = [prefill(77, 64, True, 12), prefill(197, 64, False, 12), prefill(333, 80, True), prefill(1000, 72, False),
           prefill(1023, 128, True), prefill(1537, 96, False), prefill(2049, 64, True)]
    heads = [prefill(1024, 64, False, 1), prefill(4096, 128, True, 1), prefill(256, 64, False, 32),
             prefill(512, 128, True, 32), prefill(1024, 64, True, 16)]
    batches = [prefill(128, 64, False, 12, batch=8), prefill(256, 64, True, 16, batch=4),
               prefill(64, 32, False, 4, batch=32)]
    grouped = [prefill(1024, 128, True, 8, 2), prefill(512, 128, True, 32, 8), prefill(2048, 64, False, 8, 1)]
    continued = [Shape(1, 8, 8, 64, 2048, 128, True), Shape(1, 8, 2, 16, 4096, 128, True)]
    decodes = [decode(1024, 128, 32, 8), decode(4096, 128, 32, 8), decode(16384, 128, 32, 8), decode(4096, 64, 8, 8),
               decode(8192, 128, 8, 1), decode(1024, 128, 32, 8, batch=8), decode(333, 64, 12, 12)]
    return usual() + small + tiny + odd + heads + batches + grouped + continued + decodes


def quick():
    return [prefill(256, 64, False), prefill(256, 64, True), prefill(197, 64, False, 3), decode(1024, 64, 8, 2)]


SETS = {"quick": quick, "prefill": usual, "decode": long_decodes, "fifty": fifty}
