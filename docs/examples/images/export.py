#!/usr/bin/env python3
"""Exports a vision model of transformers, the batch dynamic:

    export.py FOLDER vision.onnx    (a folder with config.json and weights)
    export.py --tiny tiny.onnx      (the ViT of this example, random weights)
    export.py --tiny tiny.onnx --picture cells.png

--picture prints PyTorch's probabilities of that picture. Needs torch,
transformers, onnxscript and Pillow.
"""

import argparse
import pathlib
import sys

import torch
import transformers

from classify import pixels

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from onnx_traces import drop_traces

TINY = {"num_hidden_layers": 2, "hidden_size": 32, "intermediate_size": 64,
        "num_attention_heads": 4, "image_size": 32, "patch_size": 8,
        "num_labels": 10, "initializer_range": 0.2}


class Logits(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        return self.model(pixel_values=pixel_values).logits


def load(arguments):
    if not arguments.tiny:
        return transformers.AutoModelForImageClassification.from_pretrained(
            arguments.model).eval()
    torch.manual_seed(0)
    return transformers.ViTForImageClassification(
        transformers.ViTConfig(**TINY)).eval()


def main():
    parser = argparse.ArgumentParser(description="Exports a vision model.")
    parser.add_argument("--tiny", action="store_true",
                        help="a small ViT with random weights")
    parser.add_argument("model", nargs="?", help="a folder of transformers")
    parser.add_argument("output", metavar="OUT.onnx")
    parser.add_argument("--picture", help="classify it, by PyTorch")
    arguments = parser.parse_args()
    if arguments.tiny == bool(arguments.model):
        parser.error("expected a folder or --tiny, got "
                     + ("both" if arguments.tiny else "neither"))
    model = load(arguments)
    size = model.config.image_size
    torch.onnx.export(
        Logits(model).eval(), (torch.zeros(2, 3, size, size),), arguments.output,
        dynamo=True, input_names=["pixel_values"], output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        external_data=not arguments.tiny)
    drop_traces(arguments.output)
    if arguments.picture:
        picture = torch.from_numpy(pixels(arguments.picture, size, size))
        for value in model(picture).logits.softmax(-1)[0].tolist():
            print(f"{value:.4f}")


if __name__ == "__main__":
    with torch.no_grad():
        main()
