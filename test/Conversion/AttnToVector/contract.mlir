// RUN: attn-opt %s --attn-attach-cpu-target="vector-bits=512 registers=32 fma" --convert-attn-to-vector | FileCheck %s --implicit-check-not=attn.contract

// Products of a kind call one function, whatever their sizes.
// CHECK-LABEL: func.func @many
// CHECK-COUNT-2: call @__attn_contract_f32_f32(
// CHECK: call @__attn_contract_f32_transposed_bf16(
func.func @many(%a: memref<50x8xf32>, %b: memref<8x70xf32>, %c: memref<50x70xf32>, %d: memref<70x30xf32>, %e: memref<50x30xf32>,
    %f: memref<8x50xf32>, %g: memref<8x70xbf16>) {
  attn.contract %a, %b into %c : memref<50x8xf32>, memref<8x70xf32> into memref<50x70xf32>
  attn.contract %c, %d into %e : memref<50x70xf32>, memref<70x30xf32> into memref<50x30xf32>
  attn.contract transposed %f, %g into %c : memref<8x50xf32>, memref<8x70xbf16> into memref<50x70xf32>
  return
}

// Few rows read rhs once, in place; where only a run knows the number, a function that all share decides.
// CHECK-LABEL: func.func @few
// CHECK: call @__attn_contract_f32_f32_small_m4(
// CHECK-NOT: scf.if
// CHECK: call @__attn_contract_f32_f32_transposed_by_rows(
func.func @few(%a: memref<3x8xf32>, %b: memref<8x70xf32>, %c: memref<3x70xf32>, %d: memref<?x8xf32>, %e: memref<?x70xf32>, %f: memref<70x8xf32>) {
  attn.contract %a, %b into %c : memref<3x8xf32>, memref<8x70xf32> into memref<3x70xf32>
  attn.contract %d, transposed %f into %e : memref<?x8xf32>, memref<70x8xf32> into memref<?x70xf32>
  return
}

// Elements far apart are packed one by one; sums far apart are added one by one.
// CHECK-LABEL: func.func @strided
// CHECK: call @__attn_contract_f32_f32_strided(
// CHECK-COUNT-3: scf.for
func.func @strided(%a: memref<3x8xf32>, %b: memref<8x70xf32, strided<[140, 2]>>, %c: memref<3x70xf32>, %d: memref<3x70xf32, strided<[140, 2]>>) {
  attn.contract %a, %b into %c : memref<3x8xf32>, memref<8x70xf32, strided<[140, 2]>> into memref<3x70xf32>
  attn.contract %a, %b into %d : memref<3x8xf32>, memref<8x70xf32, strided<[140, 2]>> into memref<3x70xf32, strided<[140, 2]>>
  return
}

// Panels of the registers' columns are read where they are; narrower ones widened for many rows; others one by one.
// CHECK-LABEL: func.func @packed
// CHECK: call @__attn_contract_f32_f32_packed(
// CHECK: call @__attn_contract_f32_bf16_packed(
// CHECK: call @__attn_contract_f32_bf16_packed_small_m2(
// CHECK-COUNT-3: scf.for
func.func @packed(%a: memref<50x8xf32>, %b: memref<2x8x48xf32>, %c: memref<50x70xf32>, %d: memref<2x8x48xbf16>, %e: memref<2x8xf32>, %f: memref<2x70xf32>,
    %g: memref<3x8x24xf32>) {
  attn.contract %a, %b into %c : memref<50x8xf32>, memref<2x8x48xf32> into memref<50x70xf32>
  attn.contract %a, %d into %c : memref<50x8xf32>, memref<2x8x48xbf16> into memref<50x70xf32>
  attn.contract %e, %d into %f : memref<2x8xf32>, memref<2x8x48xbf16> into memref<2x70xf32>
  attn.contract %e, %g into %f : memref<2x8xf32>, memref<3x8x24xf32> into memref<2x70xf32>
  return
}

// The register tile: 8 rows by 3 vectors; 16 by one, where a last panel has no more.
// CHECK-LABEL: func.func private @__attn_contract_f32_f32(
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<8x256x48xf32>
// CHECK: arith.ceildivui
// CHECK: scf.for {{.*}} step %c16
// CHECK-COUNT-24: math.fma

// CHECK-LABEL: func.func private @__attn_contract_f32_f32_transposed_by_rows(
// CHECK: scf.if
// CHECK: call @__attn_contract_f32_f32_transposed_small_m1(
// CHECK: call @__attn_contract_f32_f32_transposed_small_m8(
// CHECK: call @__attn_contract_f32_f32_transposed(

// CHECK-LABEL: func.func private @__attn_contract_f32_f32_packed(
// CHECK-NOT: memref.alloca
// CHECK-LABEL: func.func private @__attn_contract_f32_bf16_packed(
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<8x256x48xf32>
