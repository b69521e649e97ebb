// The size of every result is known without computing it.
// RUN: attn-opt %s -resolve-ranked-shaped-type-result-dims -canonicalize | FileCheck %s

// CHECK-LABEL: func @attention
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<?x?x4x8xf32>, %[[K:[a-z0-9]+]]: tensor<?x2x?x8xf32>
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG: %[[C2:.*]] = arith.constant 2 : index
// CHECK-DAG: %[[B:.*]] = tensor.dim %[[Q]], %[[C0]]
// CHECK-DAG: %[[S:.*]] = tensor.dim %[[Q]], %[[C1]]
// CHECK-DAG: %[[KEYS:.*]] = tensor.dim %[[K]], %[[C2]]
// CHECK: return %[[B]], %[[S]], %[[KEYS]]
func.func @attention(%q: tensor<?x?x4x8xf32>, %k: tensor<?x2x?x8xf32>) -> (index, index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %o, %w = attn.attention %q, %k, %k layout query [batch, sequence, head, feature] output [batch, sequence, head, feature]
    : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32> -> (tensor<?x?x4x8xf32>, weights tensor<?x4x?x?xf32>)
  %b = tensor.dim %o, %c0 : tensor<?x?x4x8xf32>
  %s = tensor.dim %o, %c1 : tensor<?x?x4x8xf32>
  %keys = tensor.dim %w, %c3 : tensor<?x4x?x?xf32>
  return %b, %s, %keys : index, index, index
}

// CHECK-LABEL: func @linear_attention
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<?x4x?x8xf32>, %{{.*}}: tensor<?x2x?x8xf32>, %[[V:[a-z0-9]+]]: tensor<?x2x?x?xf32>
// CHECK-DAG: %[[S:.*]] = tensor.dim %[[Q]], %{{c2.*}}
// CHECK-DAG: %[[D:.*]] = tensor.dim %[[V]], %{{c3.*}}
// CHECK: return %[[S]], %[[D]]
func.func @linear_attention(%q: tensor<?x4x?x8xf32>, %k: tensor<?x2x?x8xf32>, %v: tensor<?x2x?x?xf32>) -> (index, index) {
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %o, %n = attn.linear_attention linear %q, %k, %v : tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x?xf32> -> (tensor<?x4x?x?xf32>, state tensor<?x2x8x?xf32>)
  %s = tensor.dim %o, %c2 : tensor<?x4x?x?xf32>
  %d = tensor.dim %n, %c3 : tensor<?x2x8x?xf32>
  return %s, %d : index, index
}

// CHECK-LABEL: func @states
// CHECK-SAME: %[[N:[a-z0-9]+]]: index
// CHECK: return %[[N]], %[[N]]
func.func @states(%n: index) -> (index, index) {
  %c2 = arith.constant 2 : index
  %a, %m, %l = attn.init_state (%n) : tensor<1x2x?x4xf32>, tensor<1x2x?xf32>
  %a1, %m1, %l1 = attn.merge_states (%a, %m, %l), (%a, %m, %l) : tensor<1x2x?x4xf32>, tensor<1x2x?xf32>
  %o, %lse = attn.finalize_state %a1, %m1, %l1 : tensor<1x2x?x4xf32>, tensor<1x2x?xf32> -> (tensor<1x2x?x4xf16>, lse tensor<1x2x?xf32>)
  %0 = tensor.dim %o, %c2 : tensor<1x2x?x4xf16>
  %1 = tensor.dim %lse, %c2 : tensor<1x2x?xf32>
  return %0, %1 : index, index
}

// CHECK-LABEL: func @encodings
// CHECK-SAME: %[[P:[a-z0-9]+]]: tensor<?xi64>
// CHECK: %[[N:.*]] = tensor.dim %[[P]]
// CHECK: return %[[N]]
func.func @encodings(%p: tensor<?xi64>) -> index {
  %c0 = arith.constant 0 : index
  %0 = attn.sinusoidal_encoding %p : tensor<?xi64> -> tensor<?x8xf32>
  %1 = tensor.dim %0, %c0 : tensor<?x8xf32>
  return %1 : index
}
