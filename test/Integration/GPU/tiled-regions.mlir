// A score region, a mask with data, a sink and the LSE on accumulators; grouped heads; keys behind a length hold what is not finite.
// RUN: attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --range length=70:70 --compare=reference | FileCheck %s

// CHECK: result0 1x4x100x64xf16: agree: 25600 elements
// CHECK: result1 1x4x100xf32: agree: 400 elements
func.func @main(%q: tensor<1x4x100x64xf16>, %k: tensor<1x2x150x64xf16>, %v: tensor<1x2x150x64xf16>,
                %length: tensor<1xi64> {attn.name = "length"}, %sink: tensor<4xf32>)
    -> (tensor<1x4x100x64xf16>, tensor<1x4x100xf32>) {
  %nan = arith.constant 0x7E00 : f16
  %past = tensor.extract_slice %v[0, 0, 70, 0] [1, 2, 80, 64] [1, 1, 1, 1] : tensor<1x2x150x64xf16> to tensor<1x2x80x64xf16>
  %none = linalg.fill ins(%nan : f16) outs(%past : tensor<1x2x80x64xf16>) -> tensor<1x2x80x64xf16>
  %values = tensor.insert_slice %none into %v[0, 0, 70, 0] [1, 2, 80, 64] [1, 1, 1, 1] : tensor<1x2x80x64xf16> into tensor<1x2x150x64xf16>
  %o, %lse = attn.attention %q, %k, %values sink %sink scale 0.2
      score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
        %0 = attn.softcap %s, 50.0 : f32
        attn.yield %0 : f32
      }
      mask (%b: index, %h: index, %i: index, %j: index) {
        %0 = attn.causal %i, %j
        %n = tensor.extract %length[%b] : tensor<1xi64>
        %m = arith.index_cast %n : i64 to index
        %c = arith.cmpi slt, %j, %m : index
        %d = arith.andi %0, %c : i1
        attn.yield %d : i1
      }
    : tensor<1x4x100x64xf16>, tensor<1x2x150x64xf16>, tensor<1x2x150x64xf16>, sink tensor<4xf32>
    -> (tensor<1x4x100x64xf16>, lse tensor<1x4x100xf32>)
  return %o, %lse : tensor<1x4x100x64xf16>, tensor<1x4x100xf32>
}
