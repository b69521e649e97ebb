"""Prints a function of four chains, each longer than what may share a buffer."""

LENGTH = 150
ROW = "tensor<600xf32>"

print(f"func.func @main(%x: {ROW}, %v: tensor<4xf32>, %m: tensor<4x4xf32>)")
print(f"    -> ({ROW}, {ROW}, {ROW}, tensor<4x4xf32>) {{")
print("  %zero = arith.constant 0.0 : f32")
print("  %turn = arith.constant dense<[[0., 1., 0., 0.], [0., 0., 1., 0.], [0., 0., 0., 1.], [1., 0., 0., 0.]]> : tensor<4x4xf32>")
last, inserted, product = "%x", "%x", "%m"
pieces = []
for n in range(LENGTH):
    print(f"  %a{n} = linalg.add ins({last}, %x : {ROW}, {ROW}) outs({last} : {ROW}) -> {ROW}")
    print(f"  %s{n} = tensor.insert_slice %v into {inserted}[{4 * n}] [4] [1] : tensor<4xf32> into {ROW}")
    print(f"  %e{n} = tensor.empty() : tensor<4x4xf32>")
    print(f"  %f{n} = linalg.fill ins(%zero : f32) outs(%e{n} : tensor<4x4xf32>) -> tensor<4x4xf32>")
    print(f"  %p{n} = linalg.matmul ins({product}, %turn : tensor<4x4xf32>, tensor<4x4xf32>)"
          f" outs(%f{n} : tensor<4x4xf32>) -> tensor<4x4xf32>")
    last, inserted, product = f"%a{n}", f"%s{n}", f"%p{n}"
    pieces.append("%v")
print(f"  %c = tensor.concat dim(0) {', '.join(pieces)} : ({', '.join(['tensor<4xf32>'] * LENGTH)}) -> {ROW}")
print(f"  return {last}, {inserted}, %c, {product} : {ROW}, {ROW}, {ROW}, tensor<4x4xf32>\n}}")
