"""Prints a module whose function attends once for each head size FIRST, FIRST + STEP, … LAST, with V's head sizes running
the other way, grouped heads, and sizes of queries and keys that leave remainders. An element type may follow."""

import sys

first, last, step = (int(text) for text in sys.argv[1:4])
dtype = sys.argv[4] if len(sys.argv) > 4 else "f32"
arguments, ops, results, types = [], [], [], []
for n, size in enumerate(range(first, last + 1, step)):
    value_size = last - n * step
    q, k, v, o = (f"tensor<{shape}x{dtype}>" for shape in (
        f"1x2x{3 + n % 5}x{size}", f"1x1x{9 + n % 7}x{size}", f"1x1x{9 + n % 7}x{value_size}", f"1x2x{3 + n % 5}x{value_size}"))
    arguments.append(f"%q{n}: {q}, %k{n}: {k}, %v{n}: {v}")
    ops.append(f"  %o{n} = attn.attention %q{n}, %k{n}, %v{n} scale {3 / (size + 9):.4f}\n    : {q}, {k}, {v} -> ({o})")
    results.append(f"%o{n}")
    types.append(o)
print(f"func.func @main({', '.join(arguments)}) -> ({', '.join(types)}) {{")
print("\n".join(ops))
print(f"  return {', '.join(results)} : {', '.join(types)}\n}}")
