#!/usr/bin/env python3
"""Continues token ids with a compiled decoder that takes and gives its caches:

    attn-compile --static-caches gpt2.onnx -o gpt2.so
    generate.py --artifact gpt2.so --count 20 5 17 42
    generate.py --artifact gpt2.so --temperature 0.8 --seed 1 --stop 0 5 17 42

The first call reads the whole prompt with empty caches (prefill); each later
one reads one token and the caches of the last (decoding). Prints the new
token ids, or with --time how long both took. Needs numpy only. Caches are
updated in place; without --static-caches each call makes new ones.

The model: inputs of token ids [batch, new], perhaps `attention_mask`
[batch, past + new] and `position_ids` [batch, new], and caches [batch, heads,
past, size] of any number; outputs of logits [batch, new, vocabulary] and the
caches, longer by `new`, in the order of the inputs. With static caches [batch,
heads, capacity, size], one more input is how many tokens they hold.
"""

import argparse
import pathlib
import sys
import time

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from attn_artifact import NUMPY_OF_DTYPE, Artifact, ArtifactError  # noqa: E402

CACHE_RANK = 4


class Decoder:
    """A compiled model and the caches of the tokens it has read so far."""

    def __init__(self, function, capacity):
        self.function = function
        caches = [one for one in function.inputs if is_cache(one)]
        given = [one for one in function.outputs if is_cache(one)]
        if not caches or len(caches) != len(given):
            raise ValueError(
                f"expected as many caches in as out (rank {CACHE_RANK}), "
                f"got {len(caches)} in, {len(given)} out")
        self.in_place = all("shares" in one for one in given)
        self.caches = [new_cache(one, capacity if self.in_place else 0)
                       for one in caches]
        self.length = 0

    def read(self, tokens):
        """Reads `tokens`; the logits [vocabulary] of what follows them."""
        out = [None, *self.caches] if self.in_place else []
        logits, *self.caches = self.function(*self._inputs(tokens), out=out)
        self.length += len(tokens)
        return logits[0, -1].astype(np.float64)

    def _inputs(self, tokens):
        after = self.length + len(tokens)
        special = {"attention_mask": np.ones((1, after), np.int64),
                   "position_ids": np.arange(self.length, after)[None]}
        caches = iter(self.caches)
        for one in self.function.inputs:
            if is_cache(one):
                yield next(caches)
            elif not one["shape"]:
                yield np.array(self.length, NUMPY_OF_DTYPE[one["dtype"]])
            else:
                array = special.get(one["name"], np.asarray(tokens)[None])
                yield array.astype(NUMPY_OF_DTYPE[one["dtype"]])


def is_cache(tensor):
    return len(tensor["shape"]) == CACHE_RANK


def new_cache(tensor, capacity):
    """Room for the keys or values of `capacity` tokens."""
    _, heads, _, size = tensor["shape"]
    if not isinstance(heads, int) or not isinstance(size, int):
        raise ValueError(f"{tensor['name']}: expected a cache [batch, heads, "
                         f"past, size] of known heads and size, got "
                         f"{tensor['shape']}")
    return np.zeros((1, heads, capacity, size),
                    NUMPY_OF_DTYPE[tensor["dtype"]])


def choose(logits, temperature, random):
    """The likeliest token, or one drawn by exp(logit / temperature)."""
    if temperature == 0:
        return int(logits.argmax())
    weights = np.exp((logits - logits.max()) / temperature)
    return int(random.choice(len(weights), p=weights / weights.sum()))


def generate(decoder, prompt, count, temperature=0.0, seed=0, stop=None):
    """Yields up to `count` tokens after `prompt`; ends behind `stop`."""
    random = np.random.default_rng(seed)
    unread = prompt
    for _ in range(count):
        unread = [choose(decoder.read(unread), temperature, random)]
        yield unread[0]
        if unread[0] == stop:
            return


def timed(decoder, arguments, prompt):
    """The tokens, and the seconds at which each was there."""
    start = time.perf_counter()
    tokens, seconds = [], []
    for token in generate(decoder, prompt, arguments.count,
                          arguments.temperature, arguments.seed,
                          arguments.stop):
        tokens.append(token)
        seconds.append(time.perf_counter() - start)
    return tokens, seconds


def report(prompt, seconds):
    prefill, decoding = seconds[0], seconds[-1] - seconds[0]
    print(f"prefill: {len(prompt)} tokens, {1e3 * prefill:.2f} ms")
    if len(seconds) > 1:
        print(f"decoding: {len(seconds) - 1} tokens, "
              f"{(len(seconds) - 1) / decoding:.1f} tokens/s")


def parsed():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("tokens", type=int, nargs="+",
                        help="the prompt, token ids")
    parser.add_argument("--artifact", required=True, metavar="FILE",
                        help="the library that attn-compile wrote")
    parser.add_argument("--count", type=positive, default=20,
                        help="how many tokens at most")
    parser.add_argument("--temperature", type=non_negative, default=0.0,
                        help="0: always the likeliest token")
    parser.add_argument("--seed", type=int, default=0,
                        help="of the tokens drawn with a temperature")
    parser.add_argument("--stop", type=int, metavar="ID",
                        help="the token that ends a text")
    parser.add_argument("--time", action="store_true",
                        help="print times, not tokens")
    return parser.parse_args()


def positive(text):
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {text}")
    return int(text)


def non_negative(text):
    if not 0 <= float(text) < float("inf"):
        raise argparse.ArgumentTypeError(
            f"expected a finite number of at least 0, got {text}")
    return float(text)


def main():
    arguments = parsed()
    try:
        decoder = Decoder(Artifact(arguments.artifact)["main"],
                          len(arguments.tokens) + arguments.count)
        tokens, seconds = timed(decoder, arguments, arguments.tokens)
    except (ArtifactError, OSError, ValueError) as error:
        sys.exit(f"generate.py: error: {error}")
    if arguments.time:
        report(arguments.tokens, seconds)
    else:
        print(*tokens)


if __name__ == "__main__":
    main()
