func.func @main(%q: tensor<1x2x150x8xf32>, %k: tensor<1x2x150x8xf32>, %v: tensor<1x2x150x8xf32>, %g: tensor<1x2x150xf32>) -> tensor<1x2x150x8xf32> {
  %o = attn.linear_attention gated %q, %k, %v decay %g
    : tensor<1x2x150x8xf32>, tensor<1x2x150x8xf32>, tensor<1x2x150x8xf32>, decay tensor<1x2x150xf32> -> (tensor<1x2x150x8xf32>)
  return %o : tensor<1x2x150x8xf32>
}
