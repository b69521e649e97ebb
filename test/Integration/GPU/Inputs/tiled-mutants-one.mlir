// A single query, whose tiles one warp consumes; the last key is masked and its value NaN, so that all is done twice.
func.func @main(%q: tensor<1x4x1x16xf16>, %k: tensor<1x1x290x16xf16>, %v: tensor<1x1x290x16xf16>) -> tensor<1x4x1x16xf16> {
  %o = attn.attention %q, %k, %v scale 0.02
      mask (%b: index, %h: index, %i: index, %j: index) {
        %last = arith.constant 289 : index
        %0 = arith.cmpi ne, %j, %last : index
        attn.yield %0 : i1
      }
    : tensor<1x4x1x16xf16>, tensor<1x1x290x16xf16>, tensor<1x1x290x16xf16> -> tensor<1x4x1x16xf16>
  return %o : tensor<1x4x1x16xf16>
}
