// RUN: attn-opt %s --convert-attn-to-linalg --split-input-file | FileCheck %s

// CHECK-LABEL: func.func @causal(
// CHECK-SAME: %[[I:.*]]: index, %[[J:.*]]: index, %[[N:.*]]: index
// CHECK: %[[P:.*]] = arith.addi %[[I]], %[[N]]
// CHECK: %[[R:.*]] = arith.cmpi sle, %[[J]], %[[P]]
// CHECK: return %[[R]]
func.func @causal(%i: index, %j: index, %past: index) -> i1 {
  %0 = attn.causal %i, %j offset %past
  return %0 : i1
}

// -----

// Bounds are compared with distances: i - left and i + right could overflow.
// CHECK-LABEL: func.func @window(
// CHECK-SAME: %[[I:.*]]: index, %[[J:.*]]: index
// CHECK-DAG: %[[MAX:.*]] = arith.constant 9223372036854775807 : index
// CHECK-DAG: %[[C3:.*]] = arith.constant 3 : index
// CHECK-DAG: %[[BEHIND:.*]] = arith.subi %[[I]], %[[J]]
// CHECK-DAG: arith.cmpi sle, %[[BEHIND]], %[[C3]]
// CHECK-DAG: %[[AHEAD:.*]] = arith.subi %[[J]], %[[I]]
// CHECK-DAG: arith.cmpi sle, %[[AHEAD]], %[[MAX]]
// CHECK: arith.andi
func.func @window(%i: index, %j: index) -> i1 {
  %0 = attn.window %i, %j left 3 right 9223372036854775807
  return %0 : i1
}

// -----

// CHECK-LABEL: func.func @one_sided_window(
// CHECK: %[[R:.*]] = arith.cmpi
// CHECK-NEXT: return %[[R]]
func.func @one_sided_window(%i: index, %j: index) -> i1 {
  %0 = attn.window %i, %j right 0
  return %0 : i1
}

// -----

// CHECK-LABEL: func.func @prefix(
// CHECK-SAME: %[[J:.*]]: index, %[[N:.*]]: index
// CHECK: arith.cmpi slt, %[[J]], %[[N]]
func.func @prefix(%j: index, %n: index) -> i1 {
  %0 = attn.prefix %j length %n
  return %0 : i1
}

// -----

// Outside of attention nothing is known about positions: they are checked where
// they are read (D21): a failed check leaves the function.
// CHECK-LABEL: func.func @block_sparse(
// CHECK-SAME: %[[T:.*]]: tensor<2x?x4x4xi1>, %[[B:.*]]: index, %[[H:.*]]: index, %[[I:.*]]: index, %[[J:.*]]: index
// CHECK-DAG: %[[C2:.*]] = arith.constant 2 : index
// CHECK-DAG: %[[C64:.*]] = arith.constant 64 : index
// CHECK: %[[OK0:.*]] = arith.cmpi ult, %[[B]], %[[C2]]
// CHECK: cf.assert %[[OK0]], "expected index 0 into table to be from 0 to below dimension 0"
// CHECK: %[[IB:.*]] = arith.floordivsi %[[I]], %[[C64]]
// CHECK: cf.assert {{.*}}, "expected index 3 into table to be from 0 to below dimension 3"
// CHECK: tensor.extract %[[T]][%[[B]], %[[H]], %[[IB]], %{{.*}}]
func.func @block_sparse(%t: tensor<2x?x4x4xi1>, %b: index, %h: index, %i: index, %j: index) -> i1 {
  %0 = attn.block_sparse %t at %b, %h, %i, %j blocks 64, 32 : tensor<2x?x4x4xi1>
  return %0 : i1
}

// -----

// CHECK-LABEL: func.func @softcap(
// CHECK-SAME: %[[S:.*]]: f64
// CHECK: %[[CAP:.*]] = arith.constant 5.000000e+01 : f64
// CHECK: %[[X:.*]] = arith.divf %[[S]], %[[CAP]]
// CHECK: %[[T:.*]] = math.tanh %[[X]]
// CHECK: arith.mulf %[[T]], %[[CAP]]
func.func @softcap(%s: f64) -> f64 {
  %0 = attn.softcap %s, 50.0 : f64
  return %0 : f64
}

// -----

// CHECK-LABEL: func.func @alibi(
// CHECK-SAME: %[[S:.*]]: f32, %[[SLOPES:.*]]: tensor<8xf16>, %[[I:.*]]: index, %[[J:.*]]: index
// CHECK: %[[C3:.*]] = arith.constant 3 : index
// CHECK: %[[D:.*]] = arith.subi %[[J]], %[[I]]
// CHECK: %[[SLOPE:.*]] = tensor.extract %[[SLOPES]][%[[C3]]]
// CHECK: arith.extf %[[SLOPE]] : f16 to f32
func.func @alibi(%s: f32, %slopes: tensor<8xf16>, %i: index, %j: index) -> f32 {
  %h = arith.constant 3 : index
  %0 = attn.alibi %s, %slopes at %h, %i, %j : f32, tensor<8xf16>
  return %0 : f32
}

// -----

// The thresholds of T5's own buckets: log(16/8) / log(128/8) * 8 is exactly 2,
// and distance 16 belongs to bucket 10.
// CHECK-LABEL: func.func @relative(
// CHECK: arith.constant dense<[12, 16, 23, 32, 46, 64, 91]> : tensor<7xi64>
// CHECK: scf.for
func.func @relative(%s: f32, %t: tensor<32x8xf32>, %h: index, %i: index, %j: index) -> f32 {
  %0 = attn.relative_position_bias %s, %t at %h, %i, %j max_distance 128 bidirectional
    : f32, tensor<32x8xf32>
  return %0 : f32
}

// -----

// No threshold between the exact buckets and the last.
// CHECK-LABEL: func.func @few_buckets(
// CHECK-NOT: scf.for
// CHECK: return
func.func @few_buckets(%s: f32, %t: tensor<2x8xf32>, %i: index, %j: index) -> f32 {
  %h = arith.constant 0 : index
  %0 = attn.relative_position_bias %s, %t at %h, %i, %j max_distance 4 : f32, tensor<2x8xf32>
  return %0 : f32
}
