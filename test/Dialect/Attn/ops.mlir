// Every op prints as it is written, and reads back from text and bytecode.
// RUN: attn-opt %s --verify-roundtrip | FileCheck %s

// CHECK-LABEL: func @attention_plain
// CHECK: attn.attention %{{.*}}, %{{.*}}, %{{.*}} : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x4xf32> -> tensor<1x2x3x4xf32>
func.func @attention_plain(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x5x8xf32>, %v: tensor<1x2x5x4xf32>) -> tensor<1x2x3x4xf32> {
  %o = attn.attention %q, %k, %v : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x4xf32> -> tensor<1x2x3x4xf32>
  return %o : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func @attention_everything
// CHECK: sink %{{.*}} scale 3.000000e-01
// CHECK-SAME: layout query [batch, sequence, head, feature] output [batch, sequence, head, feature] lse [batch, sequence, head] scores [batch, query, head, key]
// CHECK-SAME: score (%[[S:.*]]: f32, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index) {
// CHECK:        attn.yield %{{.*}}, %[[S]] : f32, f32
// CHECK:      } mask (%{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index) {
// CHECK:      } prob (%{{.*}}: f32, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index) {
// CHECK:      } : tensor<?x3x4x8xbf16>, tensor<?x2x?x8xbf16>, tensor<?x2x?x4xbf16>, sink tensor<4xf32>
// CHECK-SAME: -> (tensor<?x3x4x4xbf16>, lse tensor<?x3x4xf32>, intermediate tensor<?x3x4x?xf32>)
func.func @attention_everything(%q: tensor<?x3x4x8xbf16>, %k: tensor<?x2x?x8xbf16>, %v: tensor<?x2x?x4xbf16>, %sink: tensor<4xf32>, %past: index)
    -> (tensor<?x3x4x4xbf16>, tensor<?x3x4xf32>, tensor<?x3x4x?xf32>) {
  %o, %lse, %scores = attn.attention %q, %k, %v sink %sink scale 0.3
    layout query [batch, sequence, head, feature] output [batch, sequence, head, feature]
           lse [batch, sequence, head] scores [batch, query, head, key]
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = attn.softcap %s, 50.0 : f32
      attn.yield %0, %s : f32, f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j offset %past
      attn.yield %0 : i1
    }
    prob (%p: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = arith.mulf %p, %p : f32
      attn.yield %0 : f32
    }
    : tensor<?x3x4x8xbf16>, tensor<?x2x?x8xbf16>, tensor<?x2x?x4xbf16>, sink tensor<4xf32>
    -> (tensor<?x3x4x4xbf16>, lse tensor<?x3x4xf32>, intermediate tensor<?x3x4x?xf32>)
  return %o, %lse, %scores : tensor<?x3x4x4xbf16>, tensor<?x3x4xf32>, tensor<?x3x4x?xf32>
}

// CHECK-LABEL: func @predicates
func.func @predicates(%b: index, %h: index, %i: index, %j: index, %o: index, %seg: tensor<?x?xi32>, %table: tensor<?x?x?x?xi1>) -> i1 {
  // CHECK: attn.causal %{{.*}}, %{{.*}}{{$}}
  %0 = attn.causal %i, %j
  // CHECK: attn.causal %{{.*}}, %{{.*}} offset %
  %1 = attn.causal %i, %j offset %o
  // CHECK: attn.window %{{.*}}, %{{.*}} offset %{{.*}} left 4095{{$}}
  %2 = attn.window %i, %j offset %o left 4095
  // CHECK: attn.window %{{.*}}, %{{.*}} left 3 right 2
  %3 = attn.window %i, %j left 3 right 2
  // CHECK: attn.prefix %{{.*}} length %
  %4 = attn.prefix %j length %o
  // CHECK: attn.same_segment %{{.*}}, %{{.*}} at %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x?xi32>, tensor<?x?xi32>
  %5 = attn.same_segment %seg, %seg at %b, %i, %j : tensor<?x?xi32>, tensor<?x?xi32>
  // CHECK: attn.block_sparse %{{.*}} at %{{.*}} blocks 64, 32 : tensor<?x?x?x?xi1>
  %6 = attn.block_sparse %table at %b, %h, %i, %j blocks 64, 32 : tensor<?x?x?x?xi1>
  %7 = arith.ori %0, %1 : i1
  %8 = arith.ori %2, %3 : i1
  %9 = arith.ori %4, %5 : i1
  %10 = arith.ori %7, %8 : i1
  %11 = arith.ori %9, %10 : i1
  %12 = arith.ori %6, %11 : i1
  return %12 : i1
}

