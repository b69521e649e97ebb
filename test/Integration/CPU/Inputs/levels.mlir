// Each element type, grouped heads, sizes that leave remainders of every vector width, one query, a mask and regions.
func.func @main(%q: tensor<1x4x37x20xf32>, %k: tensor<1x2x83x20xf32>, %v: tensor<1x2x83x13xf32>, %bias: tensor<4x83xf32>,
    %qb: tensor<1x2x19x16xbf16>, %kb: tensor<1x1x70x16xbf16>, %qh: tensor<2x2x5x24xf16>, %kh: tensor<2x2x66x24xf16>,
    %qd: tensor<1x1x11x8xf64>, %kd: tensor<1x1x71x8xf64>, %q1: tensor<1x8x1x32xf32>, %k1: tensor<1x2x130x32xf32>)
    -> (tensor<1x4x37x13xf32>, tensor<1x4x37xf32>, tensor<1x2x19x16xbf16>, tensor<2x2x5x24xf16>, tensor<1x1x11x8xf64>, tensor<1x8x1x32xf32>) {
  %past = arith.constant 40 : index
  %o, %l = attn.attention %q, %k, %v scale 0.3
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = attn.softcap %s, 2.0 : f32
      %1 = tensor.extract %bias[%h, %j] : tensor<4x83xf32>
      %2 = arith.addf %0, %1 : f32
      attn.yield %2 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j offset %past
      %1 = attn.window %i, %j offset %past left 25
      %2 = arith.andi %0, %1 : i1
      attn.yield %2 : i1
    }
    : tensor<1x4x37x20xf32>, tensor<1x2x83x20xf32>, tensor<1x2x83x13xf32> -> (tensor<1x4x37x13xf32>, lse tensor<1x4x37xf32>)
  %ob = attn.attention %qb, %kb, %kb scale 0.4
    : tensor<1x2x19x16xbf16>, tensor<1x1x70x16xbf16>, tensor<1x1x70x16xbf16> -> (tensor<1x2x19x16xbf16>)
  %oh = attn.attention %qh, %kh, %kh
    : tensor<2x2x5x24xf16>, tensor<2x2x66x24xf16>, tensor<2x2x66x24xf16> -> (tensor<2x2x5x24xf16>)
  %od = attn.attention %qd, %kd, %kd scale 0.5
    : tensor<1x1x11x8xf64>, tensor<1x1x71x8xf64>, tensor<1x1x71x8xf64> -> (tensor<1x1x11x8xf64>)
  %o1 = attn.attention %q1, %k1, %k1
    : tensor<1x8x1x32xf32>, tensor<1x2x130x32xf32>, tensor<1x2x130x32xf32> -> (tensor<1x8x1x32xf32>)
  return %o, %l, %ob, %oh, %od, %o1
    : tensor<1x4x37x13xf32>, tensor<1x4x37xf32>, tensor<1x2x19x16xbf16>, tensor<2x2x5x24xf16>, tensor<1x1x11x8xf64>, tensor<1x8x1x32xf32>
}
