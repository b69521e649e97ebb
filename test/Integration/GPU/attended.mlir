// D3 on the plain path: how little an attended pair weighs does not hide its value. A weight, and a state's factor, of exp(-400) are
// 0 in f32: NaN shows, and an infinity is one. What nothing attends to leaves no trace.
// RUN: attn-run %s --target=cuda --device=ptx-interpreter | FileCheck %s
// RUN: attn-run %s --target=cuda --device=ptx-interpreter --plain | FileCheck %s
// RUN: attn-run %s --plain | FileCheck %s

// CHECK: result0
// CHECK-COUNT-2: [nan, inf, -inf, 1]
// CHECK: result1
// CHECK-COUNT-2: [nan, inf, -inf, 1]
// CHECK: result2
// CHECK-COUNT-2: [nan, inf, -inf, 1]
// CHECK: result3
// CHECK-COUNT-2: [nan, inf, -inf, {{0|1.4013e-45}}]
// CHECK: result4
// CHECK-COUNT-2: [1, 1, 1, 1]
func.func @main() -> (tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>) {
  %q = arith.constant dense<200.0> : tensor<1x1x2x1xf32>
  %k = arith.constant dense<[[[[-1.0], [1.0]]]]> : tensor<1x1x2x1xf32>
  %v = arith.constant dense<[[[[0x7FC00000, 0x7F800000, 0xFF800000, 2.0], [1.0, 1.0, 1.0, 1.0]]]]> : tensor<1x1x2x4xf32>
  %whole = attn.attention %q, %k, %v scale 1.0
    : tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x4xf32> -> tensor<1x1x2x4xf32>

  %low = tensor.extract_slice %k[0, 0, 0, 0] [1, 1, 1, 1] [1, 1, 1, 1] : tensor<1x1x2x1xf32> to tensor<1x1x1x1xf32>
  %high = tensor.extract_slice %k[0, 0, 1, 0] [1, 1, 1, 1] [1, 1, 1, 1] : tensor<1x1x2x1xf32> to tensor<1x1x1x1xf32>
  %odd = tensor.extract_slice %v[0, 0, 0, 0] [1, 1, 1, 4] [1, 1, 1, 1] : tensor<1x1x2x4xf32> to tensor<1x1x1x4xf32>
  %even = tensor.extract_slice %v[0, 0, 1, 0] [1, 1, 1, 4] [1, 1, 1, 1] : tensor<1x1x2x4xf32> to tensor<1x1x1x4xf32>
  %acc, %max, %sum = attn.init_state : tensor<1x1x2x4xf32>, tensor<1x1x2xf32>
  %a1, %m1, %l1 = attn.attend %q, %low, %odd into %acc, %max, %sum scale 1.0
    : tensor<1x1x2x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x4xf32> -> tensor<1x1x2x4xf32>, tensor<1x1x2xf32>
  %a2, %m2, %l2 = attn.attend %q, %high, %even into %a1, %m1, %l1 scale 1.0
    : tensor<1x1x2x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x4xf32> -> tensor<1x1x2x4xf32>, tensor<1x1x2xf32>
  %after = attn.finalize_state %a2, %m2, %l2 : tensor<1x1x2x4xf32>, tensor<1x1x2xf32> -> tensor<1x1x2x4xf32>

  %a3, %m3, %l3 = attn.attend %q, %high, %even into %acc, %max, %sum scale 1.0
    : tensor<1x1x2x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x4xf32> -> tensor<1x1x2x4xf32>, tensor<1x1x2xf32>
  %a4, %m4, %l4 = attn.merge_states (%a1, %m1, %l1), (%a3, %m3, %l3) : tensor<1x1x2x4xf32>, tensor<1x1x2xf32>
  %merged = attn.finalize_state %a4, %m4, %l4 : tensor<1x1x2x4xf32>, tensor<1x1x2xf32> -> tensor<1x1x2x4xf32>

  %sink = arith.constant dense<1.0e3> : tensor<1xf32>
  %sunk = attn.finalize_state %a4, %m4, %l4 sink %sink
    : tensor<1x1x2x4xf32>, tensor<1x1x2xf32>, sink tensor<1xf32> -> tensor<1x1x2x4xf32>

  %hidden = attn.attention %q, %k, %v scale 1.0
    mask (%b: index, %h: index, %i: index, %j: index) {
      %one = arith.constant 1 : index
      %0 = arith.cmpi eq, %j, %one : index
      attn.yield %0 : i1
    }
    : tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x4xf32> -> tensor<1x1x2x4xf32>
  return %whole, %after, %merged, %sunk, %hidden : tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>
}
