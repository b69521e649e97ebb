// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=512 registers=32 fma amx" -convert-attn-to-vector -o /dev/null \
// RUN:   --remarks-filter=convert-attn-to-vector --remark-format=emitRemark 2>&1 | FileCheck %s --check-prefixes=CHECK,TILES
// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=512 registers=32 fma" -convert-attn-to-vector -o /dev/null \
// RUN:   --remarks-filter=convert-attn-to-vector --remark-format=emitRemark 2>&1 | FileCheck %s --check-prefixes=CHECK,NONE

// Of the kernels that suit an op, the one that costs least is taken. Each op of attention comes after all of linear attention.

!row = memref<1x1x1x64xbf16>
!q = memref<1x1x48x64xbf16>
!k = memref<1x1x128x64xbf16>
!thin = memref<1x1x128x4xbf16>

// CHECK: Kernel{{.*}}cycles for each key: linear 384.0
func.func @linear(%q: memref<1x1x32x64xf32>, %s: memref<1x1x64x64xf32>) {
  attn.linear_chunk linear %q, %q, %q into %q, %s
    : memref<1x1x32x64xf32>, memref<1x1x32x64xf32>, memref<1x1x32x64xf32> into memref<1x1x32x64xf32>, memref<1x1x64x64xf32>
  return
}

// Chunks of bf16 are for tiles, but for those with decays by feature, and those of few tokens.
// TILES: Kernel{{.*}}cycles for each key: AMX linear {{[0-9.]+}}, linear 384.0
// NONE: Kernel{{.*}}cycles for each key: linear 384.0
func.func @linear_narrow(%q: memref<1x1x32x64xbf16>, %s: memref<1x1x64x64xf32>) {
  attn.linear_chunk linear %q, %q, %q into %q, %s
    : memref<1x1x32x64xbf16>, memref<1x1x32x64xbf16>, memref<1x1x32x64xbf16> into memref<1x1x32x64xbf16>, memref<1x1x64x64xf32>
  return
}
// CHECK: Kernel{{.*}}cycles for each key: linear
func.func @linear_by_feature(%q: memref<1x1x32x64xbf16>, %g: memref<1x1x32x64xbf16>, %s: memref<1x1x64x64xf32>) {
  attn.linear_chunk gated %q, %q, %q decay %g into %q, %s
    : memref<1x1x32x64xbf16>, memref<1x1x32x64xbf16>, memref<1x1x32x64xbf16>, decay memref<1x1x32x64xbf16>
    into memref<1x1x32x64xbf16>, memref<1x1x64x64xf32>
  return
}
// CHECK: Kernel{{.*}}cycles for each key: linear
func.func @linear_few(%q: memref<1x1x15x64xbf16>, %s: memref<1x1x64x64xf32>) {
  attn.linear_chunk linear %q, %q, %q into %q, %s
    : memref<1x1x15x64xbf16>, memref<1x1x15x64xbf16>, memref<1x1x15x64xbf16> into memref<1x1x15x64xbf16>, memref<1x1x64x64xf32>
  return
}

// One row is bound by memory.
// CHECK: Kernel{{.*}}cycles for each key: decode 32.0, {{.*}}prefill
func.func @decode(%q: !row, %k: !k, %a: memref<1x1x1x64xf32>, %m: memref<1x1x1xf32>, %s: memref<1x1x1xf32>) {
  attn.attend %q, %k, %k into %a, %m, %s : !row, !k, !k -> memref<1x1x1x64xf32>, memref<1x1x1xf32>
  return
}

// A few of bf16 are for tiles: widened on vectors, they would take longer than reading.
// TILES: Kernel{{.*}}cycles for each key: AMX decode 32.0, decode
// NONE: Kernel{{.*}}cycles for each key: decode
func.func @group(%q: memref<1x1x6x64xbf16>, %k: !k, %a: memref<1x1x6x64xf32>, %m: memref<1x1x6xf32>, %s: memref<1x1x6xf32>) {
  attn.attend %q, %k, %k into %a, %m, %s : memref<1x1x6x64xbf16>, !k, !k -> memref<1x1x6x64xf32>, memref<1x1x6xf32>
  return
}

// Many rows are for tiles, if there are any.
// TILES: Kernel{{.*}}cycles for each key: AMX {{.*}}, prefill
// NONE: Kernel{{.*}}cycles for each key: prefill
func.func @prefill(%q: !q, %k: !k, %a: memref<1x1x48x64xf32>, %m: memref<1x1x48xf32>, %s: memref<1x1x48xf32>) {
  attn.attend %q, %k, %k into %a, %m, %s : !q, !k, !k -> memref<1x1x48x64xf32>, memref<1x1x48xf32>
  return
}

// Values that are no whole tile are padded.
// TILES: Kernel{{.*}}cycles for each key: AMX {{.*}}, prefill
// NONE: Kernel{{.*}}cycles for each key: prefill
func.func @thin_values(%q: !q, %k: !k, %v: !thin, %a: memref<1x1x48x4xf32>, %m: memref<1x1x48xf32>, %s: memref<1x1x48xf32>) {
  attn.attend %q, %k, %v into %a, %m, %s : !q, !k, !thin -> memref<1x1x48x4xf32>, memref<1x1x48xf32>
  return
}
