// A decode step whose keys several blocks share: groups of heads, a sink, the LSE, parts that nothing attends to, a row without a pair.
// RUN: attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --compare=reference | FileCheck %s
// RUN: attn-opt %s -attn-attach-gpu-target -convert-attn-to-tile | FileCheck %s --check-prefix=SPLIT

// CHECK: result0 2x4x1x32xf16: agree: 256 elements
// CHECK: result1 2x4x1xf32: agree: 8 elements
// CHECK: result2 1x2x3x32xbf16: agree: 192 elements
// SPLIT: scf.forall {{.*}} in (2, 2, 1, %{{.*}})
// SPLIT: attn_tile.stream {{.*}} schedule <rows = 16, keys = 64,
// SPLIT: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "reduction"]
// SPLIT: attn.finalize_state
// SPLIT: scf.forall {{.*}} in (1, 1, 1, %{{.*}})
func.func @main(%q: tensor<2x4x1x32xf16>, %k: tensor<2x2x600x32xf16>, %v: tensor<2x2x600x32xf16>, %sink: tensor<4xf32>,
                %few: tensor<1x2x3x32xbf16>, %shared: tensor<1x1x520x32xbf16>)
    -> (tensor<2x4x1x32xf16>, tensor<2x4x1xf32>, tensor<1x2x3x32xbf16>) {
  // Those of the second batch leave the third part empty, ...
  %lengths = arith.constant dense<[600, 300]> : tensor<2xi64>
  %o, %lse = attn.attention %q, %k, %v sink %sink scale 0.3
      mask (%b: index, %h: index, %i: index, %j: index) {
        %n = tensor.extract %lengths[%b] : tensor<2xi64>
        %m = arith.index_cast %n : i64 to index
        %0 = arith.cmpi slt, %j, %m : index
        attn.yield %0 : i1
      }
    : tensor<2x4x1x32xf16>, tensor<2x2x600x32xf16>, tensor<2x2x600x32xf16>, sink tensor<4xf32> -> (tensor<2x4x1x32xf16>, lse tensor<2x4x1xf32>)
  // ... and the second query attends to nothing.
  %p = attn.attention %few, %shared, %shared scale 0.3
      mask (%b: index, %h: index, %i: index, %j: index) {
        %one = arith.constant 1 : index
        %0 = arith.cmpi ne, %i, %one : index
        attn.yield %0 : i1
      }
    : tensor<1x2x3x32xbf16>, tensor<1x1x520x32xbf16>, tensor<1x1x520x32xbf16> -> tensor<1x2x3x32xbf16>
  return %o, %lse, %p : tensor<2x4x1x32xf16>, tensor<2x4x1xf32>, tensor<1x2x3x32xbf16>
}
