// RUN: attn-opt %s --attn-expand-narrow-floats | FileCheck %s

// Each op is rounded: the sum before it is multiplied.
// CHECK-LABEL: @arithmetic
func.func @arithmetic(%a: f16, %b: f16) -> f16 {
  // CHECK: %[[SUM:.*]] = arith.addf %{{.*}}, %{{.*}} : f32
  // CHECK: %[[ROUNDED:.*]] = arith.truncf %[[SUM]] : f32 to f16
  // CHECK: %[[AGAIN:.*]] = arith.extf %[[ROUNDED]] : f16 to f32
  // CHECK: arith.mulf %[[AGAIN]]
  %0 = arith.addf %a, %b : f16
  %1 = arith.mulf %0, %b : f16
  return %1 : f16
}

// CHECK-LABEL: @round_to_bf16
// CHECK-NOT: arith.truncf
// CHECK: arith.bitcast %{{.*}} : i16 to bf16
func.func @round_to_bf16(%a: f32) -> bf16 {
  %0 = arith.truncf %a : f32 to bf16
  return %0 : bf16
}

// From f64 there is one rounding: the runtime's.
// CHECK-LABEL: @round_once
// CHECK: arith.truncf %{{.*}} : f64 to bf16
func.func @round_once(%a: f64) -> bf16 {
  %0 = arith.truncf %a : f64 to bf16
  return %0 : bf16
}

// CHECK-LABEL: @from_integers
func.func @from_integers(%a: i32, %b: i8) -> (bf16, f16) {
  // CHECK: %[[A:.*]] = arith.sitofp %{{.*}} : i32 to f64
  // CHECK: arith.truncf %[[A]] : f64 to bf16
  %0 = arith.sitofp %a : i32 to bf16
  // CHECK: %[[B:.*]] = arith.uitofp %{{.*}} : i8 to f32
  // CHECK: arith.truncf %[[B]] : f32 to f16
  %1 = arith.uitofp %b : i8 to f16
  return %0, %1 : bf16, f16
}
