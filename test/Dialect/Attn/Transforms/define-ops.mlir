// RUN: attn-opt %s -split-input-file -verify-diagnostics -attn-define-ops -canonicalize -cse | FileCheck %s

// One divisor for all pairs is looked at once, before the attention.
// CHECK-LABEL: @same_divisor
// CHECK-SAME: (%{{[a-z0-9]*}}: tensor<1x1x64x8xf32>, %[[SIZE:[a-z0-9]*]]: index)
// CHECK: %[[SOME:.*]] = arith.cmpi ne, %[[SIZE]], %c0
// CHECK: %[[DIVISOR:.*]] = arith.select %[[SOME]], %[[SIZE]], %c1
// CHECK: cf.assert %[[SOME]], "arith.divui: expected a divisor other than 0, got 0"
// CHECK: attn.attention
// CHECK: arith.divui %{{.*}}, %[[DIVISOR]]
// CHECK-NOT: cf.assert
func.func @same_divisor(%q: tensor<1x1x64x8xf32>, %size: index) -> tensor<1x1x64x8xf32> {
  %o = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      %x = arith.divui %j, %size : index
      %0 = arith.cmpi ule, %x, %i : index
      attn.yield %0 : i1
    }
    : tensor<1x1x64x8xf32>, tensor<1x1x64x8xf32>, tensor<1x1x64x8xf32> -> tensor<1x1x64x8xf32>
  return %o : tensor<1x1x64x8xf32>
}

// -----

// One for each key is looked at in a loop over keys, where there are pairs.
// CHECK-LABEL: @divisor_of_keys
// CHECK-SAME: (%[[Q:[a-z0-9]*]]: tensor<1x1x?x8xf32>, %[[K:[a-z0-9]*]]: tensor<1x1x64x8xf32>, %[[T:[a-z0-9]*]]: tensor<64xindex>)
// CHECK: %[[N:.*]] = tensor.dim %[[Q]], %c2
// CHECK: %[[ANY:.*]] = arith.cmpi ne, %[[N]], %c0
// CHECK: scf.if %[[ANY]]
// CHECK-NEXT: scf.for %[[J:.*]] = %c0 to %c64 step %c1 {
// CHECK: %[[D:.*]] = tensor.extract %[[T]][%[[J]]]
// CHECK: %[[SOME:.*]] = arith.cmpi ne, %{{.*}}, %c0
// CHECK-NEXT: cf.assert %[[SOME]], "arith.remui: expected a divisor other than 0, got 0"
// CHECK: attn.attention
// CHECK-NOT: cf.assert
func.func @divisor_of_keys(%q: tensor<1x1x?x8xf32>, %k: tensor<1x1x64x8xf32>, %t: tensor<64xindex>) -> tensor<1x1x?x8xf32> {
  %o = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %d = tensor.extract %t[%j] : tensor<64xindex>
      %x = arith.remui %i, %d : index
      %0 = arith.cmpi eq, %x, %b : index
      attn.yield %0 : i1
    }
    : tensor<1x1x?x8xf32>, tensor<1x1x64x8xf32>, tensor<1x1x64x8xf32> -> tensor<1x1x?x8xf32>
  return %o : tensor<1x1x?x8xf32>
}

// -----

// One made of the score is looked at where it is.
// CHECK-LABEL: @divisor_of_scores
// CHECK: attn.attention
// CHECK: cf.assert %{{.*}}, "arith.divsi: expected a divisor other than 0, got 0"
func.func @divisor_of_scores(%q: tensor<1x1x64x8xf32>) -> tensor<1x1x64x8xf32> {
  %c7 = arith.constant 7 : i32
  %o = attn.attention %q, %q, %q
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %d = arith.fptosi %s : f32 to i32
      %x = arith.divsi %c7, %d : i32
      %0 = arith.sitofp %x : i32 to f32
      attn.yield %0 : f32
    }
    : tensor<1x1x64x8xf32>, tensor<1x1x64x8xf32>, tensor<1x1x64x8xf32> -> tensor<1x1x64x8xf32>
  return %o : tensor<1x1x64x8xf32>
}

