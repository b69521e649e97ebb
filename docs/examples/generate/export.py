#!/usr/bin/env python3
"""Exports a decoder of transformers with its caches as inputs and outputs:

    export.py FOLDER decoder.onnx    (a folder with config.json and weights)
    export.py --tiny tiny.onnx       (the Llama of this example, random weights)

One graph for prefill (caches of no tokens) and decoding, any batch and
lengths. Prints the greedy continuation of 5 17 42 by PyTorch, for comparison.
Needs torch, transformers and onnxscript.
"""

import argparse
import pathlib
import sys

import torch
import transformers
from transformers.cache_utils import DynamicCache

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from onnx_traces import drop_traces

TINY = {"num_hidden_layers": 2, "hidden_size": 32, "intermediate_size": 64,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
        "vocab_size": 96, "max_position_embeddings": 512}
PROMPT, COUNT = [5, 17, 42], 12
# Sizes of the example inputs: different, and none of 0 or 1, for which
# torch.export makes special cases.
BATCH, NEW, PAST = 2, 3, 5


class WithCaches(torch.nn.Module):
    """The model as a function of tokens and caches, without classes."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, *past):
        cache = DynamicCache(config=self.model.config)
        for layer, pair in enumerate(zip(past[::2], past[1::2])):
            cache.update(*pair, layer)
        result = self.model(input_ids=input_ids, past_key_values=cache,
                            use_cache=True)
        present = [tensor for layer in result.past_key_values.layers
                   for tensor in (layer.keys, layer.values)]
        return (result.logits, *present)


def load(arguments):
    if not arguments.tiny:
        return transformers.AutoModelForCausalLM.from_pretrained(
            arguments.model).eval()
    torch.manual_seed(0)
    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(**TINY)).eval()


def cache_sizes(config):
    heads = getattr(config, "num_key_value_heads", None)
    size = getattr(config, "head_dim", None)
    return (heads or config.num_attention_heads,
            size or config.hidden_size // config.num_attention_heads)


def export(model, path, external):
    layers = model.config.num_hidden_layers
    heads, size = cache_sizes(model.config)
    names = [f"{layer}.{kind}" for layer in range(layers)
             for kind in ("key", "value")]
    tokens = torch.randint(0, model.config.vocab_size, (BATCH, NEW))
    past = [torch.randn(BATCH, heads, PAST, size) for _ in names]
    batch, new, length = map(torch.export.Dim, ("batch", "new", "past"))
    torch.onnx.export(
        WithCaches(model).eval(), (tokens, *past), path, dynamo=True,
        input_names=["input_ids"] + [f"past.{one}" for one in names],
        output_names=["logits"] + [f"present.{one}" for one in names],
        dynamic_shapes={"input_ids": {0: batch, 1: new},
                        "past": tuple({0: batch, 2: length} for _ in names)},
        external_data=external)
    drop_traces(path)


def main():
    parser = argparse.ArgumentParser(
        description="Exports a decoder with its caches to ONNX.")
    parser.add_argument("--tiny", action="store_true",
                        help="a small Llama with random weights")
    parser.add_argument("model", nargs="?", help="a folder of transformers")
    parser.add_argument("output", metavar="OUT.onnx")
    arguments = parser.parse_args()
    if arguments.tiny == bool(arguments.model):
        parser.error("expected a folder or --tiny, got "
                     + ("both" if arguments.tiny else "neither"))
    model = load(arguments)
    export(model, arguments.output, external=not arguments.tiny)
    tokens = model.generate(torch.tensor([PROMPT]), max_new_tokens=COUNT,
                            do_sample=False, eos_token_id=None,
                            pad_token_id=0)
    print(*tokens[0, len(PROMPT):].tolist())


if __name__ == "__main__":
    main()
