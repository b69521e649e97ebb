# A kernel of 130 tensors, whose parameters have more than 4096 bytes: PTX 8.1 has them, and CUDA 12.1.
# RUN: rm -rf %t && mkdir %t && %python %s 130 > %t/many.mlir
# RUN: attn-compile %t/many.mlir --target=cuda --ptxas=none -o %t/many.so
# RUN: FileCheck %s --check-prefix=JSON < %t/many.json
# JSON: "least_driver": "12.1"
# JSON: "ptx_version": "8.1"
# RUN: attn-run %t/many.mlir --target=cuda --device=ptx-interpreter --random-inputs --compare=reference | FileCheck %s
# CHECK: result0 3xf32: agree

# No driver takes more than 32764 bytes.
# RUN: %python %s 900 > %t/more.mlir
# RUN: not attn-compile %t/more.mlir --target=cuda -o %t/more.ptx 2>&1 | FileCheck %s --check-prefix=MORE
# MORE: error: expected a kernel of at most 4094 arguments, tensors' sizes counted, got 4505
"""Prints a function that adds as many tensors, in one loop."""

import sys

count = int(sys.argv[1])
names = [f"%x{n}" for n in range(count)]
scalars = [f"%e{n}: f32" for n in range(count)]
maps = ["affine_map<(i) -> (i)>"] * (count + 1)
print("func.func @main(" + ", ".join(f"{name}: tensor<3xf32>" for name in names) + ") -> tensor<3xf32> {")
print("  %empty = tensor.empty() : tensor<3xf32>")
print(f"  %r = linalg.generic {{indexing_maps = [{', '.join(maps)}], iterator_types = [\"parallel\"]}}")
print(f"      ins({', '.join(names)} : {', '.join(['tensor<3xf32>'] * count)}) outs(%empty : tensor<3xf32>) {{")
print(f"  ^bb0({', '.join(scalars)}, %o: f32):")
for n in range(1, count):
    print(f"    %s{n} = arith.addf {f'%s{n - 1}' if n > 1 else '%e0'}, %e{n} : f32")
print(f"    linalg.yield %s{count - 1} : f32\n  }} -> tensor<3xf32>\n  return %r : tensor<3xf32>\n}}")
