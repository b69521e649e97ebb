#!/usr/bin/env python3
"""Translates dates as people write them into ISO form, with the compiled
model: attn-compile dates.onnx -o dates.so, then

    translate.py --artifact dates.so "the 3rd of May 1979" 5/3/79
    translate.py --artifact dates.so --check held-back.txt

Needs numpy, and Pillow for --picture; no PyTorch, no ONNX.
"""

import argparse
import datetime
import json
import pathlib
import statistics
import sys
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from attn_artifact import Artifact, ArtifactError  # noqa: E402

CHECK_BATCH = 25


class Translator:
    """Greedy decoding: each token is the most likely one after the last."""

    def __init__(self, model, vocabulary):
        self.model = model
        self.tokens = vocabulary["tokens"]
        self.pad = vocabulary["pad"]
        self.begin = vocabulary["begin"]
        self.end = vocabulary["end"]
        self.longest = vocabulary["longest_output"]
        self.index = {token: index for index, token in enumerate(self.tokens)}

    def encode(self, text):
        """Token ids; a character that the model does not know is an error."""
        if not text:
            raise ValueError("expected a date, got an empty text")
        unknown = sorted({one for one in text.lower()
                          if one not in self.index})
        if unknown:
            known = "".join(one for one in self.tokens if len(one) == 1)
            raise ValueError(f"{text!r}: expected the characters {known!r}, "
                             f"got {''.join(unknown)!r}")
        return [self.index[one] for one in text.lower()]

    def __call__(self, texts):
        """ISO dates of `texts`, and the cross-attention weights
        [batch, head, written, read] of the last step."""
        rows = [self.encode(text) for text in texts]
        longest = max(map(len, rows))
        source = np.full((len(rows), longest), self.pad, np.int64)
        for line, row in zip(source, rows):
            line[:len(row)] = row
        target = np.full((len(rows), 1), self.begin, np.int64)
        weights = None
        for _ in range(self.longest + 1):
            logits, weights = self.model(source, target)
            best = logits[:, -1].argmax(-1)
            target = np.concatenate([target, best[:, None]], axis=1)
            if np.all((target == self.end).any(axis=1)):
                break
        return [self.decode(row) for row in target[:, 1:]], weights

    def decode(self, row):
        tokens = list(row)
        if self.end in tokens:
            tokens = tokens[:tokens.index(self.end)]
        return "".join(self.tokens[token] for token in tokens)


def is_date(iso):
    try:
        datetime.date.fromisoformat(iso)
    except ValueError:
        return False
    return True


def milliseconds(action, *arguments):
    start = time.perf_counter()
    result = action(*arguments)
    return result, 1e3 * (time.perf_counter() - start)


def translate_each(translator, texts):
    """Prints a line a date; returns [(text, ISO, weights)]."""
    results, times = [], []
    width = max(map(len, texts))
    for text in texts:
        ((iso,), weights), taken = milliseconds(translator, [text])
        remark = "" if is_date(iso) else "  (no date)"
        print(f"{text:<{width}}  ->  {iso}  {taken:8.2f} ms{remark}",
              flush=True)
        results.append((text, iso, weights[0]))
        times.append(taken)
    print(f"{len(texts)} dates, median {statistics.median(times):.2f} ms, "
          f"total {sum(times):.1f} ms")
    return results


def check(translator, path, least):
    """True if at least `least` percent of the file's dates come out right."""
    lines = path.read_text().splitlines()
    pairs = [line.split("\t") for line in lines if line]
    print(f"checking {len(pairs)} dates of {path.name}, which takes a while",
          flush=True)
    wrong, total = [], 0.0
    for start in range(0, len(pairs), CHECK_BATCH):
        texts, wanted = zip(*pairs[start:start + CHECK_BATCH])
        (got, _), taken = milliseconds(translator, texts)
        total += taken
        wrong += [row for row in zip(texts, wanted, got) if row[1] != row[2]]
    for text, iso, other in wrong:
        print(f"wrong: {text!r}: expected {iso}, got {other}")
    right = len(pairs) - len(wrong)
    percent = 100.0 * right / len(pairs)
    print(f"{right} of {len(pairs)} right ({percent:.1f} %), "
          f"{total / len(pairs):.2f} ms a date in batches of {CHECK_BATCH}")
    if percent < least:
        print(f"translate.py: error: expected at least {least:g} % right, "
              f"got {percent:.1f} %", file=sys.stderr)
    return percent >= least


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("dates", nargs="*", metavar="DATE")
    parser.add_argument("--file", type=pathlib.Path, action="append",
                        default=[], help="more dates, one a line")
    parser.add_argument("--dry-run", action="store_true",
                        help="only look whether all dates can be read")
    parser.add_argument("--artifact", type=pathlib.Path,
                        default=HERE / "dates.so")
    parser.add_argument("--vocabulary", type=pathlib.Path,
                        default=HERE / "vocab.json")
    parser.add_argument("--check", type=pathlib.Path, metavar="FILE",
                        help="TEXT<TAB>ISO a line: print the accuracy")
    parser.add_argument("--min-accuracy", type=float, default=98.0,
                        metavar="PERCENT", help="for --check (default: 98)")
    parser.add_argument("--picture", type=pathlib.Path, metavar="OUT.png",
                        help="the first date's cross-attention weights")
    return parser.parse_args()


def read_dates(arguments):
    texts = list(arguments.dates)
    for path in arguments.file:
        lines = path.read_text().splitlines()
        found = [line.strip() for line in lines if line.strip()]
        if not found:
            raise ValueError(f"expected a date a line in {path}, got none")
        texts += found
    return texts


def run(arguments):
    texts = read_dates(arguments)
    if not texts and (arguments.picture or not arguments.check):
        raise ValueError("expected dates as arguments or with --file")
    vocabulary = json.loads(arguments.vocabulary.read_text())
    if arguments.dry_run:
        translator = Translator(None, vocabulary)
        for text in texts:
            translator.encode(text)
        return True
    translator = Translator(Artifact(arguments.artifact), vocabulary)
    if texts:
        results = translate_each(translator, texts)
        if arguments.picture:
            from picture import draw
            draw(arguments.picture, *results[0])
            print(f"{arguments.picture}: what it read for each character "
                  f"of {results[0][1]}")
    if arguments.check:
        return check(translator, arguments.check, arguments.min_accuracy)
    return True


def main():
    try:
        return 0 if run(parse_arguments()) else 1
    except (ArtifactError, ImportError, KeyError, OSError, ValueError) as error:
        print(f"translate.py: error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
