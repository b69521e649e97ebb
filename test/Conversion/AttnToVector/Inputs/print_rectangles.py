#!/usr/bin/env python3
"""usage: print_rectangles.py COUNT QUERIES: an attention to 64 keys whose mask is a union of COUNT rectangles, and of a table."""
import random
import sys

count, queries = map(int, sys.argv[1:])
random.seed(count)
q, k, table = f"tensor<1x1x{queries}x8xf32>", "tensor<1x1x64x8xf32>", f"tensor<{queries}x64xi1>"
print(f"""func.func @union(%q: {q}, %k: {k}, %table: {table}) -> {q} {{
  %o = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {{
      %o0 = tensor.extract %table[%i, %j] : {table}""")
for n in range(count):
    print(f"      %s{n} = arith.constant true")
    for c, (predicate, position) in enumerate([("sge", "i"), ("slt", "i"), ("sge", "j"), ("slt", "j")]):
        end = random.randrange(4) if predicate == "sge" else random.randrange(4, 8)
        print(f"""      %e{n}_{c} = arith.constant {end + random.randrange(queries if position == "i" else 64)} : index
      %c{n}_{c} = arith.cmpi {predicate}, %{position}, %e{n}_{c} : index
      %a{n}_{c} = arith.andi %{f"a{n}_{c - 1}" if c else f"s{n}"}, %c{n}_{c} : i1""")
    print(f"      %o{n + 1} = arith.ori %o{n}, %a{n}_3 : i1")
print(f"""      attn.yield %o{count} : i1
    }} : {q}, {k}, {k} -> {q}
  return %o : {q}
}}""")
