"""Tiny models with random weights, from both of PyTorch's exporters.

They are inputs for the tests of the ONNX importer: what the exporters write
for attention written out, for scaled_dot_product_attention, and for torch's
own Transformer modules, at several opsets.
"""

import torch
from torch import nn
from torch.nn import functional

from . import dates_data, dates_model, exporting
from .layers import causal_mask

SEED = 3
WIDTH, HEADS, HIDDEN = 16, 2, 24


class Attention(nn.Module):
    """scaled_dot_product_attention of [batch, head, sequence, size]."""

    def __init__(self, **options):
        super().__init__()
        self.options = options

    def forward(self, query, key, value, mask=None):
        return functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, **self.options)


class SelfAttention(nn.Module):
    """nn.MultiheadAttention with a padding mask (true: left out)."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)

    def forward(self, states, padding):
        return self.attention(states, states, states, key_padding_mask=padding,
                              need_weights=True, average_attn_weights=False)


class Encoder(nn.Module):
    """nn.TransformerEncoderLayer, GELU, post-norm, with a padding mask."""

    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, HIDDEN, dropout=0.0, activation="gelu",
            batch_first=True)

    def forward(self, states, padding):
        return self.layer(states, src_key_padding_mask=padding)


class Transformer(nn.Module):
    """torch's encoder and decoder layer, pre-norm, causal on the target."""

    def __init__(self):
        super().__init__()
        options = {"dropout": 0.0, "norm_first": True, "batch_first": True}
        sizes = (WIDTH, HEADS, HIDDEN)
        self.encoder = nn.TransformerEncoderLayer(*sizes, **options)
        self.decoder = nn.TransformerDecoderLayer(*sizes, **options)

    def forward(self, source, target):
        hidden = ~causal_mask(target.shape[1])
        return self.decoder(target, self.encoder(source), tgt_mask=hidden)


