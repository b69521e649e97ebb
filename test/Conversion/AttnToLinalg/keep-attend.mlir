// RUN: attn-opt %s --attn-attach-cpu-target --convert-attn-to-linalg=keep-attend --split-input-file | FileCheck %s

// CPUs have code for attend with head sizes that are known and at most 1024; the states around it are linalg's.
// CHECK-LABEL: func.func @kept(
// CHECK-NOT: attn.init_state
// CHECK: linalg.fill
// CHECK: attn.attend {{.*}} mask (
// CHECK:   arith.cmpi
// CHECK: attn.yield
// CHECK-NOT: attn.finalize_state
// CHECK: linalg.generic
func.func @kept(%q: tensor<1x4x3x1024xf16>, %k: tensor<1x2x?x1024xf16>, %v: tensor<1x2x?x8xf16>) -> tensor<1x4x3x8xf16> {
  %acc, %max, %sum = attn.init_state : tensor<1x4x3x8xf32>, tensor<1x4x3xf32>
  %a, %m, %l = attn.attend %q, %k, %v into %acc, %max, %sum
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      attn.yield %0 : i1
    }
    : tensor<1x4x3x1024xf16>, tensor<1x2x?x1024xf16>, tensor<1x2x?x8xf16> -> tensor<1x4x3x8xf32>, tensor<1x4x3xf32>
  %o = attn.finalize_state %a, %m, %l : tensor<1x4x3x8xf32>, tensor<1x4x3xf32> -> (tensor<1x4x3x8xf16>)
  return %o : tensor<1x4x3x8xf16>
}

// -----

// CHECK-LABEL: func.func @large(
// CHECK-NOT: attn.attend
// CHECK: math.exp
func.func @large(%q: tensor<1x1x3x1025xf32>, %v: tensor<1x1x3x8xf32>, %acc: tensor<1x1x3x8xf32>, %max: tensor<1x1x3xf32>,
    %sum: tensor<1x1x3xf32>) -> tensor<1x1x3x8xf32> {
  %a, %m, %l = attn.attend %q, %q, %v into %acc, %max, %sum
    : tensor<1x1x3x1025xf32>, tensor<1x1x3x1025xf32>, tensor<1x1x3x8xf32> -> tensor<1x1x3x8xf32>, tensor<1x1x3xf32>
  return %a : tensor<1x1x3x8xf32>
}

// -----

// CHECK-LABEL: func.func @large_values(
// CHECK-NOT: attn.attend
// CHECK: math.exp
func.func @large_values(%q: tensor<1x1x3x8xf32>, %v: tensor<1x1x3x1025xf32>, %acc: tensor<1x1x3x1025xf32>,
    %max: tensor<1x1x3xf32>, %sum: tensor<1x1x3xf32>) -> tensor<1x1x3x1025xf32> {
  %a, %m, %l = attn.attend %q, %q, %v into %acc, %max, %sum
    : tensor<1x1x3x8xf32>, tensor<1x1x3x8xf32>, tensor<1x1x3x1025xf32> -> tensor<1x1x3x1025xf32>, tensor<1x1x3xf32>
  return %a : tensor<1x1x3x1025xf32>
}

// -----

// CHECK-LABEL: func.func @unknown(
// CHECK-NOT: attn.attend
// CHECK: math.exp
func.func @unknown(%q: tensor<1x1x3x?xf32>, %v: tensor<1x1x3x8xf32>, %acc: tensor<1x1x3x8xf32>, %max: tensor<1x1x3xf32>,
    %sum: tensor<1x1x3xf32>) -> tensor<1x1x3x8xf32> {
  %a, %m, %l = attn.attend %q, %q, %v into %acc, %max, %sum
    : tensor<1x1x3x?xf32>, tensor<1x1x3x?xf32>, tensor<1x1x3x8xf32> -> tensor<1x1x3x8xf32>, tensor<1x1x3xf32>
  return %a : tensor<1x1x3x8xf32>
}

// -----

// Where no value is an infinity or NaN, the second product is one of matrices; weights are computed where they are returned,
// without a dimension for groups of one head.
// CHECK-LABEL: func.func @weights(
// CHECK-SAME: {{.*}}, %[[V:[^:]*]]: tensor<2x4x?x16xf32>) -> (
// CHECK: math.exp
// CHECK: arith.addf
// CHECK: %[[P:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x4x?x?xf32>) {
// CHECK:   arith.divf
// CHECK: %[[LARGEST:.*]] = linalg.generic {{.*}} ins(%[[V]] :
// CHECK:   math.absf
// CHECK:   arith.maximumf
// CHECK: %[[M:.*]] = tensor.extract %[[LARGEST]][]
// CHECK: %[[FINITE:.*]] = arith.cmpf olt, %[[M]]
// CHECK: scf.if %[[FINITE]]
// CHECK:   linalg.generic {{.*}} ins(%[[P]], %[[V]] :
// CHECK-NOT: arith.select
// CHECK: else
// CHECK:   arith.select
// CHECK: return %{{.*}}, %[[P]] :
func.func @weights(%q: tensor<2x4x?x8xf32>, %k: tensor<2x4x?x8xf32>, %v: tensor<2x4x?x16xf32>)
    -> (tensor<2x4x?x16xf32>, tensor<2x4x?x?xf32>) {
  %o, %p = attn.attention %q, %k, %v : tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32>, tensor<2x4x?x16xf32>
    -> (tensor<2x4x?x16xf32>, weights tensor<2x4x?x?xf32>)
  return %o, %p : tensor<2x4x?x16xf32>, tensor<2x4x?x?xf32>
}
