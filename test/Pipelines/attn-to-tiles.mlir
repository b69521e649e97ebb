// RUN: attn-opt %s -split-input-file --attn-to-tiles="vector-bits=256 tile-key=32" | FileCheck %s --implicit-check-not="{{[^#]}}attn.{{[acfilmprsw]}}"
// RUN: attn-opt %s -split-input-file --attn-to-tiles="vector-bits=256 tile-key=32" | attn-opt -split-input-file --attn-bufferize --attn-to-cpu --attn-to-llvm | FileCheck %s --check-prefix=LLVM

// As LLVM's code: attention in tiles calls kernels in a parallel loop, what is decomposed calls none.
// LLVM: llvm.func internal @tiled__entry(
// LLVM: omp.wsloop
// LLVM: llvm.call @__attn_add_block
// LLVM: omp.terminator
// LLVM: llvm.func @tiled(
// LLVM: llvm.func internal @decomposed__entry(
// LLVM-NOT: llvm.call @__attn_
// LLVM: llvm.func @decomposed(
// LLVM: llvm.func @encoding(

// Tiles as large as the vectors make them, in parallel; attend is what is left of attn.
// CHECK-LABEL: func.func @tiled(
// CHECK: scf.forall {{.*}} in ({{.*}}3)
// CHECK: scf.for {{.*}} step %c32
// CHECK: attn.attend {{.*}} tensor<1x{{.*}}x?x16xf32>
// CHECK-NOT: linalg.generic {{.*}}reduction
// CHECK: arith.divf
// CHECK: tensor.parallel_insert_slice
func.func @tiled(%q: tensor<1x2x144x16xf32>, %k: tensor<1x2x100x16xf32>) -> tensor<1x2x144x16xf32> {
  %o = attn.attention %q, %k, %k scale 0.3
    : tensor<1x2x144x16xf32>, tensor<1x2x100x16xf32>, tensor<1x2x100x16xf32> -> tensor<1x2x144x16xf32>
  return %o : tensor<1x2x144x16xf32>
}

// -----

// What attn-tile declines is decomposed: scores as a whole tensor.
// CHECK-LABEL: func.func @decomposed(
// CHECK-NOT: scf.forall
// CHECK: tensor.empty() : tensor<1x2x144x100xf32>
// CHECK-NOT: attn.attend
// CHECK: return
func.func @decomposed(%q: tensor<1x2x144x16xf32>, %k: tensor<1x2x100x16xf32>) -> tensor<1x2x144x16xf32> {
  %o = attn.attention %q, %k, %k
    prob (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = arith.mulf %s, %s : f32
      attn.yield %0 : f32
    }
    : tensor<1x2x144x16xf32>, tensor<1x2x100x16xf32>, tensor<1x2x100x16xf32> -> tensor<1x2x144x16xf32>
  return %o : tensor<1x2x144x16xf32>
}

// -----

// Everything else of attn becomes linalg.
// CHECK-LABEL: func.func @encoding(
// CHECK: linalg.generic
// CHECK: return
func.func @encoding(%x: tensor<1x2x5x8xf32>, %p: tensor<1x5xi64>) -> tensor<1x2x5x8xf32> {
  %r = attn.rotary_embedding %x positions %p base 10000.0 : tensor<1x2x5x8xf32>, positions tensor<1x5xi64>
  return %r : tensor<1x2x5x8xf32>
}
