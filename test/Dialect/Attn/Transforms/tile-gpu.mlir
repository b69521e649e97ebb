// For a GPU: tiles of as many queries and keys as were asked for, whose loops are for blocks of threads, and whose states are ops.
// RUN: attn-opt %s -split-input-file -attn-tile="tile-query=128 tile-key=128" | FileCheck %s
// RUN: attn-opt %s -split-input-file -attn-tile -attn-chunk-linear-attention | FileCheck %s --check-prefix=CHOSEN

// Two tiles are not shared equally, as they are for vectors; and what the mask leaves out is left out.
// CHECK-LABEL: func.func @causal(
// CHECK: scf.forall (%{{.*}}, %{{.*}}, %{{.*}}) in (1, 8, 2)
// CHECK:   attn.init_state
// CHECK:   scf.for {{.*}} step %c128
// CHECK:     attn.attend {{.*}} tensor<1x1x?x64xbf16>
// CHECK:   scf.for {{.*}} step %c128
// CHECK:     attn.attend {{.*}} mask
// CHECK:   attn.finalize_state
// CHECK:   tensor.parallel_insert_slice {{.*}}[1, 1, %{{.*}}, 64]
// CHECK: } {mapping = [#gpu.block<z>, #gpu.block<y>, #gpu.block<x>]}
// CHOSEN-LABEL: func.func @causal(
// CHOSEN: scf.forall ({{.*}}) in (1, 8, 2)
// CHOSEN: scf.for {{.*}} step %c128
module attributes {attn.target = #attn.gpu} {
  func.func @causal(%q: tensor<1x8x200x64xbf16>, %k: tensor<1x2x200x64xbf16>) -> tensor<1x8x200x64xbf16> {
    %o = attn.attention %q, %k, %k mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      attn.yield %0 : i1
    } : tensor<1x8x200x64xbf16>, tensor<1x2x200x64xbf16>, tensor<1x2x200x64xbf16> -> tensor<1x8x200x64xbf16>
    return %o : tensor<1x8x200x64xbf16>
  }
}

// -----

// Few queries have no tiles of their own, and a window's are not smaller.
// CHECK-LABEL: func.func @window(
// CHECK-NOT: scf.if
// CHECK: scf.forall
// CHECK: affine.min #{{.*}}(%{{.*}})
// CHECK: return
// CHOSEN: affine_map<()[s0] -> (s0 ceildiv 96)>
// CHOSEN-LABEL: func.func @window(
// CHOSEN: scf.for {{.*}} step %c32
module attributes {attn.target = #attn.gpu<tile_query = 96, tile_key = 32>} {
  func.func @window(%q: tensor<1x2x?x64xf32>) -> tensor<1x2x?x64xf32> {
    %o = attn.attention %q, %q, %q mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.window %i, %j left 100 right 0
      attn.yield %0 : i1
    } : tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32> -> tensor<1x2x?x64xf32>
    return %o : tensor<1x2x?x64xf32>
  }
}

// -----

// A decode step: the heads of a group in a tile, split-KV, whose four loops are one grid.
// CHECK-LABEL: func.func @decode(
// CHECK: scf.forall
// CHECK:   attn.attend {{.*}} -> tensor<1x4x1x64xf32>
// CHECK: } {mapping = [#gpu.block<linear_dim_3>, #gpu.block<linear_dim_2>, #gpu.block<linear_dim_1>, #gpu.block<linear_dim_0>]}
// CHECK: attn.merge_states
// CHECK: attn.finalize_state
module attributes {attn.target = #attn.gpu} {
  func.func @decode(%q: tensor<1x8x1x64xbf16>, %k: tensor<1x2x?x64xbf16>) -> tensor<1x8x1x64xbf16> {
    %o = attn.attention %q, %k, %k
      : tensor<1x8x1x64xbf16>, tensor<1x2x?x64xbf16>, tensor<1x2x?x64xbf16> -> tensor<1x8x1x64xbf16>
    return %o : tensor<1x8x1x64xbf16>
  }
}

// -----

// CHOSEN-LABEL: func.func @linear(
// CHOSEN: attn.linear_chunk
// CHOSEN: } {mapping = [#gpu.block<y>, #gpu.block<x>]}
module attributes {attn.target = #attn.gpu} {
  func.func @linear(%q: tensor<1x2x70x8xf32>) -> tensor<1x2x70x8xf32> {
    %o = attn.linear_attention linear %q, %q, %q
      : tensor<1x2x70x8xf32>, tensor<1x2x70x8xf32>, tensor<1x2x70x8xf32> -> tensor<1x2x70x8xf32>
    return %o : tensor<1x2x70x8xf32>
  }
}
