func.func @main(%q: tensor<1x70x2xDIMxbf16>, %k: tensor<1x2x50xDIMxbf16>, %v: tensor<1x50x2xDIMxbf16>, %one: tensor<1x2x1xDIMxbf16>, %shared: tensor<1x1x50xDIMxbf16>)
    -> (tensor<1x70x2xDIMxbf16>, tensor<1x2x1xDIMxbf16>) {
  %o = attn.attention %q, %k, %v scale 0.1 layout query [batch, sequence, head, feature] value [batch, sequence, head, feature] output [batch, sequence, head, feature]
    : tensor<1x70x2xDIMxbf16>, tensor<1x2x50xDIMxbf16>, tensor<1x50x2xDIMxbf16> -> tensor<1x70x2xDIMxbf16>
  %p = attn.attention %one, %shared, %shared scale 0.1
    : tensor<1x2x1xDIMxbf16>, tensor<1x1x50xDIMxbf16>, tensor<1x1x50xDIMxbf16> -> tensor<1x2x1xDIMxbf16>
  return %o, %p : tensor<1x70x2xDIMxbf16>, tensor<1x2x1xDIMxbf16>
}
