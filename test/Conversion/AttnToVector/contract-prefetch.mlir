// RUN: attn-opt %s --attn-attach-cpu-target="vector-bits=256 registers=16 fma" --convert-attn-to-vector | FileCheck %s --check-prefix=HALVES
// RUN: attn-opt %s --attn-attach-cpu-target="vector-bits=512 registers=32 fma" --convert-attn-to-vector | FileCheck %s --check-prefix=LINES

// A row by panels of f32 asks for what comes 16 KiB later where a vector is a line. Vectors of half a line leave that to the
// processor, which goes through four panels at a time, and through one by four rows; but for several rows by weights of
// fewer bits.
// HALVES-LABEL: func.func private @__attn_contract_f32_f32_packed_small_m1(
// HALVES-NOT: memref.prefetch
// HALVES: scf.for {{.*}} step %c96
// HALVES: scf.for {{.*}} step %c24
// HALVES-LABEL: func.func private @__attn_multiply_panel(
// HALVES: scf.for {{.*}} step %c1
// HALVES-COUNT-12: vector.load {{.*}} memref<?x?x24xf32
// HALVES: scf.yield
// HALVES-LABEL: func.func private @__attn_contract_f32_bf16_packed_small_m1(
// HALVES-NOT: memref.prefetch
// HALVES-LABEL: func.func private @__attn_contract_f32_f32_packed_small_m4(
// HALVES-NOT: memref.prefetch
// HALVES: scf.for {{.*}} step %c4
// HALVES-COUNT-48: math.fma
// HALVES-NEXT: scf.yield
// HALVES-LABEL: func.func private @__attn_contract_f32_bf16_packed_small_m4(
// HALVES-COUNT-12: memref.prefetch {{.*}}24xbf16
// LINES-LABEL: func.func private @__attn_contract_f32_f32_packed_small_m1(
// LINES-COUNT-12: memref.prefetch {{.*}}48xf32

// Rows that are packed in the order of memory are asked for four rows early, for all panels of a block: four of 512 steps, and
// eight of 256 of vectors twice as long.
// HALVES-LABEL: func.func private @__attn_contract_f32_f32(
// HALVES: memref.prefetch
// HALVES: vector.store {{.*}} : memref<4x512x24xf32>

// LINES-LABEL: func.func private @__attn_contract_f32_f32(
// LINES: vector.store {{.*}} : memref<8x256x48xf32>

// One row of such weights fetches nothing, two do.
// HALVES-LABEL: func.func private @__attn_contract_f32_f32_small_m1(
// HALVES-NOT: memref.prefetch
// HALVES-LABEL: func.func private @__attn_contract_f32_f32_small_m2(
// HALVES-COUNT-8: memref.prefetch

func.func @one_row(%a: memref<1x8xf32>, %halves: memref<3x8x24xf32>, %narrow: memref<3x8x24xbf16>, %lines: memref<2x8x48xf32>, %c: memref<1x70xf32>,
    %four: memref<4x8xf32>, %d: memref<4x70xf32>, %ten: memref<10x8xf32>, %rows: memref<8x70xf32>, %e: memref<10x70xf32>, %two: memref<2x8xf32>, %f: memref<2x70xf32>) {
  attn.contract %a, %halves into %c : memref<1x8xf32>, memref<3x8x24xf32> into memref<1x70xf32>
  attn.contract %a, %narrow into %c : memref<1x8xf32>, memref<3x8x24xbf16> into memref<1x70xf32>
  attn.contract %a, %lines into %c : memref<1x8xf32>, memref<2x8x48xf32> into memref<1x70xf32>
  attn.contract %four, %halves into %d : memref<4x8xf32>, memref<3x8x24xf32> into memref<4x70xf32>
  attn.contract %four, %narrow into %d : memref<4x8xf32>, memref<3x8x24xbf16> into memref<4x70xf32>
  attn.contract %ten, %rows into %e : memref<10x8xf32>, memref<8x70xf32> into memref<10x70xf32>
  attn.contract %a, %rows into %c : memref<1x8xf32>, memref<8x70xf32> into memref<1x70xf32>
  attn.contract %two, %rows into %f : memref<2x8xf32>, memref<8x70xf32> into memref<2x70xf32>
  return
}
