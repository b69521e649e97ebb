// The laws of attention states, and of regions that do nothing.
// RUN: attn-opt %s -canonicalize -split-input-file | FileCheck %s

// No keys.
// CHECK-LABEL: func @no_keys(
// CHECK-SAME: %{{[a-z0-9]+}}: tensor<1x2x3x8xf32>, %{{[a-z0-9]+}}: tensor<1x2x8x0xf32>, %{{[a-z0-9]+}}: tensor<1x2x0x4xf32>, %[[A:[a-z0-9]+]]: tensor<1x2x3x4xf32>, %[[M:[a-z0-9]+]]: tensor<1x2x3xf32>, %[[L:[a-z0-9]+]]: tensor<1x2x3xf32>)
// CHECK-NEXT: return %[[A]], %[[M]], %[[L]]
func.func @no_keys(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x8x0xf32>, %v: tensor<1x2x0x4xf32>, %a: tensor<1x2x3x4xf32>,
    %m: tensor<1x2x3xf32>, %l: tensor<1x2x3xf32>) -> (tensor<1x2x3x4xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>) {
  %0, %1, %2 = attn.attend %q, %k, %v into %a, %m, %l layout key [batch, head, feature, sequence]
    : tensor<1x2x3x8xf32>, tensor<1x2x8x0xf32>, tensor<1x2x0x4xf32> -> tensor<1x2x3x4xf32>, tensor<1x2x3xf32>
  return %0, %1, %2 : tensor<1x2x3x4xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>
}

// -----

// A mask that no key passes; an unknown number of keys without one stays.
// CHECK-LABEL: func @masked(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<1x2x3x8xf32>, %[[K:[a-z0-9]+]]: tensor<1x2x?x8xf32>, %[[A:[a-z0-9]+]]: tensor<1x2x3x8xf32>, %[[M:[a-z0-9]+]]: tensor<1x2x3xf32>, %[[L:[a-z0-9]+]]: tensor<1x2x3xf32>)
// CHECK-NEXT: %[[S:.*]]:3 = attn.attend %[[Q]], %[[K]], %[[K]] into %[[A]], %[[M]], %[[L]] :
// CHECK-NEXT: return %[[S]]#0, %[[S]]#1, %[[S]]#2
func.func @masked(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x?x8xf32>, %a: tensor<1x2x3x8xf32>, %m: tensor<1x2x3xf32>,
    %l: tensor<1x2x3xf32>) -> (tensor<1x2x3x8xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>) {
  %0, %1, %2 = attn.attend %q, %k, %k into %a, %m, %l
    mask (%b: index, %h: index, %i: index, %j: index) {
      %never = arith.constant false
      attn.yield %never : i1
    }
    : tensor<1x2x3x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32> -> tensor<1x2x3x8xf32>, tensor<1x2x3xf32>
  %3, %4, %5 = attn.attend %q, %k, %k into %0, %1, %2
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      attn.yield %s : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %always = arith.constant true
      attn.yield %always : i1
    }
    : tensor<1x2x3x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32> -> tensor<1x2x3x8xf32>, tensor<1x2x3xf32>
  return %3, %4, %5 : tensor<1x2x3x8xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>
}

// -----

// D2: an empty state ends as 0 and -inf, in the results' layouts; with a sink it does not.
// CHECK-LABEL: func @finalize_empty(
// CHECK-SAME: %[[N:[a-z0-9]+]]: index, %[[SINK:[a-z0-9]+]]: tensor<2xf32>)
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0.000000e+00 : bf16
// CHECK-DAG: %[[NONE:.*]] = arith.constant 0xFF800000 : f32
// CHECK: %[[O:.*]] = linalg.fill ins(%[[ZERO]] : bf16) outs(%{{.*}} : tensor<1x?x2x4xbf16>)
// CHECK: %[[LSE:.*]] = linalg.fill ins(%[[NONE]] : f32) outs(%{{.*}} : tensor<1x2x?xf32>)
// CHECK: %[[P:.*]] = attn.finalize_state {{.*}} sink %[[SINK]]
// CHECK: return %[[O]], %[[LSE]], %[[P]]
func.func @finalize_empty(%n: index, %sink: tensor<2xf32>)
    -> (tensor<1x?x2x4xbf16>, tensor<1x2x?xf32>, tensor<1x2x?x4xf32>) {
  %a, %m, %l = attn.init_state (%n) : tensor<1x2x?x4xf32>, tensor<1x2x?xf32>
  %o, %lse = attn.finalize_state %a, %m, %l layout output [batch, sequence, head, feature]
    : tensor<1x2x?x4xf32>, tensor<1x2x?xf32> -> (tensor<1x?x2x4xbf16>, lse tensor<1x2x?xf32>)
  %p = attn.finalize_state %a, %m, %l sink %sink
    : tensor<1x2x?x4xf32>, tensor<1x2x?xf32>, sink tensor<2xf32> -> tensor<1x2x?x4xf32>
  return %o, %lse, %p : tensor<1x?x2x4xbf16>, tensor<1x2x?xf32>, tensor<1x2x?x4xf32>
}
