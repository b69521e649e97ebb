// Masks and score regions: causal; by elements of a tensor; a softcap and a bias.
func.func @main(%q: tensor<1x2x70xDIMxbf16>, %k: tensor<1x2x50xDIMxbf16>, %keep: tensor<2x70x50xi1>, %bias: tensor<2x70x50xf32>)
    -> (tensor<1x2x70xDIMxbf16>, tensor<1x2x70xDIMxbf16>, tensor<1x2x70xDIMxbf16>) {
  %causal = attn.attention %q, %k, %k scale 0.1
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      attn.yield %0 : i1
    }
    : tensor<1x2x70xDIMxbf16>, tensor<1x2x50xDIMxbf16>, tensor<1x2x50xDIMxbf16> -> tensor<1x2x70xDIMxbf16>
  %kept = attn.attention %q, %k, %k scale 0.1
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %keep[%h, %i, %j] : tensor<2x70x50xi1>
      attn.yield %0 : i1
    }
    : tensor<1x2x70xDIMxbf16>, tensor<1x2x50xDIMxbf16>, tensor<1x2x50xDIMxbf16> -> tensor<1x2x70xDIMxbf16>
  %biased = attn.attention %q, %k, %k scale 0.1
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = attn.softcap %s, 30.0 : f32
      %1 = tensor.extract %bias[%h, %i, %j] : tensor<2x70x50xf32>
      %2 = arith.addf %0, %1 : f32
      attn.yield %2 : f32
    }
    : tensor<1x2x70xDIMxbf16>, tensor<1x2x50xDIMxbf16>, tensor<1x2x50xDIMxbf16> -> tensor<1x2x70xDIMxbf16>
  return %causal, %kept, %biased : tensor<1x2x70xDIMxbf16>, tensor<1x2x70xDIMxbf16>, tensor<1x2x70xDIMxbf16>
}
