// A predicate that this project does not have: test/Dev/scaffold.test adds it.
!q = tensor<2x4x?x8xf32>
!k = tensor<2x2x?x8xf32>
func.func @f(%q: !q {attn.dim_names = ["", "", "n", ""]}, %k: !k {attn.dim_names = ["", "", "m", ""]},
             %v: !k {attn.dim_names = ["", "", "m", ""]}) -> !q {
  %o = attn.attention %q, %k, %v scale 0.3
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.dilated %i, %j
      %1 = attn.causal %i, %j
      %2 = arith.andi %0, %1 : i1
      attn.yield %2 : i1
    } : !q, !k, !k -> !q
  return %o : !q
}
