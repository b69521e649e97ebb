"""Writes a function that multiplies by constant matrices.

    weights.py TYPE MxNxK[,MxNxK…]

Weights are of TYPE, rows of K and columns of N, and transposed; M may be ?. The
last one also is a table whose rows an input picks.
"""
import random
import sys

random.seed(7)
TYPE = sys.argv[1]
MAPS = "affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> {}>, affine_map<(m, n, k) -> (m, n)>"


def matrix(rows, columns, depth):
    """Products stay near 1."""
    lines = (", ".join(f"{random.uniform(-1, 1) / depth ** 0.5:.5f}"
                       for _ in range(columns)) for _ in range(rows))
    return ", ".join(f"[{line}]" for line in lines)


arguments, code, results = ["%i: tensor<3xi64>"], [], []


def result(value, type):
    results.append((value, type))


def multiply(name, m, n, k, is_transposed):
    weights = f"tensor<{n}x{k}x{TYPE}>" if is_transposed else f"tensor<{k}x{n}x{TYPE}>"
    rows, out = f"tensor<{m}x{k}xf32>", f"tensor<{m}x{n}xf32>"
    widen = "" if TYPE == "f32" else f"    %w = arith.extf %b : {TYPE} to f32\n"
    arguments.append(f"%{name}_x: {rows}")
    size = f"%{name}_m" if m == "?" else ""
    if size:
        code.append(f"  {size} = tensor.dim %{name}_x, %c0 : {rows}\n")
    code.append(
        f"  %{name}_w = arith.constant dense<[{matrix(n, k, k) if is_transposed else matrix(k, n, k)}]> : {weights}\n"
        f"  %{name}_e = tensor.empty({size}) : {out}\n"
        f"  %{name}_f = linalg.fill ins(%zero : f32) outs(%{name}_e : {out}) -> {out}\n"
        f"  %{name} = linalg.generic {{indexing_maps = [{MAPS.format('(n, k)' if is_transposed else '(k, n)')}], "
        f'iterator_types = ["parallel", "parallel", "reduction"]}} ins(%{name}_x, %{name}_w : {rows}, {weights}) '
        f"outs(%{name}_f : {out}) {{\n  ^bb0(%a: f32, %b: {TYPE}, %c: f32):\n{widen}"
        f"    %p = arith.mulf %a, {'%w' if widen else '%b'} : f32\n    %s = arith.addf %c, %p : f32\n"
        f"    linalg.yield %s : f32\n  }} -> {out}\n")
    result(f"%{name}", out)
    return weights


def pick(name, n, k, weights):
    out = f"tensor<3x{k}x{TYPE}>"
    code.append(
        f"  %rows_e = tensor.empty() : {out}\n"
        f"  %rows = linalg.generic {{indexing_maps = [affine_map<(i, k) -> (i)>, affine_map<(i, k) -> (i, k)>], "
        f'iterator_types = ["parallel", "parallel"]}} ins(%i : tensor<3xi64>) outs(%rows_e : {out}) {{\n'
        f"  ^bb0(%l: i64, %c: {TYPE}):\n    %a = arith.index_cast %l : i64 to index\n    %k = linalg.index 1 : index\n    %n = arith.constant {n} : index\n"
        f"    %r = arith.remui %a, %n : index\n    %v = tensor.extract %{name}_w[%r, %k] : {weights}\n"
        f"    linalg.yield %v : {TYPE}\n  }} -> {out}\n")
    result("%rows", out)


for number, text in enumerate(sys.argv[2].split(",")):
    m, n, k = text.split("x")
    for layout in ("n", "t"):
        last = multiply(f"{layout}{number}", m, int(n), int(k), layout == "t")
pick(f"t{number}", n, k, last)

values, types = (", ".join(column) for column in zip(*results))
print(f"func.func @main({', '.join(arguments)}) -> ({types}) {{\n"
      f"  %zero = arith.constant 0.0 : f32\n  %c0 = arith.constant 0 : index\n{''.join(code)}"
      f"  return {values} : {types}\n}}")
