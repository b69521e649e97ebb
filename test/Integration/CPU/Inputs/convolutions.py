"""Writes a function of convolutions of random shapes, each with a bias and an
activation behind: channels first and last, groups, 1 to 3 dimensions, strides
and dilations.

    convolutions.py TYPE SEED
"""
import random
import sys

TYPE = sys.argv[1]
SUM = "f64" if TYPE == "f64" else "f32"
draw = random.Random(int(sys.argv[2]))
arguments, code, results = [], [], []


def tensor(sizes, element):
    return f"tensor<{''.join(f'{size}x' for size in sizes)}{element}>"


def generic(loops, reads, summed, operands, init, body):
    """`reads` has the results of each map, `operands` are (value, type)."""
    maps = ", ".join(f"affine_map<({', '.join(loops)}) -> ({', '.join(m)})>"
                     for m in reads)
    kinds = ", ".join('"reduction"' if c in summed else '"parallel"'
                      for c in loops)
    arguments = ", ".join(f"%x{n}: {t.split('x')[-1][:-1]}"
                          for n, (_, t) in enumerate(operands + [init]))
    values, types = (", ".join(column) for column in zip(*operands))
    return (f"linalg.generic {{indexing_maps = [{maps}], iterator_types = "
            f"[{kinds}]}} ins({values} : {types}) outs({init[0]} : {init[1]}) {{"
            f"\n  ^bb0({arguments}):\n{body}  }} -> {init[1]}\n")


def multiply():
    if TYPE == SUM:
        wide, factors = "", "%x0, %x1"
    else:
        factors = "%l, %r"
        wide = (f"    %l = arith.extf %x0 : {TYPE} to {SUM}\n"
                f"    %r = arith.extf %x1 : {TYPE} to {SUM}\n")
    return (wide + f"    %m = arith.mulf {factors} : {SUM}\n"
            f"    %s = arith.addf %x2, %m : {SUM}\n    linalg.yield %s : {SUM}\n")


def write(name, spatial, isChannelsLast):
    """Loops are letters: b, g, o (kernels), c, and for each dimension y and k."""
    size = {"b": draw.randint(1, 2), "g": 1 if isChannelsLast else draw.randint(1, 2),
            "o": draw.choice([2, 4, 9, 17]), "c": draw.choice([1, 3, 16, 20])}
    window, taps, extent, along = [], [], [], []
    for d in range(spatial):
        out, tap = f"y{d}", f"k{d}"
        size[out] = draw.choice([1, 2, 7, 13, 31][:6 - spatial] + [50 // spatial])
        size[tap] = draw.choice([1, 2, 3, 5])
        stride, dilation = draw.choice([1, 1, 2, 3]), draw.choice([1, 1, 2])
        along.append(out)
        taps.append(tap)
        window.append(f"{out} * {stride} + {tap} * {dilation}")
        extent.append((size[out] - 1) * stride + (size[tap] - 1) * dilation + 1
                      + draw.randint(0, stride - 1))
    def of(loops): return [size[loop] for loop in loops]
    if isChannelsLast:
        out, kernel = ["b", *along, "o"], [*taps, "c", "o"]
        data, dataSizes = ["b", *window, "c"], [size["b"], *extent, size["c"]]
        loops = ["b", *along, "o", *taps, "c"]
    else:
        out, kernel = ["b", "g", "o", *along], ["g", "o", "c", *taps]
        data = ["b", "g", "c", *window]
        dataSizes = [*of("bgc"), *extent]
        loops = ["b", "g", "o", *along, "c", *taps]
    a, w = tensor(dataSizes, TYPE), tensor(of(kernel), TYPE)
    result, bias = tensor(of(out), SUM), tensor(of("o"), SUM)
    arguments.extend([f"%{name}_a: {a}", f"%{name}_w: {w}", f"%{name}_b: {bias}"])
    code.append(
        f"  %{name}_e = tensor.empty() : {result}\n"
        f"  %{name}_f = linalg.fill ins(%zero : {SUM}) outs(%{name}_e : {result})"
        f" -> {result}\n  %{name}_p = "
        + generic(loops, [data, kernel, out], ["c", *taps],
                  [(f"%{name}_a", a), (f"%{name}_w", w)], (f"%{name}_f", result),
                  multiply())
        + f"  %{name}_r = "
        + generic(out, [out, ["o"], out], [],
                  [(f"%{name}_p", result), (f"%{name}_b", bias)],
                  (f"%{name}_e", result),
                  f"    %s = arith.addf %x0, %x1 : {SUM}\n"
                  f"    %t = math.tanh %s : {SUM}\n    linalg.yield %t : {SUM}\n"))
    results.append((f"%{name}_r", result))


for number in range(12):
    write(f"conv{number}", number % 3 + 1, number % 4 == 3)

values, types = (", ".join(column) for column in zip(*results))
print(f"func.func @main({', '.join(arguments)}) -> ({types}) {{\n"
      f"  %zero = arith.constant 0.0 : {SUM}\n{''.join(code)}"
      f"  return {values} : {types}\n}}")
