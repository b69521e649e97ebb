// RUN: attn-opt %s --split-input-file --attn-use-static-caches --canonicalize | FileCheck %s

// The cache is read through what was written; its size elsewhere is the new input.
// CHECK-LABEL: func.func @slices
// CHECK-SAME: %[[NEW:.*]]: tensor<2x?x8xf32>, %[[CACHE:.*]]: tensor<2x?x8xf32> {attn.dim_names = ["", "past_capacity", ""], attn.name = "keys"},
// CHECK-SAME: %[[PAST:.*]]: tensor<i64> {attn.name = "past"}
// CHECK-SAME: -> (tensor<2x?x8xf32>, tensor<2x?x8xf32> {attn.dim_names = ["", "past_capacity", ""], attn.shares = 1 : i64}, index)
// CHECK: %[[P:.*]] = arith.index_cast
// CHECK: %[[ROOM:.*]] = arith.subi
// CHECK: arith.cmpi sge, %[[P]],
// CHECK: arith.cmpi sle, %[[P]], %[[ROOM]]
// CHECK: cf.assert %{{.*}}, "expected 'past' to be at least 0 and to leave room for what is added to 'keys'"
// CHECK: %[[ALL:.*]] = tensor.insert_slice %[[NEW]] into %[[CACHE]][0, %[[P]], 0]
// CHECK: %[[SUM:.*]] = arith.addi %[[P]],
// CHECK: %[[PART:.*]] = tensor.extract_slice %[[ALL]][0, 0, 0] [2, %[[SUM]], 8]
// CHECK: %[[TWICE:.*]] = arith.addf %[[PART]], %[[PART]]
// CHECK: return %[[TWICE]], %[[ALL]], %[[P]]
func.func @slices(%new: tensor<2x?x8xf32>, %past: tensor<2x?x8xf32> {attn.name = "keys", attn.dim_names = ["", "past", ""]})
    -> (tensor<2x?x8xf32>, tensor<2x?x8xf32>, index) {
  %c1 = arith.constant 1 : index
  %p = tensor.dim %past, %c1 : tensor<2x?x8xf32>
  %n = tensor.dim %new, %c1 : tensor<2x?x8xf32>
  %s = arith.addi %p, %n : index
  %e = tensor.empty(%s) : tensor<2x?x8xf32>
  %0 = tensor.insert_slice %past into %e[0, 0, 0] [2, %p, 8] [1, 1, 1] : tensor<2x?x8xf32> into tensor<2x?x8xf32>
  %1 = tensor.insert_slice %new into %0[0, %p, 0] [2, %n, 8] [1, 1, 1] : tensor<2x?x8xf32> into tensor<2x?x8xf32>
  %2 = arith.addf %1, %1 : tensor<2x?x8xf32>
  return %2, %1, %p : tensor<2x?x8xf32>, tensor<2x?x8xf32>, index
}

// -----

// Two caches whose lengths have one name have one length; where an input has this name already, it is called otherwise. What is
// added is computed, so the check comes before that computation.
// CHECK-LABEL: func.func @two
// CHECK-SAME: attn.name = "past"}, %{{.*}}: tensor<?x8xf32> {attn.dim_names = ["past_capacity", ""]}, %{{.*}}: tensor<?x8xf32> {attn.dim_names = ["past_capacity", ""]}, %{{.*}}: tensor<i64> {attn.name = "past_length"})
// CHECK-NOT: arith.negf
// CHECK: cf.assert
// CHECK-NOT: arith.negf
// CHECK: cf.assert
// CHECK: arith.negf
func.func @two(%new: tensor<3x8xf32> {attn.name = "past"}, %k: tensor<?x8xf32> {attn.dim_names = ["past", ""]},
               %v: tensor<?x8xf32> {attn.dim_names = ["past", ""]}) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %n = arith.negf %new : tensor<3x8xf32>
  %0 = tensor.concat dim(0) %k, %n : (tensor<?x8xf32>, tensor<3x8xf32>) -> tensor<?x8xf32>
  %1 = tensor.concat dim(0) %v, %n : (tensor<?x8xf32>, tensor<3x8xf32>) -> tensor<?x8xf32>
  return %0, %1 : tensor<?x8xf32>, tensor<?x8xf32>
}

// -----

// A cache whose elements are read elsewhere, or whose length another input has as well, stays as it is.
// CHECK-LABEL: func.func @mixed
// CHECK-SAME: attn.dim_names = ["read", ""]
// CHECK-SAME: attn.dim_names = ["mask", ""]
// CHECK-SAME: attn.dim_names = ["past_capacity", ""]
// CHECK-COUNT-2: tensor.concat
// CHECK-NOT: tensor.concat
func.func @mixed(%new: tensor<3x8xf32>, %a: tensor<?x8xf32> {attn.dim_names = ["read", ""]},
                 %b: tensor<?x8xf32> {attn.dim_names = ["mask", ""]}, %c: tensor<?x8xf32> {attn.dim_names = ["past", ""]},
                 %m: tensor<?xi1> {attn.dim_names = ["mask"]})
    -> (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?xi1>) {
  %n = arith.negf %a : tensor<?x8xf32>
  %0 = tensor.concat dim(0) %a, %new : (tensor<?x8xf32>, tensor<3x8xf32>) -> tensor<?x8xf32>
  %1 = tensor.concat dim(0) %b, %new : (tensor<?x8xf32>, tensor<3x8xf32>) -> tensor<?x8xf32>
  %2 = tensor.concat dim(0) %c, %new : (tensor<?x8xf32>, tensor<3x8xf32>) -> tensor<?x8xf32>
  return %0, %1, %2, %n, %m : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?xi1>
}