// -----

// What is proved stays as it is: constants, positions plus one, sizes, and shifts by what was cut off. A position goes past the
// end of the tensor where tiles do, so 64 - %j is not proved.
// CHECK-LABEL: @proved
// CHECK: cf.assert %{{.*}}, "arith.remsi: expected a divisor other than 0, got 0"
// CHECK-NOT: cf.assert
// CHECK: arith.divsi %{{.*}}, %c7 : index
// CHECK: %[[NEXT:.*]] = arith.addi %[[I:.*]], %c1 : index
// CHECK: arith.remui %{{.*}}, %[[NEXT]] : index
func.func @proved(%q: tensor<1x1x64x8xf32>) -> tensor<1x1x64x8xf32> {
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %c64 = arith.constant 64 : index
  %o = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      %x = arith.divsi %j, %c7 : index
      %next = arith.addi %i, %c1 : index
      %y = arith.remui %x, %next : index
      %left = arith.subi %c64, %j : index
      %z = arith.remsi %y, %left : index
      %0 = arith.cmpi ult, %z, %i : index
      attn.yield %0 : i1
    }
    : tensor<1x1x64x8xf32>, tensor<1x1x64x8xf32>, tensor<1x1x64x8xf32> -> tensor<1x1x64x8xf32>
  return %o : tensor<1x1x64x8xf32>
}

// -----

// CHECK-LABEL: @shifts
// CHECK-SAME: %[[X:.*]]: i32, %[[N:.*]]: i32
// CHECK: %[[LAST:.*]] = arith.minui %[[N]], %c31_i32
// CHECK: %[[INSIDE:.*]] = arith.cmpi ule, %[[N]], %c31_i32
// CHECK: %[[LEFT:.*]] = arith.shli %[[X]], %[[LAST]]
// CHECK: arith.select %[[INSIDE]], %[[LEFT]], %c0_i32
// CHECK: arith.shrsi %[[X]], %[[LAST]]
// CHECK: arith.shrui %[[X]], %c3_i32
// CHECK-NOT: overflow
func.func @shifts(%x: i32, %n: i32) -> (i32, i32, i32, i32) {
  %c3 = arith.constant 3 : i32
  %0 = arith.shli %x, %n : i32
  %1 = arith.shrsi %x, %n : i32
  %2 = arith.shrui %x, %c3 : i32
  %3 = arith.addi %x, %n overflow<nsw> : i32
  return %0, %1, %2, %3 : i32, i32, i32, i32
}

// -----

// CHECK-LABEL: @graph
// CHECK: cf.assert %{{.*}}, "tensor.dim: expected a dimension from 0 to below 1"
// CHECK: cf.assert %{{.*}}, "tensor.empty: expected dimension 0 to be at least 0"
// CHECK: linalg.generic
// CHECK: cf.assert %{{.*}}, "arith.divsi: expected a divisor other than 0, got 0"
func.func @graph(%x: tensor<?xi32>, %n: index) -> (index, tensor<?xf32>, tensor<?xi32>) {
  %0 = tensor.dim %x, %n : tensor<?xi32>
  %1 = tensor.empty(%n) : tensor<?xf32>
  %2 = arith.divsi %x, %x : tensor<?xi32>
  return %0, %1, %2 : index, tensor<?xf32>, tensor<?xi32>
}

// -----

func.func @no_such_dimension(%x: tensor<?xi32>) -> index {
  %c9 = arith.constant 9 : index
  // expected-error @+1 {{'tensor.dim' op expected a dimension from 0 to below 1 of 'tensor<?xi32>', got 9}}
  %0 = tensor.dim %x, %c9 : tensor<?xi32>
  return %0 : index
}

// -----

// A constant without elements has no range.
// CHECK-LABEL: @no_elements
// CHECK: arith.constant dense<> : tensor<0xi64>
func.func @no_elements() -> tensor<0xi64> {
  %0 = arith.constant dense<> : tensor<0xi64>
  return %0 : tensor<0xi64>
}
