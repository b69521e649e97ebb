func.func @main(%q: tensor<1x2x96x64xbf16>, %k: tensor<1x2x512x64xbf16>, %v: tensor<1x2x512x64xbf16>) -> tensor<1x2x96x64xbf16> {
  %o = attn.attention %q, %k, %v
    : tensor<1x2x96x64xbf16>, tensor<1x2x512x64xbf16>, tensor<1x2x512x64xbf16> -> tensor<1x2x96x64xbf16>
  return %o : tensor<1x2x96x64xbf16>
}
