# Damaged PTX is an error, or another program: never a crash.
# RUN: %python %s %S %t.ptx 1 150
"""Damages the kernels of this folder, from a seed, and runs them.

    damaged.py FOLDER SCRATCH.ptx SEED COUNT
"""

import pathlib
import random
import re
import subprocess
import sys

TOKEN = re.compile(r"[\w%.$:]+|[^\w\s]")
NUMBERS = ["0", "-1", "3", "1024", "4294967295", "9223372036854775808",
           "99999999999999999999", "0f", "0x", "1e999"]


def damage(text, words, choice):
    start, end = choice.choice([m.span() for m in TOKEN.finditer(text)])
    kind = choice.random()
    if kind < 0.4:
        return text[:start] + choice.choice(words) + text[end:]
    if kind < 0.55:
        return text[:start] + text[end:]
    if kind < 0.65:
        return text[:start] + choice.choice(NUMBERS) + text[end:]
    if kind < 0.75:
        return text[:choice.randrange(len(text))]
    if kind < 0.85:
        lines = text.split("\n")
        a, b = choice.randrange(len(lines)), choice.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]
        return "\n".join(lines)
    at = choice.randrange(len(text))
    return text[:at] + chr(choice.randrange(1, 127)) + text[at + 1:]


def arguments_of(text, kernel):
    """One of the right size for each parameter, as far as it can be told."""
    header = re.search(rf"\.entry\s+{kernel}\s*\((.*?)\)", text, re.S)
    parts = header[1].split(",") if header and header[1].strip() else []
    sizes = [("128]", "m"), (".f32", "f32:1"), ("32", "i32:3"), ("8", "i8:1"),
             ("16", "u16:1"), (".f64", "f64:1"), ("", "x")]
    return ["--arg=" + next(value for mark, value in sizes if mark in part)
            for part in parts]


def main(folder, scratch, seed, count):
    choice = random.Random(int(seed))
    texts = [path.read_text()
             for path in sorted(pathlib.Path(folder).rglob("*.ptx"))]
    words = sorted({word for text in texts for word in TOKEN.findall(text)})
    for number in range(int(count)):
        text = choice.choice(texts)
        kernel = choice.choice(re.findall(r"\.entry\s+(\w+)", text))
        for _ in range(choice.randint(1, 3)):
            text = damage(text, words, choice)
        pathlib.Path(scratch).write_text(text)
        command = ["attn-ptx-run", scratch, f"--kernel={kernel}",
                   f"--block={choice.choice([1, 32, 33, 64, 128])}",
                   f"--order={choice.choice(['eager', 'lazy', 'hold'])}",
                   "--buffer=x:f32[64]=iota", "--map=m:x,size=8x8,box=8x4",
                   "--shared=8192", "--max-steps=20000",
                   *arguments_of(text, kernel)]
        done = subprocess.run(command, stdout=subprocess.PIPE, timeout=120,
                              stderr=subprocess.PIPE, text=True)
        right = (done.returncode == 0 if not done.stderr else
                 done.returncode == 1 and ": error: " in done.stderr)
        if not right:
            sys.exit(f"{number}: status {done.returncode} of {command}, which "
                     f"said {done.stderr!r}")


if __name__ == "__main__":
    main(*sys.argv[1:])
