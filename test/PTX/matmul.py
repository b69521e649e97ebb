# A product by cp.async, ldmatrix and mma.sync is right in every order.
# RUN: %python %s %S/Inputs/matmul.ptx
"""Compares C = A B^T of small integers with sums in Python."""

import subprocess
import sys

ROWS, COLUMNS, DEPTH = 32, 16, 64


def expected():
    a = [[(DEPTH * i + k) % 7 for k in range(DEPTH)] for i in range(ROWS)]
    b = [[(DEPTH * j + k) % 5 for k in range(DEPTH)] for j in range(COLUMNS)]
    return [sum(x * y for x, y in zip(row, column))
            for row in a for column in b]


def main(kernel):
    for order, seed in [("eager", 1), ("lazy", 1), ("random", 1),
                        ("random", 2), ("hold", 1), ("hold", 2)]:
        text = subprocess.run(
            ["attn-ptx-run", kernel, "--block=64", "--arg=a", "--arg=b",
             "--arg=c", f"--buffer=a:bf16[{ROWS * DEPTH}]=iota%7",
             f"--buffer=b:bf16[{COLUMNS * DEPTH}]=iota%5",
             f"--buffer=c:f32[{ROWS * COLUMNS}]", "--print=c",
             f"--order={order}", f"--seed={seed}"],
            check=True, stdout=subprocess.PIPE, text=True).stdout
        got = [float(word) for word in text.split()[1:]]
        if got != expected():
            sys.exit(f"{order}, {seed}: expected {expected()}, got {got}")


if __name__ == "__main__":
    main(sys.argv[1])
