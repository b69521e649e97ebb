"""A decoder of equal layers, as MLIR: layers.py LAYERS TYPE. Two kv heads for four, past keys and values, a mask of positions and of
one table for all layers, each layer's cache as a result. Weights are the numbers of a fixed sequence."""
import sys

LAYERS, TYPE = int(sys.argv[1]), sys.argv[2]
HEADS, KV, D = 4, 2, 6
E = HEADS * D
state = 12345


def number():
    global state
    state = (1103515245 * state + 12345) % 2**31
    return f"{(state / 2**31 - 0.5) * 0.5:.4f}"


def weights(rows, columns):
    text = ", ".join("[" + ", ".join(number() for _ in range(columns)) + "]" for _ in range(rows))
    return f"dense<[{text}]> : tensor<{rows}x{columns}x{TYPE}>"


def product(name, x, k, n):
    """name = x @ weights; x: tensor<?x?xk>."""
    t, w, r = f"tensor<?x?x{k}x{TYPE}>", f"tensor<{k}x{n}x{TYPE}>", f"tensor<?x?x{n}x{TYPE}>"
    return f"""  %{name}_w = arith.constant {weights(k, n)}
  %{name}_e = tensor.empty(%b, %s) : {r}
  %{name}_z = linalg.fill ins(%zero : {TYPE}) outs(%{name}_e : {r}) -> {r}
  %{name} = linalg.generic {{indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}}
      ins(%{x}, %{name}_w : {t}, {w}) outs(%{name}_z : {r}) {{
  ^bb0(%p: {TYPE}, %q: {TYPE}, %o: {TYPE}):
    %0 = arith.mulf %p, %q : {TYPE}
    %1 = arith.addf %o, %0 : {TYPE}
    linalg.yield %1 : {TYPE}
  }} -> {r}
"""


def elementwise(name, operands, n, code):
    r = f"tensor<?x?x{n}x{TYPE}>"
    names = ", ".join(f"%{o}" for o in operands)
    arguments = ", ".join(f"%{a}: {TYPE}" for a in "pq"[:len(operands)] + "o")
    maps = ", ".join(["#r"] * (len(operands) + 1))
    return f"""  %{name}_e = tensor.empty(%b, %s) : {r}
  %{name} = linalg.generic {{indexing_maps = [{maps}], iterator_types = ["parallel", "parallel", "parallel"]}}
      ins({names} : {", ".join([r] * len(operands))}) outs(%{name}_e : {r}) {{
  ^bb0({arguments}):
    {code}
    linalg.yield %0 : {TYPE}
  }} -> {r}
"""


def heads(name, source, n):
    return (f"  %{name} = tensor.expand_shape %{source} [[0], [1], [2, 3]] output_shape [%b, %s, {n}, {D}] : "
            f"tensor<?x?x{n * D}x{TYPE}> into tensor<?x?x{n}x{D}x{TYPE}>\n")


def layer(i, x):
    cache = f"tensor<?x?x{KV}x{D}x{TYPE}>"
    query = f"tensor<?x?x{HEADS}x{D}x{TYPE}>"
    n = f"l{i}_"
    text = product(n + "q0", x, E, E) + heads(n + "q", n + "q0", HEADS)
    for c in "kv":
        text += product(f"{n}{c}0", x, E, KV * D) + heads(f"{n}{c}1", f"{n}{c}0", KV)
        text += f"  %{n}{c} = tensor.concat dim(1) %past_{c}{i}, %{n}{c}1 : ({cache}, {cache}) -> {cache}\n"
    axes = "[batch, sequence, head, feature]"
    text += f"""  %{n}a0 = attn.attention %{n}q, %{n}k, %{n}v scale 0.3 layout query {axes} key {axes} value {axes} output {axes}
    mask (%bi: index, %hi: index, %qi: index, %ki: index) {{
      %0 = arith.addi %qi, %past : index
      %1 = attn.causal %0, %ki
      %2 = tensor.extract %bias[%bi] : tensor<?xindex>
      %3 = arith.cmpi uge, %ki, %2 : index
      %4 = arith.andi %1, %3 : i1
      attn.yield %4 : i1
    }} : {query}, {cache}, {cache} -> {query}
  %{n}a = tensor.collapse_shape %{n}a0 [[0], [1], [2, 3]] : {query} into tensor<?x?x{E}x{TYPE}>
"""
    text += product(n + "o", n + "a", E, E)
    text += elementwise(n + "r", [n + "o", x], E, f"%0 = arith.addf %p, %q : {TYPE}")
    text += product(n + "f0", n + "r", E, 50)
    text += elementwise(n + "f1", [n + "f0"], 50, f"%0 = arith.maximumf %p, %zero : {TYPE}")
    text += product(n + "f2", n + "f1", 50, E)
    text += elementwise(n + "x", [n + "f2", n + "r"], E, f"%0 = arith.addf %p, %q : {TYPE}")
    return text


def names(*dims):
    return "attn.dim_names = [" + ", ".join(f'"{d}"' for d in dims) + "]"


def length(c, i):
    """The last values have a length of their own, which must be checked when run."""
    return "values" if (c, i) == ("v", LAYERS - 1) else "past"


def main():
    cache = f"tensor<?x?x{KV}x{D}x{TYPE}>"
    x = f"tensor<?x?x{E}x{TYPE}>"
    caches = "".join(f", %past_{c}{i}: {cache} {{{names('batch', length(c, i), KV, D)}}}" for i in range(LAYERS) for c in "kv")
    results = ", ".join([x] + [cache] * (2 * LAYERS))
    body = "".join(layer(i, f"l{i - 1}_x" if i else "x") for i in range(LAYERS))
    values = ", ".join([f"%l{LAYERS - 1}_x"] + [f"%l{i}_{c}" for i in range(LAYERS) for c in "kv"])
    print(f"""#x = affine_map<(b, s, n, k) -> (b, s, k)>
#w = affine_map<(b, s, n, k) -> (k, n)>
#y = affine_map<(b, s, n, k) -> (b, s, n)>
#r = affine_map<(b, s, n) -> (b, s, n)>
func.func @main(%x: {x} {{{names('batch', 'new', E)}}}, %first: tensor<?xi32> {{{names('batch')}}}{caches}) -> ({results}) {{
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : {TYPE}
  %b = tensor.dim %x, %c0 : {x}
  %s = tensor.dim %x, %c1 : {x}
  %past = tensor.dim %past_k0, %c1 : {cache}
  %bias = arith.index_cast %first : tensor<?xi32> to tensor<?xindex>
{body}  return {values} : {results}
}}""")


main()
