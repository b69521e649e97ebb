// RUN: attn-opt %s --attn-lower-precise-math | FileCheck %s

// CHECK-LABEL: @functions
func.func @functions(%x: f32, %y: f64) -> (f32, f64, f32) {
  // CHECK: call @log1pf
  %0 = math.log1p %x : f32
  // CHECK: call @expm1
  %1 = math.expm1 %y : f64
  // LLVM has an intrinsic for this one.
  // CHECK: math.exp
  %2 = math.exp %x : f32
  return %0, %1, %2 : f32, f64, f32
}
