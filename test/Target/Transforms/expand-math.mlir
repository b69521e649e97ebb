// RUN: attn-opt %s --attn-attach-cpu-target=fma --attn-expand-math | FileCheck %s
// RUN: attn-opt %s --attn-expand-math | FileCheck %s --check-prefix=PLAIN
// RUN: attn-opt %s --attn-attach-gpu-target --attn-expand-math=complete | FileCheck %s --check-prefix=ALL

// CHECK-LABEL: func.func @functions
// CHECK-NOT: math.{{exp|tanh|erf|log}}
// CHECK: math.fma {{.*}} : vector<8xf32>
// CHECK-NOT: math.{{exp|tanh|erf|log}}
// CHECK: return
// PLAIN-LABEL: func.func @functions
// PLAIN-NOT: math.fma
// PLAIN: return
func.func @functions(%x: vector<8xf32>, %y: f32, %z: f64) -> (vector<8xf32>, f32, f64) {
  %0 = math.erf %x : vector<8xf32>
  %1 = math.log1p %0 : vector<8xf32>
  %2 = math.expm1 %1 : vector<8xf32>
  %3 = math.exp2 %2 : vector<8xf32>
  %4 = math.log2 %3 : vector<8xf32>
  %5 = math.log10 %4 : vector<8xf32>
  %6 = math.tanh %y : f32
  %7 = math.log %6 : f32
  %8 = math.exp %z : f64
  return %5, %7, %8 : vector<8xf32>, f32, f64
}

// Of huge arguments one by one, where there are any.
// CHECK-LABEL: func.func @waves
// CHECK: %[[ANY:.*]] = vector.reduction <or>
// CHECK: scf.if %[[ANY]]
// CHECK: math.sin {{.*}}attn.exact{{.*}} : f32
// CHECK-NOT: math.sin
// CHECK: scf.if
// CHECK: math.cos {{.*}}attn.exact{{.*}} : f32
func.func @waves(%x: vector<8xf32>, %y: f32) -> (vector<8xf32>, f32) {
  %0 = math.sin %x : vector<8xf32>
  %1 = math.cos %y : f32
  return %0, %1 : vector<8xf32>, f32
}

// CHECK-LABEL: func.func @powers
// CHECK: arith.mulf %arg0, %arg0 : vector<4xf32>
// CHECK: math.sqrt
// CHECK: arith.select
// CHECK: arith.divf
// CHECK: math.powf %arg1
func.func @powers(%x: vector<4xf32>, %y: f64) -> (vector<4xf32>, f64, f64) {
  %two = arith.constant dense<2.0> : vector<4xf32>
  %half = arith.constant -0.5 : f64
  %odd = arith.constant 2.5 : f64
  %0 = math.powf %x, %two : vector<4xf32>
  %1 = math.powf %y, %half : f64
  %2 = math.powf %y, %odd : f64
  return %0, %1, %2 : vector<4xf32>, f64, f64
}

// What is not in f32 stays a call, and powers of one number to another.
// CHECK-LABEL: func.func @left
// CHECK: math.erf
// CHECK: math.sin
// CHECK: math.powf
// CHECK: math.atan
func.func @left(%x: f64, %y: f32) -> (f64, f64, f32, f32) {
  %0 = math.erf %x : f64
  %1 = math.sin %x : f64
  %2 = math.powf %y, %y : f32
  %3 = math.atan %y : f32
  return %0, %1, %2, %3 : f64, f64, f32, f32
}

// Where there is no library, f32 is computed in f64; of 2/pi there are enough digits for every argument.
// ALL-LABEL: memref.global "private" constant @attn_two_over_pi
// ALL-LABEL: func.func @others
// ALL-NOT: math.{{tan|pow}}
// ALL: memref.get_global @attn_two_over_pi
// ALL: arith.mului_extended
// ALL-NOT: math.{{tan|pow}}
// ALL: arith.truncf {{.*}} : f64 to f32
// ALL: return
// CHECK-LABEL: func.func @others
// CHECK: math.tan
// CHECK: math.powf
func.func @others(%x: f64, %y: f32) -> (f64, f32) {
  %0 = math.tan %x : f64
  %1 = math.powf %y, %y : f32
  return %0, %1 : f64, f32
}
