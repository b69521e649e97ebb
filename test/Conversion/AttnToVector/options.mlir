// What no CPU has is refused; what a module says is kept, but for what an option says.
// RUN: not attn-opt %s -attn-attach-cpu-target="vector-bits=0" -convert-attn-to-vector 2>&1 | FileCheck %s -DN=0
// RUN: not attn-opt %s -attn-attach-cpu-target="vector-bits=-64" -convert-attn-to-vector 2>&1 | FileCheck %s -DN=-64
// RUN: not attn-opt %s -attn-attach-cpu-target="vector-bits=96" -convert-attn-to-vector 2>&1 | FileCheck %s -DN=96
// CHECK: error: expected vector_bits of 128, 256 or 512, got [[N]]
// RUN: not attn-opt %s -attn-attach-cpu-target="registers=0" 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: expected registers of at least 1, got 0
// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=512 fma" -attn-attach-cpu-target="exp=fast registers=1" \
// RUN:   -attn-attach-cpu-target | FileCheck %s --check-prefix=MERGED
// MERGED: module attributes {attn.target = #attn.cpu<vector_bits = 512, registers = 1, fma = true, exp = fast>}
// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=256 exp=fast" -convert-attn-to-vector | FileCheck %s --check-prefix=FAST
// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=256" -convert-attn-to-vector | FileCheck %s --check-prefix=EXACT
// The polynomials of both; and vectors of eight.
// FAST-NOT: 0.00138368458
// FAST: 0.165668428{{.*}} : vector<8xf32>
// EXACT: 0.00138368458{{.*}} : vector<8xf32>
func.func @tile(%q: memref<1x1x48x4xf32>, %acc: memref<1x1x48x4xf32>, %max: memref<1x1x48xf32>, %sum: memref<1x1x48xf32>) {
  attn.attend %q, %q, %q into %acc, %max, %sum
    : memref<1x1x48x4xf32>, memref<1x1x48x4xf32>, memref<1x1x48x4xf32> -> memref<1x1x48x4xf32>, memref<1x1x48xf32>
  return
}
