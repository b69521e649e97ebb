// Attention as a stream of key tiles: the loops of attn-tile without the state, and regions that know the first key of a tile.
// RUN: attn-opt %s -split-input-file -convert-attn-to-tile | FileCheck %s
// RUN: attn-opt %s -split-input-file -convert-attn-to-tile -remarks-filter=convert-attn-to-tile -remark-format=emitRemark -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=REMARK

// REMARK: tiles of 64 queries by 64 keys for tensor cores, in 2 stages
// CHECK-LABEL: func.func @causal(
// CHECK-SAME: %[[Q:.*]]: tensor<1x8x200x64xbf16>, %[[K:.*]]: tensor<1x2x200x64xbf16>, %[[SINK:.*]]: tensor<8xf32>)
// CHECK-NOT: attn.attend
// CHECK: scf.forall {{.*}} in (1, 8, 4) shared_outs(%[[O:.*]] = %{{.*}}, %[[L:.*]] = %{{.*}})
// CHECK-DAG: %[[OUT:.*]] = tensor.extract_slice %[[O]]
// CHECK-DAG: %[[LSE:.*]] = tensor.extract_slice %[[L]]
// CHECK-DAG: %[[S:.*]] = tensor.extract_slice %[[SINK]]
// CHECK: attn_tile.stream %{{.*}}, %[[K]][%{{.*}}, %{{.*}}], %[[K]] into %[[OUT]], %[[LSE]] sink %[[S]] scale 1.250000e-01 schedule <rows = 64, keys = 64, stages = 2, query = registers> visits {
// CHECK:   scf.for %[[J:.*]] = {{.*}} step %{{.*}} {
// CHECK:     attn_tile.visit %[[J]], %{{[a-z0-9_]+$}}
// CHECK:   scf.for %[[J:.*]] = {{.*}} step %{{.*}} {
// CHECK:     attn_tile.visit %[[J]], %{{.*}} masked
// CHECK: } mask {
// CHECK: ^bb0(%{{.*}}: index, %[[I:.*]]: index, %[[COLUMN:.*]]: index, %[[FIRST:.*]]: index):
// CHECK:   arith.addi %[[COLUMN]], %[[FIRST]] : index
module attributes {attn.target = #attn.gpu} {
  func.func @causal(%q: tensor<1x8x200x64xbf16>, %k: tensor<1x2x200x64xbf16>, %sink: tensor<8xf32>) -> (tensor<1x8x200x64xbf16>, tensor<1x8x200xf32>) {
    %o, %lse = attn.attention %q, %k, %k sink %sink mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      attn.yield %0 : i1
    } : tensor<1x8x200x64xbf16>, tensor<1x2x200x64xbf16>, tensor<1x2x200x64xbf16>, sink tensor<8xf32> -> (tensor<1x8x200x64xbf16>, lse tensor<1x8x200xf32>)
    return %o, %lse : tensor<1x8x200x64xbf16>, tensor<1x8x200xf32>
  }
}

// -----

// A decode step: a group of heads in a tile, whose keys are split; the outputs of the parts are merged at once, by the LSE.
// REMARK: tiles of 16 queries by 32 keys
// CHECK-LABEL: func.func @decode(
// CHECK: attn_tile.stream {{.*}} schedule <rows = 16, keys = 32, stages = 2, query = registers>
// CHECK: tensor<1x4x1x128xf16>
// CHECK-COUNT-2: tensor.parallel_insert_slice
// CHECK-NOT: attn.merge_states
// CHECK: arith.maximumf
// CHECK: linalg.generic
// CHECK: math.exp
// CHECK: linalg.generic
// CHECK: math.exp
// CHECK: attn.finalize_state
module attributes {attn.target = #attn.gpu} {
  func.func @decode(%q: tensor<1x8x1x128xf16>, %k: tensor<1x2x?x128xf16>) -> tensor<1x8x1x128xf16> {
    %o = attn.attention %q, %k, %k : tensor<1x8x1x128xf16>, tensor<1x2x?x128xf16>, tensor<1x2x?x128xf16> -> tensor<1x8x1x128xf16>
    return %o : tensor<1x8x1x128xf16>
  }
}

// -----

// REMARK: expected query, key and value of f16 or of bf16, got f32
// CHECK-LABEL: func.func @single(
// CHECK: attn.attention
module attributes {attn.target = #attn.gpu} {
  func.func @single(%q: tensor<1x2x70x64xf32>) -> tensor<1x2x70x64xf32> {
    %o = attn.attention %q, %q, %q : tensor<1x2x70x64xf32>, tensor<1x2x70x64xf32>, tensor<1x2x70x64xf32> -> tensor<1x2x70x64xf32>
    return %o : tensor<1x2x70x64xf32>
  }
}

// -----

// A CPU has no tensor cores.
// CHECK-LABEL: func.func @cpu(
// CHECK: attn.attention
func.func @cpu(%q: tensor<1x2x70x64xbf16>) -> tensor<1x2x70x64xbf16> {
  %o = attn.attention %q, %q, %q : tensor<1x2x70x64xbf16>, tensor<1x2x70x64xbf16>, tensor<1x2x70x64xbf16> -> tensor<1x2x70x64xbf16>
  return %o : tensor<1x2x70x64xbf16>
}
