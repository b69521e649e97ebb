// RUN: attn-opt %s --attn-attach-cpu-target="vector-bits=512 registers=32 fma amx" --convert-attn-to-vector | FileCheck %s --implicit-check-not=attn.contract
// RUN: attn-opt %s --attn-attach-cpu-target="vector-bits=512 registers=32 fma" --convert-attn-to-vector | FileCheck %s --check-prefix=VECTORS --implicit-check-not=attn.contract --implicit-check-not=amx.

// Where the system grants tiles, products of bf16 run on them; lhs is rounded where that is allowed, not else.
// CHECK-LABEL: func.func @pairs
// CHECK: %[[TILES:.*]] = call @attn_rt_has_tiles
// CHECK: scf.if %[[TILES]]
// CHECK: call @__attn_contract_f32_bf16_packed_in_pairs_on_tiles(
// CHECK: else
// CHECK: call @__attn_contract_f32_bf16_packed_in_pairs(
// CHECK: call @__attn_contract_f32_bf16_packed_in_pairs(
// VECTORS-LABEL: func.func @pairs
// VECTORS-COUNT-2: call @__attn_contract_f32_bf16_packed_in_pairs(
func.func @pairs(%a: memref<3x70xf32>, %b: memref<2x48x32x2xbf16>, %c: memref<3x60xf32>) {
  attn.contract %a, %b into %c {round_lhs} : memref<3x70xf32>, memref<2x48x32x2xbf16> into memref<3x60xf32>
  attn.contract %a, %b into %c : memref<3x70xf32>, memref<2x48x32x2xbf16> into memref<3x60xf32>
  return
}

// What is not packed must be, in each run: many rows pay for that.
// CHECK-LABEL: func.func @rows
// CHECK: call @__attn_contract_bf16_bf16_on_tiles(
// CHECK: call @__attn_contract_bf16_bf16_transposed_on_tiles(
// CHECK: call @__attn_contract_bf16_bf16_small_m8(
func.func @rows(%a: memref<50x8xbf16>, %b: memref<8x70xbf16>, %c: memref<50x70xf32>, %d: memref<70x8xbf16>, %e: memref<8x8xbf16>, %f: memref<8x70xf32>) {
  attn.contract %a, %b into %c : memref<50x8xbf16>, memref<8x70xbf16> into memref<50x70xf32>
  attn.contract %a, transposed %d into %c : memref<50x8xbf16>, memref<70x8xbf16> into memref<50x70xf32>
  attn.contract %e, %b into %f : memref<8x8xbf16>, memref<8x70xbf16> into memref<8x70xf32>
  return
}

// Pairs that are not those of two tiles are read one by one.
// CHECK-LABEL: func.func @others
// CHECK-COUNT-3: scf.for
func.func @others(%a: memref<3x7xbf16>, %b: memref<4x4x15x2xbf16>, %c: memref<3x60xf32>) {
  attn.contract %a, %b into %c : memref<3x7xbf16>, memref<4x4x15x2xbf16> into memref<3x60xf32>
  return
}

// Neither f16, which bf16 does not round, nor pairs of which nobody knows whether they fill tiles are for tiles.
// CHECK-LABEL: func.func @vectors
// CHECK-NOT: on_tiles
// CHECK: call @__attn_contract_f16_bf16_packed_in_pairs(
// CHECK-NOT: on_tiles
// CHECK: call @__attn_contract_bf16_bf16_packed_in_pairs(
// CHECK-NOT: on_tiles
// CHECK: return
func.func @vectors(%a: memref<3x70xf16>, %b: memref<2x48x32x2xbf16>, %c: memref<3x60xf32>, %d: memref<3x70xbf16>, %e: memref<2x?x32x2xbf16>) {
  attn.contract %a, %b into %c {round_lhs} : memref<3x70xf16>, memref<2x48x32x2xbf16> into memref<3x60xf32>
  attn.contract %d, %e into %c : memref<3x70xbf16>, memref<2x?x32x2xbf16> into memref<3x60xf32>
  return
}

// Two by two tiles of sums, 16 tiles of the sum in a row.
// CHECK-LABEL: func.func private @__attn_contract_f32_bf16_packed_in_pairs_on_tiles(
// CHECK: memref.collapse_shape %{{.*}} {{\[\[}}0], [1], [2, 3]] : memref<?x?x32x2xbf16, {{.*}}> into memref<?x?x64xbf16, {{.*}}>
// CHECK-COUNT-4: amx.tile_load {{.*}} into !amx.tile<16x16xf32>
// CHECK-COUNT-64: amx.tile_mulf
// CHECK-COUNT-4: amx.tile_store

// A pair of steps is two vectors of a panel of f32.
// VECTORS-LABEL: func.func private @__attn_contract_f32_bf16_packed_in_pairs(
// VECTORS: memref.alloca() {alignment = 64 : i64} : memref<8x256x32xf32>
// VECTORS: vector.deinterleave %{{.*}} : vector<32xbf16> -> vector<16xbf16>
