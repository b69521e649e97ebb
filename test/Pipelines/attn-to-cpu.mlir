// RUN: attn-opt %s --attn-to-tiles="tile-query=8 tile-key=16" --attn-bufferize -o %t.mlir
// RUN: FileCheck %s --check-prefix=BUFFERS < %t.mlir
// RUN: attn-opt %t.mlir --attn-to-cpu="vector-bits=256 fma" | FileCheck %s --implicit-check-not=attn.attend
// RUN: not attn-opt %t.mlir --attn-to-llvm 2>&1 | FileCheck %s --check-prefix=LEFT

// Bufferization knows no target: attention is left, on memrefs, and what is allocated is not freed.
// BUFFERS-LABEL: func.func @twice__entry(
// BUFFERS: memref.alloc
// BUFFERS: attn.attend
// BUFFERS-NOT: vector
// BUFFERS-NOT: memref.dealloc

// The CPU's pipeline makes vector code of it, and then frees what the first attention computed.
// CHECK-LABEL: func.func @twice__entry(
// CHECK: %[[FIRST:.*]] = memref.alloc
// CHECK: vector<8xf32>
// CHECK: memref.dealloc %[[FIRST]]

// LEFT: error: expected no attn op here, got 'attn.attend'
func.func @twice(%q: tensor<1x1x20x4xf32>) -> tensor<1x1x20x4xf32> {
  %0 = attn.attention %q, %q, %q scale 0.3 : tensor<1x1x20x4xf32>, tensor<1x1x20x4xf32>, tensor<1x1x20x4xf32> -> tensor<1x1x20x4xf32>
  %1 = attn.attention %0, %0, %q scale 0.7 : tensor<1x1x20x4xf32>, tensor<1x1x20x4xf32>, tensor<1x1x20x4xf32> -> tensor<1x1x20x4xf32>
  return %1 : tensor<1x1x20x4xf32>
}
