func.func @main(%q: tensor<1x2x500x8xf32>, %k: tensor<1x2x700x8xf32>) -> tensor<1x2x500x8xf32> {
  %o = attn.attention %q, %k, %k scale 0.4 : tensor<1x2x500x8xf32>, tensor<1x2x700x8xf32>, tensor<1x2x700x8xf32> -> tensor<1x2x500x8xf32>
  return %o : tensor<1x2x500x8xf32>
}
