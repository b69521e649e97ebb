// Full tiles and tiles with a mask, more of each than the ring has stages; what nobody attends to is NaN, so that all is done twice.
func.func @main(%q: tensor<1x2x70x16xf16>, %k: tensor<1x1x290x16xf16>, %v: tensor<1x1x290x16xf16>) -> tensor<1x2x70x16xf16> {
  %o = attn.attention %q, %k, %v scale 0.02
      mask (%b: index, %h: index, %i: index, %j: index) {
        %c200 = arith.constant 200 : index
        %last = arith.addi %i, %c200 : index
        %0 = arith.cmpi sle, %j, %last : index
        attn.yield %0 : i1
      }
    : tensor<1x2x70x16xf16>, tensor<1x1x290x16xf16>, tensor<1x1x290x16xf16> -> tensor<1x2x70x16xf16>
  return %o : tensor<1x2x70x16xf16>
}