class RootMeanSquareNorm(nn.Module):
    """nn.RMSNorm written out, because the older exporter refuses that one."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(width) + 0.5)

    def forward(self, states):
        mean = states.pow(2).mean(-1, keepdim=True)
        return states * torch.rsqrt(mean + 1e-6) * self.weight


class RotaryDecoder(nn.Module):
    """A decoder layer of today: RMS norm, rotary positions, grouped heads,
    gated SiLU."""

    def __init__(self, norm, heads=4, kv_heads=2, size=8):
        super().__init__()
        self.heads, self.kv_heads, self.size = heads, kv_heads, size
        self.norms = nn.ModuleList(norm(WIDTH) for _ in range(2))
        self.query = nn.Linear(WIDTH, heads * size, bias=False)
        self.key = nn.Linear(WIDTH, kv_heads * size, bias=False)
        self.value = nn.Linear(WIDTH, kv_heads * size, bias=False)
        self.output = nn.Linear(heads * size, WIDTH, bias=False)
        self.gate = nn.Linear(WIDTH, HIDDEN, bias=False)
        self.up = nn.Linear(WIDTH, HIDDEN, bias=False)
        self.down = nn.Linear(HIDDEN, WIDTH, bias=False)
        rate = 10000.0 ** (-torch.arange(0, size, 2).float() / size)
        self.register_buffer("rate", rate)

    def rotate(self, states):
        position = torch.arange(states.shape[2]).float()
        angle = position[:, None] * self.rate
        angle = torch.cat([angle, angle], -1)
        left, right = states.chunk(2, -1)
        turned = torch.cat([-right, left], -1)
        return states * angle.cos() + turned * angle.sin()

    def split(self, states, heads):
        batch, sequence, _ = states.shape
        return states.view(batch, sequence, heads, self.size).transpose(1, 2)

    def forward(self, states):
        normed = self.norms[0](states)
        query = self.rotate(self.split(self.query(normed), self.heads))
        key = self.rotate(self.split(self.key(normed), self.kv_heads))
        value = self.split(self.value(normed), self.kv_heads)
        group = self.heads // self.kv_heads
        context = functional.scaled_dot_product_attention(
            query, key.repeat_interleave(group, 1),
            value.repeat_interleave(group, 1), is_causal=True)
        states = states + self.output(context.transpose(1, 2).flatten(2))
        normed = self.norms[1](states)
        gated = functional.silu(self.gate(normed)) * self.up(normed)
        return states + self.down(gated)


def _attention_inputs(batch, query, key, mask=None):
    tensors = [torch.randn(batch, 2, length, 8)
               for length in (query, key, key)]
    if mask == "bool":
        keep = torch.rand(batch, 1, query, key) < 0.6
        tensors.append(keep | (torch.arange(key) == 0))
    elif mask == "float":
        tensors.append(torch.randn(batch, 1, query, key))
    return tuple(tensors)


def _attention(mask=None, **options):
    """(module, inputs, names, outputs, dims) for one Attention."""
    dims = [{0: "batch", 2: "query_length"}, {0: "batch", 2: "key_length"},
            {0: "batch", 2: "key_length"},
            {0: "batch", 2: "query_length", 3: "key_length"}]
    names = ["query", "key", "value", "mask"]
    count = 4 if mask else 3
    return (Attention(**options),
            lambda b, q, k: _attention_inputs(b, q, k, mask),
            names[:count], ["output"], dims[:count])


def _padded(module, outputs):
    def inputs(batch, sequence, _):
        padding = torch.zeros(batch, sequence, dtype=torch.bool)
        padding[0, sequence - 2:] = True
        return torch.randn(batch, sequence, WIDTH), padding

    dims = [{0: "batch", 1: "sequence"}] * 2
    return module, inputs, ["states", "padding"], outputs, dims


def _dates():
    vocabulary = len(dates_data.TOKENS)
    module = dates_model.DatesTransformer(vocabulary, WIDTH, HEADS, HIDDEN, 1)

    def inputs(batch, source, target):
        tokens = torch.randint(1, vocabulary, (batch, source))
        tokens[0, source - 2:] = dates_model.PAD
        return tokens, torch.randint(1, vocabulary, (batch, target))

    dims = [{0: "batch", 1: "source"}, {0: "batch", 1: "target"}]
    return module, inputs, ["source", "target"], ["logits", "weights"], dims


def _transformer():
    def inputs(batch, source, target):
        return (torch.randn(batch, source, WIDTH),
                torch.randn(batch, target, WIDTH))

    dims = [{0: "batch", 1: "source"}, {0: "batch", 1: "target"}]
    return Transformer(), inputs, ["states", "so_far"], ["output"], dims


def _rotary(norm=RootMeanSquareNorm):
    return (RotaryDecoder(norm), lambda b, s, _: (torch.randn(b, s, WIDTH),),
            ["states"], ["output"], [{0: "batch", 1: "sequence"}])


# name: (what, opset per exporter; None is the exporter's own choice).
BOTH = {"dynamo": (None,), "torchscript": (None,)}
MODELS = {
    "dates": (_dates, {"dynamo": (None,), "torchscript": (13, None)}),
    "sdpa": (_attention, {"dynamo": (18, 23), "torchscript": (14,)}),
    "sdpa-causal": (lambda: _attention(is_causal=True),
                    {"dynamo": (None, 23), "torchscript": (None,)}),
    "sdpa-bool-mask": (lambda: _attention("bool", scale=0.3),
                       {"dynamo": (None, 23), "torchscript": (None,)}),
    "sdpa-float-mask": (lambda: _attention("float"), BOTH),
    "multihead": (lambda: _padded(SelfAttention(), ["output", "weights"]),
                  BOTH),
    "encoder-layer": (lambda: _padded(Encoder(), ["output"]), BOTH),
    "transformer": (_transformer, BOTH),
    "rotary-decoder": (_rotary, BOTH),
    "rotary-decoder-rms": (lambda: _rotary(nn.RMSNorm),
                           {"dynamo": (18, 23)}),
}


# torch's own modules keep the traced lengths when the older exporter sees
# them: only the batch stays dynamic there.
LENGTHS_FROZEN = ("multihead", "encoder-layer", "transformer")


def make(root, log=print, only=""):
    """Writes root/torch-NAME-EXPORTER[-opset]/ for every model above."""
    # torch's fused inference kernels have no ONNX form in the older exporter.
    torch.backends.mha.set_fastpath_enabled(False)
    for name, (recipe, exporters) in MODELS.items():
        for exporter, opsets in exporters.items():
            for opset in opsets:
                folder = f"torch-{name}-{exporter}"
                folder += f"-{opset}" if opset else ""
                frozen = (exporter == "torchscript"
                          and name in LENGTHS_FROZEN)
                if only in folder:
                    log(_make_one(root / folder, recipe, exporter, opset,
                                  frozen=frozen))


def _make_one(folder, recipe, exporter, opset, *, frozen):
    torch.manual_seed(SEED)
    module, inputs, names, outputs, dims = recipe()
    if frozen:
        dims = [{0: one[0]} for one in dims]
    test = inputs(3, 4, 3) if frozen else inputs(3, 5, 7)
    try:
        return exporting.export_with_tests(
            folder, module, inputs(2, 4, 3), [test], names=names,
            outputs=outputs, dims=dims, exporter=exporter, opset=opset)
    except Exception as error:
        raise RuntimeError(f"{folder.name}: {error}") from error
