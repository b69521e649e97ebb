"""Prints a module that runs every rule of linear attention: TYPE TOKENS KEY-SIZE VALUE-SIZE DECAYS.

DECAYS: `weak` are logarithms of factors near 1, `strong` such that factors underflow, `mixed` both of them, 0 and -inf (a
factor of exactly 0). Keys are scaled so that a delta rule stays bounded. The random inputs are normal."""

import sys

dtype, tokens, key_size, value_size, decays = sys.argv[1], *(int(text) for text in sys.argv[2:5]), sys.argv[5]
score = "f64" if dtype == "f64" else "f32"


def tensor(*shape, element=dtype):
    return f"tensor<{'x'.join(map(str, shape))}x{element}>"


q, k, v, o = (tensor(2, heads, tokens, size) for heads, size in
              ((6, key_size), (2, key_size), (2, value_size), (6, value_size)))
w, p = tensor(2, tokens, 2, value_size), tensor(tokens, 2, 6, value_size)  # other layouts
g, r = tensor(2, 2, tokens), tensor(2, 2, tokens, key_size)
s, n = tensor(2, 2, key_size, value_size, element=score), tensor(2, 2, key_size, value_size)

body, count = [], 0


def elementwise(value, type_, *lines):
    """Applies lines to %x; they define %y."""
    global count
    count += 1
    rank = type_.count("x")
    dims = ", ".join(f"d{d}" for d in range(rank))
    body.append(f"""  %e{count} = linalg.generic {{indexing_maps = [affine_map<({dims}) -> ({dims})>],
      iterator_types = [{', '.join(['"parallel"'] * rank)}]}} outs({value} : {type_}) {{
  ^bb0(%x: {dtype}):
    {chr(10).join('    ' + line for line in lines).strip()}
    linalg.yield %y : {dtype}
  }} -> {type_}""")
    return f"%e{count}"


def constant(name, value):
    return f"%{name} = arith.constant {value} : {dtype}"


def decay(value, type_):
    infinity = {"f16": "0xFC00", "bf16": "0xFF80", "f32": "0xFF800000", "f64": "0xFFF0000000000000"}[dtype]
    size = {"weak": "-0.01", "strong": "-60.0", "mixed": "-1.0"}[decays]
    lines = [constant("f", size), f"%a = math.absf %x : {dtype}", f"%m = arith.mulf %a, %f : {dtype}"]
    if decays != "mixed":
        return elementwise(value, type_, *lines, f"%y = arith.minimumf %m, %m : {dtype}")
    # Far from 0: nothing is left; well above 0: all is; well below it: little.
    lines += [constant("far", "2.0"), constant("above", "0.8"), constant("below", "-1.2"),
              constant("none", infinity), constant("zero", "0.0"), constant("little", "-40.0"),
              f"%c0 = arith.cmpf ogt, %x, %far : {dtype}", f"%c1 = arith.cmpf ogt, %x, %above : {dtype}",
              f"%c2 = arith.cmpf olt, %x, %below : {dtype}",
              f"%y0 = arith.select %c2, %little, %m : {dtype}", f"%y1 = arith.select %c1, %zero, %y0 : {dtype}",
              f"%y = arith.select %c0, %none, %y1 : {dtype}"]
    return elementwise(value, type_, *lines)


keys = elementwise("%k", k, constant("f", f"{0.9 / key_size ** 0.5:.4f}"), f"%y = arith.mulf %x, %f : {dtype}")
gates, rows = decay("%g", g), decay("%r", r)
betas = elementwise("%b", g, constant("one", "1.0"), f"%a = math.absf %x : {dtype}",
                    f"%y = arith.minimumf %a, %one : {dtype}")
results, types = [], []


def attend(rule, decay="", beta="", state=False, new_state=False, layouts=""):
    value, value_type, output = ("%w", w, p) if layouts else ("%v", v, o)
    operands = (f" decay {decay[0]}" if decay else "") + (f" beta {beta}" if beta else "") + (" state %s" if state else "")
    operand_types = (f", decay {decay[1]}" if decay else "") + (f", beta {g}" if beta else "") + \
        (f", state {s}" if state else "")
    name, name_state = f"%o{len(results)}", f"%n{len(results)}"
    state_type = s if state else n
    body.append(f"  {name}{', ' + name_state if new_state else ''} = attn.linear_attention {rule} %q, {keys}, {value}"
                f"{operands} scale 0.3{layouts}\n    : {q}, {k}, {value_type}{operand_types}\n    -> "
                + (f"({output}, state {state_type})" if new_state else f"({output})"))
    results.append(name)
    types.append(output)
    if new_state:
        results.append(name_state)
        types.append(state_type)


attend("linear", state=True, new_state=True)
attend("linear", layouts=" layout value [batch, sequence, head, feature] output [sequence, batch, head, feature]")
attend("gated", (gates, g), new_state=True)
attend("gated", (rows, r), state=True,
       layouts=" layout value [batch, sequence, head, feature] output [sequence, batch, head, feature]")
attend("delta", beta=betas, state=True, new_state=True)
attend("gated_delta", (gates, g), betas, state=True, new_state=True)
attend("gated_delta", (rows, r), betas, new_state=True)

arguments = ", ".join(f"%{name}: {type_}" for name, type_ in zip("qkvwgrbs", (q, k, v, w, g, r, g, s)))
print(f"func.func @main({arguments}) -> ({', '.join(types)}) {{")
print("\n".join(body))
print(f"  return {', '.join(results)} : {', '.join(types)}\n}}")
