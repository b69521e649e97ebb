// Finite scores never empty a row (D4): not the least number there is, which powers of 2 do not have, either.
// RUN: attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --compare=reference | FileCheck %s

// CHECK: result0 1x1x70x16xbf16: agree: 1120 elements
// CHECK: result1 1x1x70xf32: agree: 70 elements
func.func @main(%q: tensor<1x1x70x16xbf16>, %k: tensor<1x1x140x16xbf16>) -> (tensor<1x1x70x16xbf16>, tensor<1x1x70xf32>) {
  %o, %lse = attn.attention %q, %k, %k scale 0.5
      score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
        %ten = arith.constant 10 : index
        %least = arith.constant -3.4028234663852886e38 : f32
        %zero = arith.constant 0.0 : f32
        %0 = arith.cmpi slt, %i, %ten : index
        %1 = arith.select %0, %least, %zero : f32
        %2 = arith.addf %s, %1 : f32
        attn.yield %2 : f32
      }
    : tensor<1x1x70x16xbf16>, tensor<1x1x140x16xbf16>, tensor<1x1x140x16xbf16> -> (tensor<1x1x70x16xbf16>, lse tensor<1x1x70xf32>)
  return %o, %lse : tensor<1x1x70x16xbf16>, tensor<1x1x70xf32>
}
