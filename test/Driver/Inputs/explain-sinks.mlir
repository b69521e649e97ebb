func.func @sinks(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x4x8xf32>, %v: tensor<1x2x4x8xf32>, %sink: tensor<2xf32>)
    -> (tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>) {
  %half = arith.constant dense<0.5> : tensor<2xf32>
  %o = attn.attention %q, %k, %v sink %sink : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, sink tensor<2xf32> -> tensor<1x2x4x8xf32>
  %p = attn.attention %o, %k, %v sink %half : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, sink tensor<2xf32> -> tensor<1x2x4x8xf32>
  return %o, %p : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>
}
