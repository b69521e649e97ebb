"""The examples of docs/examples that also exist as ONNX."""

import torch
from torch import nn

from .exporting import export_with_tests
from .layers import (
    DecoderLayer,
    EncoderLayer,
    MultiHeadAttention,
    attend,
    causal_mask,
    sinusoidal_encoding,
)

SEED = 2


class CrossAttention(nn.Module):
    """Decoder states attend to encoder states through Q, K, V of its own."""

    def __init__(self, decoder_width=16, encoder_width=12, head=8):
        super().__init__()
        self.query = nn.Linear(decoder_width, head)
        self.key = nn.Linear(encoder_width, head)
        self.value = nn.Linear(encoder_width, head)

    def forward(self, decoder, encoder):
        return attend(
            self.query(decoder), self.key(encoder), self.value(encoder))[0]


class ResidualMultiHeadAttention(nn.Module):
    """query + attention(query, memory), and the weights; the mask is
    optional, [batch, query, key], true where a query attends."""

    def __init__(self, width=24, heads=3):
        super().__init__()
        self.attention = MultiHeadAttention(width, heads)

    def forward(self, query, memory, mask=None):
        attends = None if mask is None else mask[:, None]
        context, weights = self.attention(query, memory, attends)
        return query + context, weights


class EncoderDecoder(nn.Module):
    """One encoder and one decoder layer on embedded tokens."""

    def __init__(self, width=16, heads=2, hidden=32):
        super().__init__()
        self.width = width
        self.encoder = EncoderLayer(width, heads, hidden)
        self.decoder = DecoderLayer(width, heads, hidden)

    def forward(self, source, target):
        memory = self.encoder(source + self.positions(source))
        states = target + self.positions(target)
        return self.decoder(states, memory, causal_mask(target.shape[1]))

    def positions(self, states):
        return sinusoidal_encoding(states.shape[1], self.width)


def _random_mask(batch, query, key):
    """About half; no empty row, on which PyTorch's softmax says NaN."""
    mask = torch.rand(batch, query, key) < 0.5
    first = torch.arange(query) % key
    return mask | (torch.arange(key) == first[:, None])


def cross_attention(folder):
    def inputs(batch, target, source):
        return torch.randn(batch, target, 16), torch.randn(batch, source, 12)

    return export_with_tests(
        folder, CrossAttention(), inputs(2, 3, 4), [inputs(3, 5, 9)],
        names=["decoder", "encoder"], outputs=["context"],
        dims=[{0: "batch", 1: "target"}, {0: "batch", 1: "source"}])


def multi_head_attention(folder):
    module = ResidualMultiHeadAttention()

    def inputs(batch, query, key):
        return (torch.randn(batch, query, 24), torch.randn(batch, key, 24),
                _random_mask(batch, query, key))

    names = ["query", "memory", "mask"]
    dims = [{0: "batch", 1: "query_length"}, {0: "batch", 1: "key_length"},
            {0: "batch", 1: "query_length", 2: "key_length"}]
    outputs = ["output", "weights"]
    masked = export_with_tests(
        folder, module, inputs(2, 3, 4), [inputs(2, 7, 5)],
        names=names, outputs=outputs, dims=dims)
    plain = export_with_tests(
        folder / "without-mask", module, inputs(2, 3, 4)[:2],
        [inputs(3, 4, 11)[:2]],
        names=names[:2], outputs=outputs, dims=dims[:2])
    return f"{masked}\n{plain}"


def encoder_decoder(folder):
    def inputs(batch, source, target):
        return torch.randn(batch, source, 16), torch.randn(batch, target, 16)

    return export_with_tests(
        folder, EncoderDecoder(), inputs(2, 4, 3), [inputs(2, 9, 6)],
        names=["source", "target"], outputs=["states", "weights"],
        dims=[{0: "batch", 1: "source_length"},
              {0: "batch", 1: "target_length"}])


EXAMPLES = {"cross-attention": cross_attention,
            "multi-head-attention": multi_head_attention,
            "encoder-decoder": encoder_decoder}


def make(root, log=print):
    """Writes the folders below `root`, which is docs/examples."""
    for name, example in EXAMPLES.items():
        torch.manual_seed(SEED)
        log(example(root / name))