// CHECK-LABEL: func @modifiers
func.func @modifiers(%s: f32, %h: index, %i: index, %j: index, %slopes: tensor<8xf32>, %table: tensor<32x8xf32>) -> f32 {
  // CHECK: attn.softcap %{{.*}}, 3.000000e+01 : f32
  %0 = attn.softcap %s, 30.0 : f32
  // CHECK: attn.alibi %{{.*}}, %{{.*}} at %{{.*}}, %{{.*}}, %{{.*}} offset %{{.*}} absolute : f32, tensor<8xf32>
  %1 = attn.alibi %0, %slopes at %h, %i, %j offset %h absolute : f32, tensor<8xf32>
  // CHECK: attn.relative_position_bias %{{.*}}, %{{.*}} at %{{.*}} max_distance 64 bidirectional : f32, tensor<32x8xf32>
  %2 = attn.relative_position_bias %1, %table at %h, %i, %j max_distance 64 bidirectional : f32, tensor<32x8xf32>
  return %2 : f32
}

// CHECK-LABEL: func @states
func.func @states(%q: tensor<1x2x?x8xf32>, %k: tensor<1x2x5x8xf32>, %v: tensor<1x2x5x4xf32>, %n: index, %sink: tensor<2xf32>) -> (tensor<1x2x?x4xf16>, tensor<1x2x?xf32>) {
  // CHECK: attn.init_state(%{{.*}}) : tensor<1x2x?x4xf32>, tensor<1x2x?xf32>
  %a, %m, %l = attn.init_state (%n) : tensor<1x2x?x4xf32>, tensor<1x2x?xf32>
  // CHECK: attn.attend %{{.*}}, %{{.*}}, %{{.*}} into %{{.*}}, %{{.*}}, %{{.*}} scale 5.000000e-01 mask
  %a1, %m1, %l1 = attn.attend %q, %k, %v into %a, %m, %l scale 0.5
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      attn.yield %0 : i1
    } : tensor<1x2x?x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x4xf32> -> tensor<1x2x?x4xf32>, tensor<1x2x?xf32>
  // CHECK: attn.merge_states(%{{.*}}, %{{.*}}, %{{.*}}), (%{{.*}}, %{{.*}}, %{{.*}}) : tensor<1x2x?x4xf32>, tensor<1x2x?xf32>
  %a2, %m2, %l2 = attn.merge_states (%a1, %m1, %l1), (%a1, %m1, %l1) : tensor<1x2x?x4xf32>, tensor<1x2x?xf32>
  // CHECK: attn.finalize_state %{{.*}}, %{{.*}}, %{{.*}} sink %{{.*}} : tensor<1x2x?x4xf32>, tensor<1x2x?xf32>, sink tensor<2xf32> -> (tensor<1x2x?x4xf16>, lse tensor<1x2x?xf32>)
  %o, %lse = attn.finalize_state %a2, %m2, %l2 sink %sink : tensor<1x2x?x4xf32>, tensor<1x2x?xf32>, sink tensor<2xf32> -> (tensor<1x2x?x4xf16>, lse tensor<1x2x?xf32>)
  return %o, %lse : tensor<1x2x?x4xf16>, tensor<1x2x?xf32>
}

// On memrefs, attend has no results.
// CHECK-LABEL: func @scratch
func.func @scratch(%q: memref<1x2x3x8xf32>) -> tensor<1x2x3x8xf32> {
  // CHECK: attn.init_state in scratch : tensor<1x2x3x8xf32>, tensor<1x2x3xf32>
  %a, %m, %l = attn.init_state in scratch : tensor<1x2x3x8xf32>, tensor<1x2x3xf32>
  %acc = memref.alloc() : memref<1x2x3x8xf32, #attn.scratch>
  %row = memref.alloc() : memref<1x2x3xf32, #attn.scratch>
  // CHECK: attn.attend {{.*}} -> memref<1x2x3x8xf32, #attn.scratch>, memref<1x2x3xf32, #attn.scratch>
  attn.attend %q, %q, %q into %acc, %row, %row : memref<1x2x3x8xf32>, memref<1x2x3x8xf32>, memref<1x2x3x8xf32>
    -> memref<1x2x3x8xf32, #attn.scratch>, memref<1x2x3xf32, #attn.scratch>
  return %a : tensor<1x2x3x8xf32>
}

