"""Transformer layers written in plain tensor operations.

Attention is spelled out (matmul, softmax, masked_fill) instead of calling
torch's fused kernels, so that it arrives decomposed in the exported graph:
finding it again is the compiler's work.
"""

import math

import torch
from torch import nn

ENCODING_BASE = 10000.0  # "Attention Is All You Need", section 3.5


def attend(query, key, value, attends=None):
    """softmax(Q K^T / sqrt(d)) V, and the weights.

    query [..., Sq, d], key [..., Sk, d], value [..., Sk, dv]; `attends`
    broadcasts to [..., Sq, Sk], true where a query may see a key.
    """
    scores = torch.matmul(query, key.transpose(-2, -1))
    scores = scores / math.sqrt(query.shape[-1])
    if attends is not None:
        scores = scores.masked_fill(~attends, float("-inf"))
    weights = torch.softmax(scores, dim=-1)
    return torch.matmul(weights, value), weights


def causal_mask(length, device=None):
    """[length, length], true where key position <= query position."""
    position = torch.arange(length, device=device)
    return position[None, :] <= position[:, None]


def sinusoidal_encoding(length, width, device=None):
    """[length, width]: sin(pos / base^(2t/width)) at 2t, cos at 2t + 1."""
    position = torch.arange(length, device=device).to(torch.float32)
    exponent = torch.arange(0, width, 2, dtype=torch.float32) / width
    rate = torch.exp(-math.log(ENCODING_BASE) * exponent).to(position.device)
    angle = position[:, None] * rate[None, :]
    return torch.stack([torch.sin(angle), torch.cos(angle)], -1).flatten(-2)


class MultiHeadAttention(nn.Module):
    """Projections, attention per head, output projection; no residual."""

    def __init__(self, width, heads):
        super().__init__()
        assert width % heads == 0, (width, heads)
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)

    def split(self, states):
        """[batch, sequence, width] -> [batch, heads, sequence, head size]."""
        batch, sequence, width = states.shape
        shape = (batch, sequence, self.heads, width // self.heads)
        return states.view(shape).transpose(1, 2)

    def forward(self, states, memory, attends=None):
        """Returns [batch, Sq, width] and weights [batch, heads, Sq, Sk]."""
        context, weights = attend(
            self.split(self.query(states)),
            self.split(self.key(memory)),
            self.split(self.value(memory)),
            attends,
        )
        return self.output(context.transpose(1, 2).flatten(2)), weights


class FeedForward(nn.Sequential):
    def __init__(self, width, hidden):
        super().__init__(
            nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, width)
        )


class EncoderLayer(nn.Module):
    """Pre-norm: states + attention(norm(states)), then the same with MLP."""

    def __init__(self, width, heads, hidden):
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = MultiHeadAttention(width, heads)
        self.feed_norm = nn.LayerNorm(width)
        self.feed = FeedForward(width, hidden)

    def forward(self, states, attends=None):
        normed = self.attention_norm(states)
        states = states + self.attention(normed, normed, attends)[0]
        return states + self.feed(self.feed_norm(states))


class DecoderLayer(nn.Module):
    """Pre-norm causal self-attention, cross-attention, feed-forward."""

    def __init__(self, width, heads, hidden):
        super().__init__()
        self.self_norm = nn.LayerNorm(width)
        self.self_attention = MultiHeadAttention(width, heads)
        self.cross_norm = nn.LayerNorm(width)
        self.cross_attention = MultiHeadAttention(width, heads)
        self.feed_norm = nn.LayerNorm(width)
        self.feed = FeedForward(width, hidden)

    def forward(self, states, memory, causal, memory_attends=None):
        """Returns the states and the weights of the cross-attention."""
        normed = self.self_norm(states)
        states = states + self.self_attention(normed, normed, causal)[0]
        context, weights = self.cross_attention(
            self.cross_norm(states), memory, memory_attends
        )
        states = states + context
        return states + self.feed(self.feed_norm(states)), weights
