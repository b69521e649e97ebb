"""The encoder-decoder Transformer that turns written dates into ISO form."""

import math

from torch import nn

from .layers import (
    DecoderLayer,
    EncoderLayer,
    causal_mask,
    sinusoidal_encoding,
)

PAD = 0


class DatesTransformer(nn.Module):
    """Source and target token ids in; logits and cross-attention weights out.

    source [batch, source] int64, padded with PAD on the right;
    target [batch, target] int64, what has been written so far.
    Returns logits [batch, target, vocabulary] (at each position for the next
    token) and the cross-attention weights of the last decoder layer
    [batch, heads, target, source].
    """

    def __init__(self, vocabulary, width=64, heads=4, hidden=256, layers=2):
        super().__init__()
        self.width = width
        self.source_embedding = nn.Embedding(vocabulary, width)
        self.target_embedding = nn.Embedding(vocabulary, width)
        sizes = (width, heads, hidden)
        self.encoder = nn.ModuleList(EncoderLayer(*sizes) for _ in range(layers))
        self.encoder_norm = nn.LayerNorm(width)
        self.decoder = nn.ModuleList(DecoderLayer(*sizes) for _ in range(layers))
        self.decoder_norm = nn.LayerNorm(width)
        self.logits = nn.Linear(width, vocabulary)
        for embedding in (self.source_embedding, self.target_embedding):
            nn.init.normal_(embedding.weight, std=width**-0.5)

    def embed(self, embedding, tokens):
        positions = sinusoidal_encoding(
            tokens.shape[1], self.width, tokens.device
        )
        return embedding(tokens) * math.sqrt(self.width) + positions

    def encode(self, source, attends):
        states = self.embed(self.source_embedding, source)
        for layer in self.encoder:
            states = layer(states, attends)
        return self.encoder_norm(states)

    def decode(self, target, memory, attends):
        states = self.embed(self.target_embedding, target)
        causal = causal_mask(target.shape[1], target.device)
        weights = None
        for layer in self.decoder:
            states, weights = layer(states, memory, causal, attends)
        return self.logits(self.decoder_norm(states)), weights

    def forward(self, source, target):
        attends = (source != PAD)[:, None, None, :]
        return self.decode(target, self.encode(source, attends), attends)
