// RUN: attn-opt %s --attn-attach-cpu-target="vector-bits=256 registers=16 fma" --convert-attn-to-vector | FileCheck %s --check-prefix=HALVES
// RUN: attn-opt %s --attn-attach-cpu-target="vector-bits=512 registers=32 fma" --convert-attn-to-vector | FileCheck %s --check-prefix=LINES

// A row by panels of f32 asks for what comes 16 KiB later where a vector is a line. Vectors of half a line leave that to the
// processor, but for weights of fewer bits.
// HALVES-LABEL: func.func private @__attn_contract_f32_f32_packed_small_m1(
// HALVES-NOT: memref.prefetch
// HALVES-LABEL: func.func private @__attn_contract_f32_bf16_packed_small_m1(
// HALVES-COUNT-12: memref.prefetch {{.*}}24xbf16
// LINES-LABEL: func.func private @__attn_contract_f32_f32_packed_small_m1(
// LINES-COUNT-12: memref.prefetch {{.*}}48xf32
func.func @one_row(%a: memref<1x8xf32>, %halves: memref<3x8x24xf32>, %narrow: memref<3x8x24xbf16>, %lines: memref<2x8x48xf32>, %c: memref<1x70xf32>) {
  attn.contract %a, %halves into %c : memref<1x8xf32>, memref<3x8x24xf32> into memref<1x70xf32>
  attn.contract %a, %narrow into %c : memref<1x8xf32>, memref<3x8x24xbf16> into memref<1x70xf32>
  attn.contract %a, %lines into %c : memref<1x8xf32>, memref<2x8x48xf32> into memref<1x70xf32>
  return
}
