// Rows without a pair, a window, lengths that only the call tells, and a head size of values that is no multiple of a product's.
// RUN: attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --keep-dynamic --dim q.2=70 --dim k.2=100 --dim v.2=100 --compare=reference | FileCheck %s

// CHECK: 160 not finite
// CHECK: result0 2x4x70x72xbf16: agree: 40320 elements
// CHECK: result1 2x4x70xf32: agree: 560 elements
func.func @main(%q: tensor<2x4x?x128xbf16> {attn.name = "q", attn.dim_names = ["", "", "q.2", ""]},
                %k: tensor<2x2x?x128xbf16> {attn.name = "k", attn.dim_names = ["", "", "k.2", ""]},
                %v: tensor<2x2x?x72xbf16> {attn.name = "v", attn.dim_names = ["", "", "v.2", ""]})
    -> (tensor<2x4x?x72xbf16>, tensor<2x4x?xf32>) {
  %o, %lse = attn.attention %q, %k, %v scale 0.3
      mask (%b: index, %h: index, %i: index, %j: index) {
        %c20 = arith.constant 20 : index
        %0 = attn.window %i, %j left 40 right 3
        %1 = arith.cmpi sge, %i, %c20 : index
        %2 = arith.andi %0, %1 : i1
        attn.yield %2 : i1
      }
    : tensor<2x4x?x128xbf16>, tensor<2x2x?x128xbf16>, tensor<2x2x?x72xbf16> -> (tensor<2x4x?x72xbf16>, lse tensor<2x4x?xf32>)
  return %o, %lse : tensor<2x4x?x72xbf16>, tensor<2x4x?xf32>
}
