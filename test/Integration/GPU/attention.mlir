// Attention in kernels, on an interpreter of their PTX: grouped heads, a scale of its own, lengths off the threads of a block.
// RUN: attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --seed=4 --dim q.2=37 --dim k.2=19 --dim v.2=19 --keep-dynamic --compare=reference | FileCheck %s
// What it takes is checked before any kernel starts.
// RUN: not attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --dim q.2=3 --dim k.2=5 --dim v.2=6 --keep-dynamic 2>&1 | FileCheck %s --check-prefix=SIZES

// CHECK: result0 f32 [2, 4, 37, 8]
// CHECK: result0 2x4x37x8xf32: agree: 2368 elements
// CHECK: result1 2x4x37xf32: agree: 296 elements
// SIZES: expected dimension 2 of value to equal dimension 2 of key (code 3)
func.func @main(%q: tensor<2x4x?x8xf32> {attn.name = "q", attn.dim_names = ["", "", "q.2", ""]},
                %k: tensor<2x2x?x8xf32> {attn.name = "k", attn.dim_names = ["", "", "k.2", ""]},
                %v: tensor<2x2x?x8xf32> {attn.name = "v", attn.dim_names = ["", "", "v.2", ""]})
    -> (tensor<2x4x?x8xf32>, tensor<2x4x?xf32>) {
  %o, %lse = attn.attention %q, %k, %v scale 0.5
      mask (%b: index, %h: index, %i: index, %j: index) {
        %0 = attn.causal %i, %j
        attn.yield %0 : i1
      }
    : tensor<2x4x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32> -> (tensor<2x4x?x8xf32>, lse tensor<2x4x?xf32>)
  return %o, %lse : tensor<2x4x?x8xf32>, tensor<2x4x?xf32>
}
