// RUN: timeout 20 attn-opt %s -split-input-file -attn-recognize | FileCheck %s

// What is taken apart by cases doubles with each minimum: beyond 32 cases the comparison stays as it is written.
// CHECK-LABEL: @nested_minima
// CHECK-COUNT-24: arith.minsi
// CHECK: arith.cmpi
// CHECK-NOT: arith.ori
// CHECK: return
func.func @nested_minima(%q: tensor<1x1x8x4xf32>) -> tensor<1x1x8x4xf32> {
  %o = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      %one = arith.constant 1 : index
      %y0 = arith.subi %j, %i : index
      %z0 = arith.addi %i, %one : index
      %x0 = arith.minsi %y0, %z0 : index
      %y1 = arith.subi %j, %x0 : index
      %z1 = arith.addi %x0, %one : index
      %x1 = arith.minsi %y1, %z1 : index
      %y2 = arith.subi %j, %x1 : index
      %z2 = arith.addi %x1, %one : index
      %x2 = arith.minsi %y2, %z2 : index
      %y3 = arith.subi %j, %x2 : index
      %z3 = arith.addi %x2, %one : index
      %x3 = arith.minsi %y3, %z3 : index
      %y4 = arith.subi %j, %x3 : index
      %z4 = arith.addi %x3, %one : index
      %x4 = arith.minsi %y4, %z4 : index
      %y5 = arith.subi %j, %x4 : index
      %z5 = arith.addi %x4, %one : index
      %x5 = arith.minsi %y5, %z5 : index
      %y6 = arith.subi %j, %x5 : index
      %z6 = arith.addi %x5, %one : index
      %x6 = arith.minsi %y6, %z6 : index
      %y7 = arith.subi %j, %x6 : index
      %z7 = arith.addi %x6, %one : index
      %x7 = arith.minsi %y7, %z7 : index
      %y8 = arith.subi %j, %x7 : index
      %z8 = arith.addi %x7, %one : index
      %x8 = arith.minsi %y8, %z8 : index
      %y9 = arith.subi %j, %x8 : index
      %z9 = arith.addi %x8, %one : index
      %x9 = arith.minsi %y9, %z9 : index
      %y10 = arith.subi %j, %x9 : index
      %z10 = arith.addi %x9, %one : index
      %x10 = arith.minsi %y10, %z10 : index
      %y11 = arith.subi %j, %x10 : index
      %z11 = arith.addi %x10, %one : index
      %x11 = arith.minsi %y11, %z11 : index
      %y12 = arith.subi %j, %x11 : index
      %z12 = arith.addi %x11, %one : index
      %x12 = arith.minsi %y12, %z12 : index
      %y13 = arith.subi %j, %x12 : index
      %z13 = arith.addi %x12, %one : index
      %x13 = arith.minsi %y13, %z13 : index
      %y14 = arith.subi %j, %x13 : index
      %z14 = arith.addi %x13, %one : index
      %x14 = arith.minsi %y14, %z14 : index
      %y15 = arith.subi %j, %x14 : index
      %z15 = arith.addi %x14, %one : index
      %x15 = arith.minsi %y15, %z15 : index
      %y16 = arith.subi %j, %x15 : index
      %z16 = arith.addi %x15, %one : index
      %x16 = arith.minsi %y16, %z16 : index
      %y17 = arith.subi %j, %x16 : index
      %z17 = arith.addi %x16, %one : index
      %x17 = arith.minsi %y17, %z17 : index
      %y18 = arith.subi %j, %x17 : index
      %z18 = arith.addi %x17, %one : index
      %x18 = arith.minsi %y18, %z18 : index
      %y19 = arith.subi %j, %x18 : index
      %z19 = arith.addi %x18, %one : index
      %x19 = arith.minsi %y19, %z19 : index
      %y20 = arith.subi %j, %x19 : index
      %z20 = arith.addi %x19, %one : index
      %x20 = arith.minsi %y20, %z20 : index
      %y21 = arith.subi %j, %x20 : index
      %z21 = arith.addi %x20, %one : index
      %x21 = arith.minsi %y21, %z21 : index
      %y22 = arith.subi %j, %x21 : index
      %z22 = arith.addi %x21, %one : index
      %x22 = arith.minsi %y22, %z22 : index
      %y23 = arith.subi %j, %x22 : index
      %z23 = arith.addi %x22, %one : index
      %x23 = arith.minsi %y23, %z23 : index
      %m = arith.cmpi sge, %x23, %j : index
      attn.yield %m : i1
    } : tensor<1x1x8x4xf32>, tensor<1x1x8x4xf32>, tensor<1x1x8x4xf32> -> tensor<1x1x8x4xf32>
  return %o : tensor<1x1x8x4xf32>
}

// -----

// Squares double the factors of what is multiplied out: from 16 on they stay products.
// CHECK-LABEL: @squares
// CHECK-COUNT-24: arith.muli
// CHECK: return
func.func @squares(%q: tensor<1x1x8x4xf32>) -> tensor<1x1x8x4xf32> {
  %o = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      %one = arith.constant 1 : index
      %x0 = arith.muli %i, %i : index
      %x1 = arith.muli %x0, %x0 : index
      %x2 = arith.muli %x1, %x1 : index
      %x3 = arith.muli %x2, %x2 : index
      %x4 = arith.muli %x3, %x3 : index
      %x5 = arith.muli %x4, %x4 : index
      %x6 = arith.muli %x5, %x5 : index
      %x7 = arith.muli %x6, %x6 : index
      %x8 = arith.muli %x7, %x7 : index
      %x9 = arith.muli %x8, %x8 : index
      %x10 = arith.muli %x9, %x9 : index
      %x11 = arith.muli %x10, %x10 : index
      %x12 = arith.muli %x11, %x11 : index
      %x13 = arith.muli %x12, %x12 : index
      %x14 = arith.muli %x13, %x13 : index
      %x15 = arith.muli %x14, %x14 : index
      %x16 = arith.muli %x15, %x15 : index
      %x17 = arith.muli %x16, %x16 : index
      %x18 = arith.muli %x17, %x17 : index
      %x19 = arith.muli %x18, %x18 : index
      %x20 = arith.muli %x19, %x19 : index
      %x21 = arith.muli %x20, %x20 : index
      %x22 = arith.muli %x21, %x21 : index
      %x23 = arith.muli %x22, %x22 : index
      %m = arith.cmpi sge, %x23, %j : index
      attn.yield %m : i1
    } : tensor<1x1x8x4xf32>, tensor<1x1x8x4xf32>, tensor<1x1x8x4xf32> -> tensor<1x1x8x4xf32>
  return %o : tensor<1x1x8x4xf32>
}
