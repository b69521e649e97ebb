// Positions in 32 bits: where static sizes prove that all values fit.
// RUN: attn-opt %s -split-input-file -attn-tile="tile-query=8 tile-key=8" -canonicalize | FileCheck %s

// A distance that is compared, divided, chosen, and made a number of. The read's index stays as it is.
// CHECK-LABEL: @fits
// CHECK: attn.attend
// CHECK: %[[I:.*]] = arith.addi %{{.*}} : index
// CHECK: %[[J:.*]] = arith.addi %{{.*}} : index
// CHECK-DAG: %[[X:.*]] = arith.index_cast %[[I]] : index to i32
// CHECK-DAG: %[[Y:.*]] = arith.index_cast %[[J]] : index to i32
// CHECK: %[[FAR:.*]] = arith.subi %[[X]], %[[Y]] : i32
// CHECK: arith.sitofp %[[FAR]] : i32 to f32
// CHECK: %[[REST:.*]] = arith.remsi %[[FAR]], %{{.*}} : i32
// CHECK: arith.cmpi eq, %[[REST]], %{{.*}} : i32
// CHECK: %[[LARGER:.*]] = arith.select %{{.*}}, %[[X]], %{{.*}} : i32
// CHECK: arith.trunci %[[LARGER]] : i32 to i8
// CHECK: tensor.extract %{{.*}}[%[[J]]]
func.func @fits(%q: tensor<1x2x40x4xf32>, %k: tensor<1x2x50x4xf32>, %bias: tensor<50xf32>) -> tensor<1x2x40x4xf32> {
  %o = attn.attention %q, %k, %k
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %c3 = arith.constant 3 : index
      %c0 = arith.constant 0 : index
      %0 = arith.subi %i, %j : index
      %1 = arith.index_cast %0 : index to i64
      %2 = arith.sitofp %1 : i64 to f32
      %3 = arith.remsi %0, %c3 : index
      %4 = arith.cmpi eq, %3, %c0 : index
      %5 = arith.select %4, %i, %j : index
      %6 = arith.index_cast %5 : index to i8
      %7 = arith.sitofp %6 : i8 to f32
      %8 = tensor.extract %bias[%j] : tensor<50xf32>
      %9 = arith.addf %s, %2 : f32
      %10 = arith.addf %9, %7 : f32
      %11 = arith.addf %10, %8 : f32
      attn.yield %11 : f32
    }
    : tensor<1x2x40x4xf32>, tensor<1x2x50x4xf32>, tensor<1x2x50x4xf32> -> (tensor<1x2x40x4xf32>)
  return %o : tensor<1x2x40x4xf32>
}

// -----

// A product that does not; a remainder of what is negative, without a sign; a number of 64 bits that data gives; the same in 32.
// CHECK-LABEL: @stays
// CHECK: attn.attend {{.*}} mask
// CHECK: arith.cmpi slt, %{{.*}} : index
// CHECK: arith.remui %{{.*}} : index
// CHECK: arith.cmpi eq, %{{.*}} : index
// CHECK: arith.cmpi eq, %{{.*}} : i64
// CHECK: arith.extsi %{{.*}} : i1 to i64
// CHECK: arith.cmpi eq, %{{.*}} : i64
func.func @stays(%q: tensor<1x2x40x4xf32>, %k: tensor<1x2x50x4xf32>, %ids: tensor<50xi64>) -> tensor<1x2x40x4xf32> {
  %o = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %large = arith.constant 12345678901 : index
      %c7 = arith.constant 7 : index
      %c3 = arith.constant 3 : i64
      %minus = arith.constant -1 : i64
      %0 = arith.muli %i, %c7 : index
      %1 = arith.muli %0, %large : index
      %2 = arith.cmpi slt, %j, %1 : index
      %3 = arith.subi %i, %j : index
      %4 = arith.remui %3, %c7 : index
      %5 = arith.cmpi eq, %4, %c7 : index
      %6 = tensor.extract %ids[%j] : tensor<50xi64>
      %7 = arith.cmpi eq, %6, %c3 : i64
      %8 = arith.extsi %2 : i1 to i64
      %9 = arith.select %5, %8, %6 : i64
      %10 = arith.cmpi eq, %9, %minus : i64
      %11 = arith.ori %7, %10 : i1
      attn.yield %11 : i1
    }
    : tensor<1x2x40x4xf32>, tensor<1x2x50x4xf32>, tensor<1x2x50x4xf32> -> (tensor<1x2x40x4xf32>)
  return %o : tensor<1x2x40x4xf32>
}

// -----

// Of sizes that are not known nothing is.
// CHECK-LABEL: @dynamic
// CHECK: attn.attend {{.*}} mask
// CHECK: arith.remsi %{{.*}} : index
// CHECK: arith.cmpi eq, %{{.*}} : index
func.func @dynamic(%q: tensor<1x2x?x4xf32>, %k: tensor<1x2x?x4xf32>) -> tensor<1x2x?x4xf32> {
  %o = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %c3 = arith.constant 3 : index
      %c0 = arith.constant 0 : index
      %0 = arith.subi %i, %j : index
      %1 = arith.remsi %0, %c3 : index
      %2 = arith.cmpi eq, %1, %c0 : index
      attn.yield %2 : i1
    }
    : tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32> -> (tensor<1x2x?x4xf32>)
  return %o : tensor<1x2x?x4xf32>
}
