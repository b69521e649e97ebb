#!/usr/bin/env python3
"""Embeddings of token sequences by a compiled encoder, and how alike they are:

    attn-compile tiny.onnx -o tiny.so
    embed.py --artifact tiny.so "5 17 42" "5 17 43 8" "90 3"

Sequences of different lengths go in as one batch, padded and masked. An
embedding is the mean of a sequence's hidden states, of length 1; the table is
their products (cosines). Needs numpy only.

The model: token ids and `attention_mask` [batch, length], integers; perhaps
`token_type_ids`; hidden states [batch, length, width] first of the outputs.
"""

import argparse
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from attn_artifact import NUMPY_OF_DTYPE, Artifact, ArtifactError  # noqa: E402


def padded(rows):
    """(ids, mask), each [rows, longest]; 0 where a row has ended."""
    ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
    mask = np.zeros_like(ids)
    for index, row in enumerate(rows):
        ids[index, :len(row)] = row
        mask[index, :len(row)] = 1
    return ids, mask


def embed(function, rows):
    """Unit vectors [rows, width]."""
    ids, mask = padded(rows)
    special = {"attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    inputs = [special.get(one["name"], ids).astype(NUMPY_OF_DTYPE[one["dtype"]])
              for one in function.inputs]
    hidden = function(*inputs)[0].astype(np.float64)
    mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def token_ids(text):
    row = [int(one) for one in text.split()]
    if not row:
        raise argparse.ArgumentTypeError("expected token ids, got none")
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--artifact", required=True, metavar="FILE",
                        help="the library that attn-compile wrote")
    parser.add_argument("rows", nargs="+", type=token_ids, metavar="IDS",
                        help="token ids with blanks between, one argument a "
                             "sequence")
    arguments = parser.parse_args()
    try:
        vectors = embed(Artifact(arguments.artifact)["main"], arguments.rows)
    except (ArtifactError, OSError) as error:
        sys.exit(f"embed.py: error: {error}")
    for line in vectors @ vectors.T:
        print(" ".join(f"{value:6.3f}" for value in line))


if __name__ == "__main__":
    main()
