#!/usr/bin/env python3
"""Exports an encoder of transformers, batch and length dynamic:

    export.py FOLDER encoder.onnx    (a folder with config.json and weights)
    export.py --tiny tiny.onnx       (the BERT of this example, random weights)

Prints the cosines of 5 17 42, 5 17 43 8 and 90 3 by PyTorch, each sequence
alone. Needs torch, transformers and onnxscript.
"""

import argparse
import pathlib
import sys

import torch
import transformers

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from onnx_traces import drop_traces

TINY = {"num_hidden_layers": 2, "hidden_size": 32, "intermediate_size": 64,
        "num_attention_heads": 4, "vocab_size": 96,
        "max_position_embeddings": 128}
ROWS = [[5, 17, 42], [5, 17, 43, 8], [90, 3]]


class States(torch.nn.Module):
    """Hidden states alone, of tokens and their mask."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids,
                          attention_mask=attention_mask).last_hidden_state


def load(arguments):
    if not arguments.tiny:
        return transformers.AutoModel.from_pretrained(arguments.model).eval()
    torch.manual_seed(0)
    return transformers.BertModel(transformers.BertConfig(**TINY)).eval()


def main():
    parser = argparse.ArgumentParser(description="Exports an encoder to ONNX.")
    parser.add_argument("--tiny", action="store_true",
                        help="a small BERT with random weights")
    parser.add_argument("model", nargs="?", help="a folder of transformers")
    parser.add_argument("output", metavar="OUT.onnx")
    arguments = parser.parse_args()
    if arguments.tiny == bool(arguments.model):
        parser.error("expected a folder or --tiny, got "
                     + ("both" if arguments.tiny else "neither"))
    model = States(load(arguments)).eval()
    sizes = {0: torch.export.Dim("batch"), 1: torch.export.Dim(
        "length", max=model.model.config.max_position_embeddings)}
    ids, mask = torch.arange(10).reshape(2, 5), torch.ones(2, 5).long()
    torch.onnx.export(
        model, (ids, mask), arguments.output,
        dynamo=True, input_names=["input_ids", "attention_mask"],
        output_names=["hidden_states"], dynamic_shapes=(sizes, sizes),
        external_data=not arguments.tiny)
    drop_traces(arguments.output)
    means = torch.stack([model(torch.tensor([row]), torch.ones(1, len(row)))
                         [0].mean(0) for row in ROWS])
    means = torch.nn.functional.normalize(means)
    for line in (means @ means.T).tolist():
        print(" ".join(f"{value:6.3f}" for value in line))


if __name__ == "__main__":
    with torch.no_grad():
        main()
