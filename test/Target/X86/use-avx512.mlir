// RUN: attn-opt %s --attn-attach-cpu-target=features=avx512dq,avx512bf16 --attn-use-avx512 | FileCheck %s
// RUN: attn-opt %s --attn-use-avx512 | FileCheck %s --check-prefix=NARROW

// CHECK-LABEL: @power
// CHECK: %[[F:.*]] = llvm.call_intrinsic "llvm.x86.avx512.mask.reduce.ps.512"(%arg0,
// CHECK-COUNT-4: math.fma
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.mask.scalef.ps.512"({{.*}}, %arg0,
// CHECK-COUNT-3: math.fma
// CHECK-NOT: math.fma
// CHECK: llvm.x86.avx512.mask.scalef.ps.512
// CHECK-COUNT-5: math.fma
// CHECK-NOT: math.fma
// CHECK: return
func.func @power(%x: vector<16xf32>) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>) {
  %0 = attn.x86.exp2 %x degree 4 : vector<16xf32>
  %1 = attn.x86.exp2 %x degree 3 : vector<16xf32>
  %2 = attn.x86.exp2 %x degree 5 : vector<16xf32>
  return %0, %1, %2 : vector<16xf32>, vector<16xf32>, vector<16xf32>
}

// To the nearest integer by additions, which leave the port of multiply-adds to tiles.
// CHECK-LABEL: @finite
// CHECK-SAME: (%[[X:.*]]: vector<16xf32>)
// CHECK-DAG: %[[LARGE:.*]] = arith.constant dense<0x4B400000> : vector<16xf32>
// CHECK-NOT: mask.reduce
// CHECK: %[[SUM:.*]] = arith.addf %[[X]], %[[LARGE]]
// CHECK: %[[N:.*]] = arith.subf %[[SUM]], %[[LARGE]]
// CHECK: %[[F:.*]] = arith.subf %[[X]], %[[N]]
// CHECK: math.fma %{{.*}}, %[[F]],
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.mask.scalef.ps.512"({{.*}}, %[[N]],
func.func @finite(%x: vector<16xf32>) -> vector<16xf32> {
  %0 = attn.x86.exp2 %x degree 3 finite : vector<16xf32>
  return %0 : vector<16xf32>
}

// One vector alone, where subnormal numbers may be lost.
// CHECK-LABEL: @round_one
// CHECK: llvm.call_intrinsic "llvm.x86.avx512bf16.cvtneps2bf16.512"(%arg0)
// CHECK: arith.truncf %arg0 : vector<16xf32> to vector<16xbf16>
// NARROW-LABEL: @round_one
// NARROW-COUNT-2: arith.truncf
func.func @round_one(%x: vector<16xf32>) -> (vector<16xbf16>, vector<16xbf16>) {
  %0 = arith.truncf %x fastmath<afn> : vector<16xf32> to vector<16xbf16>
  %1 = arith.truncf %x : vector<16xf32> to vector<16xbf16>
  return %0, %1 : vector<16xbf16>, vector<16xbf16>
}

// Powers that nobody allows to be inexact are for others, whatever their flags.
// CHECK-LABEL: @exact
// CHECK-COUNT-2: math.exp2
func.func @exact(%x: vector<16xf32>) -> (vector<16xf32>, vector<16xf32>) {
  %0 = math.exp2 %x : vector<16xf32>
  %1 = math.exp2 %x fastmath<afn> : vector<16xf32>
  return %0, %1 : vector<16xf32>, vector<16xf32>
}

// The instruction's second operand becomes the lower half.
// CHECK-LABEL: @round
// CHECK-SAME: (%[[EVEN:.*]]: vector<16xf32>, %[[ODD:.*]]: vector<16xf32>)
// CHECK: %[[HALVES:.*]] = llvm.call_intrinsic "llvm.x86.avx512bf16.cvtne2ps2bf16.512"(%[[ODD]], %[[EVEN]])
// CHECK: vector.shuffle %[[HALVES]], %[[HALVES]] [0, 16, 1, 17,
// NARROW-LABEL: @round
// NARROW: vector.interleave
func.func @round(%even: vector<16xf32>, %odd: vector<16xf32>) -> vector<32xbf16> {
  %0 = arith.truncf %even : vector<16xf32> to vector<16xbf16>
  %1 = arith.truncf %odd : vector<16xf32> to vector<16xbf16>
  %2 = vector.interleave %0, %1 : vector<16xbf16> -> vector<32xbf16>
  return %2 : vector<32xbf16>
}
