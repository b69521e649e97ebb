// Widths that no CPU has are refused; no register is too few.
// RUN: not attn-opt %s -convert-attn-to-vector="vector-bits=0" 2>&1 | FileCheck %s -DN=0
// RUN: not attn-opt %s -convert-attn-to-vector="vector-bits=-64" 2>&1 | FileCheck %s -DN=-64
// RUN: not attn-opt %s -convert-attn-to-vector="vector-bits=96" 2>&1 | FileCheck %s -DN=96
// CHECK: error: expected vector-bits of 128, 256 or 512, got [[N]]
// RUN: attn-opt %s -convert-attn-to-vector="vector-bits=512 registers=0 fast-exp" | FileCheck %s --check-prefix=LOW
// LOW: vector<16xf32>
func.func @tile(%q: memref<1x1x48x4xf32>, %acc: memref<1x1x48x4xf32>, %max: memref<1x1x48xf32>, %sum: memref<1x1x48xf32>) {
  attn.attend_in_place %q, %q, %q into %acc, %max, %sum
    : memref<1x1x48x4xf32>, memref<1x1x48x4xf32>, memref<1x1x48x4xf32> -> memref<1x1x48x4xf32>, memref<1x1x48xf32>
  return
}
