"""Writes a function that multiplies: each order of operands, and what follows
products in models.

    contractions.py TYPE MxNxK[,MxNxK…]

Operands are of TYPE; a loop is a letter, and what the result lacks is summed.
"""
import sys

TYPE = sys.argv[1]
SUM = "f64" if TYPE == "f64" else "f32"
LAYOUTS = {"nn": ("mk", "kn"), "nt": ("mk", "nk"), "tn": ("km", "kn"),
           "tt": ("km", "nk")}


def tensor(sizes, letters, element):
    return f"tensor<{''.join(f'{sizes[c]}x' for c in letters)}{element}>"


def generic(loops, reads, operands, result, init, body):
    """`operands` are (value, type); `reads` has the letters of each and of the
    result."""
    maps = ", ".join(f"affine_map<({', '.join(loops)}) -> ({', '.join(m)})>"
                     for m in reads)
    kinds = ", ".join('"parallel"' if c in reads[-1] else '"reduction"'
                      for c in loops)
    elements = [t.split("x")[-1][:-1] for _, t in operands + [(init, result)]]
    arguments = ", ".join(f"%x{n}: {e}" for n, e in enumerate(elements))
    values, types = (", ".join(column) for column in zip(*operands))
    return (f"linalg.generic {{indexing_maps = [{maps}], iterator_types = "
            f"[{kinds}]}} ins({values} : {types}) outs({init} : {result}) {{\n"
            f"  ^bb0({arguments}):\n{body}  }} -> {result}\n")


def multiply():
    wide = "" if TYPE == SUM else (
        f"    %l = arith.extf %x0 : {TYPE} to {SUM}\n"
        f"    %r = arith.extf %x1 : {TYPE} to {SUM}\n")
    factors = "%l, %r" if wide else "%x0, %x1"
    return (wide + f"    %m = arith.mulf {factors} : {SUM}\n"
            f"    %s = arith.addf %m, %x2 : {SUM}\n    linalg.yield %s : {SUM}\n")


arguments, code, results = [], [], []


def write(name, loops, left, right, result, sizes, follow=None):
    a, b = tensor(sizes, left, TYPE), tensor(sizes, right, TYPE)
    c, bias = tensor(sizes, result, SUM), tensor(sizes, result[-1], SUM)
    out = tensor(sizes, result, TYPE) if follow == "cast" else c
    arguments.extend([f"%{name}_a: {a}", f"%{name}_b: {b}"])
    code.append(f"  %{name}_e = tensor.empty() : {c}\n"
                f"  %{name}_f = linalg.fill ins(%zero : {SUM}) "
                f"outs(%{name}_e : {c}) -> {c}\n"
                f"  %{name}_p = " + generic(
                    loops, [left, right, result],
                    [(f"%{name}_a", a), (f"%{name}_b", b)], c, f"%{name}_f",
                    multiply()))
    value = f"%{name}_p"
    if follow == "bias":
        arguments.extend([f"%{name}_bias: {bias}", f"%{name}_residual: {c}"])
        code.append(f"  %{name}_o = " + generic(
            result, [result, result[-1], result, result],
            [(value, c), (f"%{name}_bias", bias), (f"%{name}_residual", c)],
            c, f"%{name}_e",
            f"    %s = arith.addf %x0, %x1 : {SUM}\n"
            f"    %t = math.tanh %s : {SUM}\n"
            f"    %u = arith.addf %t, %x2 : {SUM}\n"
            f"    linalg.yield %u : {SUM}\n"))
        value = f"%{name}_o"
    elif follow == "cast" and TYPE != SUM:
        code.append(f"  %{name}_n = tensor.empty() : {out}\n"
                    f"  %{name}_o = " + generic(
                        result, [result, result], [(value, c)], out,
                        f"%{name}_n",
                        f"    %s = arith.truncf %x0 : {SUM} to {TYPE}\n"
                        f"    linalg.yield %s : {TYPE}\n"))
        value = f"%{name}_o"
    results.append((value, out))


def write_all(number, m, n, k):
    sizes = {"m": m, "n": n, "k": k, "b": 2, "h": 3}
    for name, (left, right) in LAYOUTS.items():
        write(f"{name}{number}", "mnk", left, right, "mn", sizes)
    write(f"bias{number}", "mnk", "mk", "kn", "mn", sizes, "bias")
    write(f"cast{number}", "mnk", "mk", "nk", "mn", sizes, "cast")
    write(f"batches{number}", "bhmnk", "bhmk", "bhnk", "bhmn", sizes)
    write(f"shared{number}", "bmnk", "bmk", "kn", "bmn", sizes, "bias")
    write(f"heads{number}", "bmhkn", "bmhk", "hkn", "bmn", sizes)
    write(f"turned{number}", "bmnk", "mk", "bkn", "bnm", sizes)
    write(f"vector{number}", "nk", "k", "kn", "n", sizes)


for number, text in enumerate(sys.argv[2].split(",")):
    write_all(number, *map(int, text.split("x")))

values, types = (", ".join(column) for column in zip(*results))
print(f"func.func @main({', '.join(arguments)}) -> ({types}) {{\n"
      f"  %zero = arith.constant 0.0 : {SUM}\n{''.join(code)}"
      f"  return {values} : {types}\n}}")
