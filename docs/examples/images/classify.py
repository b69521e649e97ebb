#!/usr/bin/env python3
"""The likeliest classes of a picture, by a compiled vision model:

    attn-compile tiny.onnx -o tiny.so
    classify.py --artifact tiny.so picture.png [--labels labels.txt] [--top 5]

Needs numpy and Pillow. The model: f32 [batch, 3, height, width], sizes of
pictures fixed, values (p / 255 - 0.5) / 0.5; logits [batch, classes] first of
the outputs.
"""

import argparse
import pathlib
import sys

import numpy as np
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from attn_artifact import Artifact, ArtifactError  # noqa: E402


def pixels(path, height, width):
    """[1, 3, height, width], from -1 to 1."""
    with Image.open(path) as picture:
        scaled = picture.convert("RGB").resize((width, height),
                                               Image.Resampling.BILINEAR)
    array = np.asarray(scaled, np.float32).transpose(2, 0, 1)[None]
    return np.ascontiguousarray((array / 255 - 0.5) / 0.5)


def probabilities(function, path):
    *_, height, width = function.inputs[0]["shape"]
    if not isinstance(height, int) or not isinstance(width, int):
        raise ValueError("expected a model for one size of pictures, got "
                         f"{height} x {width}")
    logits = function(pixels(path, height, width))[0][0].astype(np.float64)
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--artifact", required=True, metavar="FILE",
                        help="the library that attn-compile wrote")
    parser.add_argument("picture")
    parser.add_argument("--labels", metavar="FILE", type=pathlib.Path,
                        help="names of the classes, one a line")
    parser.add_argument("--top", type=int, default=5, help="how many to print")
    arguments = parser.parse_args()
    try:
        result = probabilities(Artifact(arguments.artifact)["main"],
                               arguments.picture)
        labels = (arguments.labels.read_text("utf-8").splitlines()
                  if arguments.labels else range(len(result)))
        if len(labels) != len(result):
            raise ValueError(f"{arguments.labels}: expected {len(result)} "
                             f"lines, got {len(labels)}")
    except (ArtifactError, OSError, ValueError) as error:
        sys.exit(f"classify.py: error: {error}")
    for index in np.argsort(-result, kind="stable")[:arguments.top]:
        print(f"{result[index]:.4f} {labels[index]}")


if __name__ == "__main__":
    main()