// CHECK-LABEL: func @encodings
func.func @encodings(%x: tensor<2x?x4x16xf16>, %cos: tensor<64x4xf32>, %pos: tensor<2x?xi64>) -> (tensor<2x?x4x16xf16>, tensor<2x?x6xf32>) {
  // CHECK: attn.rotary_embedding %{{.*}} cos %{{.*}} sin %{{.*}} positions %{{.*}} rotary_dim 8 interleaved layout [batch, sequence, head, feature] :
  %0 = attn.rotary_embedding %x cos %cos sin %cos positions %pos rotary_dim 8 interleaved layout [batch, sequence, head, feature]
    : tensor<2x?x4x16xf16>, cos tensor<64x4xf32>, sin tensor<64x4xf32>, positions tensor<2x?xi64>
  // CHECK: attn.rotary_embedding %{{.*}} positions %{{.*}} base 5.000000e+05 :
  %1 = attn.rotary_embedding %0 positions %pos base 500000.0 : tensor<2x?x4x16xf16>, positions tensor<2x?xi64>
  // CHECK: attn.sinusoidal_encoding %{{.*}} : tensor<2x?xi64> -> tensor<2x?x6xf32>
  %2 = attn.sinusoidal_encoding %pos : tensor<2x?xi64> -> tensor<2x?x6xf32>
  return %1, %2 : tensor<2x?x4x16xf16>, tensor<2x?x6xf32>
}

// CHECK-LABEL: func @linear
func.func @linear(%q: tensor<1x6x4x8xf32>, %k: tensor<1x6x2x8xf32>, %v: tensor<1x6x2x5xf32>, %g: tensor<1x2x6x8xf32>, %beta: tensor<1x2x6xf32>, %s: tensor<1x2x8x5xf32>) -> (tensor<1x6x4x5xf32>, tensor<1x2x8x5xf32>) {
  // CHECK: attn.linear_attention gated_delta %{{.*}}, %{{.*}}, %{{.*}} decay %{{.*}} beta %{{.*}} state %{{.*}} scale 2.500000e-01 layout query [batch, sequence, head, feature] key
  // CHECK-SAME: -> (tensor<1x6x4x5xf32>, state tensor<1x2x8x5xf32>)
  %o, %n = attn.linear_attention gated_delta %q, %k, %v decay %g beta %beta state %s scale 0.25
    layout query [batch, sequence, head, feature] key [batch, sequence, head, feature]
           value [batch, sequence, head, feature] output [batch, sequence, head, feature]
    : tensor<1x6x4x8xf32>, tensor<1x6x2x8xf32>, tensor<1x6x2x5xf32>, decay tensor<1x2x6x8xf32>, beta tensor<1x2x6xf32>, state tensor<1x2x8x5xf32>
    -> (tensor<1x6x4x5xf32>, state tensor<1x2x8x5xf32>)
  return %o, %n : tensor<1x6x4x5xf32>, tensor<1x2x8x5xf32>
}

// CHECK-LABEL: func @cache
func.func @cache(%c: tensor<2x4x16x8xf32>, %u: tensor<2x4x1x8xf32>, %n: tensor<2xi64>) -> tensor<2x4x16x8xf32> {
  // CHECK: attn.cache_update %{{.*}}, %{{.*}} at %{{.*}} axis 2 circular : tensor<2x4x16x8xf32>, tensor<2x4x1x8xf32>, at tensor<2xi64>
  %0 = attn.cache_update %c, %u at %n axis 2 circular : tensor<2x4x16x8xf32>, tensor<2x4x1x8xf32>, at tensor<2xi64>
  return %0 : tensor<2x4x16x8xf32>
}
