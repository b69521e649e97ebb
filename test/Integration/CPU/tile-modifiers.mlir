// Tiled attention against the oracle: score regions, sinks, layouts, head groups, types.
// RUN: split-file %s %t
// DEFINE: %{run} = attn-run --plain --random-inputs --compare=reference --passes='attn-tile{tile-query=4 tile-key=5}'

// Scores that depend on positions and on captured tensors; a sink; layouts.
// RUN: %{run} %t/score.mlir --seed=1 | FileCheck %s --check-prefix=SCORE
// SCORE: result0 {{.*}}: agree
// SCORE: result1 {{.*}}: agree
// SCORE: result2 {{.*}}: agree

//--- score.mlir
func.func @main(%q: tensor<2x11x4x8xf32>, %k: tensor<2x17x2x8xf32>, %v: tensor<2x2x6x17xf32>, %sink: tensor<4xf32>,
    %bias: tensor<4x11x17xf32>, %slopes: tensor<4xf32>, %table: tensor<32x4xf32>)
    -> (tensor<2x11x4x6xf32>, tensor<4x2x11xf32>, tensor<2x4x11x6xf32>) {
  %o, %l = attn.attention %q, %k, %v sink %sink scale 0.7
    layout query [batch, sequence, head, feature] key [batch, sequence, head, feature] value [batch, head, feature, sequence]
      output [batch, sequence, head, feature] lse [head, batch, sequence]
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %past = arith.constant 3 : index
      %0 = attn.softcap %s, 2.0 : f32
      %1 = tensor.extract %bias[%h, %i, %j] : tensor<4x11x17xf32>
      %2 = arith.addf %0, %1 : f32
      %3 = attn.alibi %2, %slopes at %h, %i, %j offset %past : f32, tensor<4xf32>
      attn.yield %3 : f32
    }
    : tensor<2x11x4x8xf32>, tensor<2x17x2x8xf32>, tensor<2x2x6x17xf32>, sink tensor<4xf32>
    -> (tensor<2x11x4x6xf32>, lse tensor<4x2x11xf32>)
  %p = attn.attention %q, %k, %v
    layout query [batch, sequence, head, feature] key [batch, sequence, head, feature] value [batch, head, feature, sequence]
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = attn.relative_position_bias %s, %table at %h, %i, %j max_distance 20 bidirectional : f32, tensor<32x4xf32>
      attn.yield %0 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = arith.cmpi ne, %i, %j : index
      attn.yield %0 : i1
    }
    : tensor<2x11x4x8xf32>, tensor<2x17x2x8xf32>, tensor<2x2x6x17xf32> -> (tensor<2x4x11x6xf32>)
  return %o, %l, %p : tensor<2x11x4x6xf32>, tensor<4x2x11xf32>, tensor<2x4x11x6xf32>
}

// f16 and f64; D11: a row that only the sink reaches.
// RUN: %{run} %t/types.mlir --seed=2 | FileCheck %s --check-prefix=TYPES
// TYPES: result0 1x4x70x8xf16: agree
// TYPES: result1 1x4x70xf32: agree
// TYPES: result2 1x2x9x8xf64: agree
// TYPES: result3 1x2x9xf64: agree
// TYPES: result4 1x2x135x8xbf16: agree

//--- types.mlir
func.func @main(%q: tensor<1x4x70x8xf16>, %k: tensor<1x1x135x8xf16>, %sink: tensor<4xf32>,
    %u: tensor<1x2x9x8xf64>, %w: tensor<1x2x7x8xf64>, %x: tensor<1x2x135x8xbf16>)
    -> (tensor<1x4x70x8xf16>, tensor<1x4x70xf32>, tensor<1x2x9x8xf64>, tensor<1x2x9xf64>, tensor<1x2x135x8xbf16>) {
  %before = arith.constant -2 : index
  %o, %l = attn.attention %q, %k, %k sink %sink
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j offset %before
      attn.yield %0 : i1
    }
    : tensor<1x4x70x8xf16>, tensor<1x1x135x8xf16>, tensor<1x1x135x8xf16>, sink tensor<4xf32>
    -> (tensor<1x4x70x8xf16>, lse tensor<1x4x70xf32>)
  %p, %m = attn.attention %u, %w, %w : tensor<1x2x9x8xf64>, tensor<1x2x7x8xf64>, tensor<1x2x7x8xf64>
    -> (tensor<1x2x9x8xf64>, lse tensor<1x2x9xf64>)
  %r = attn.attention %x, %x, %x : tensor<1x2x135x8xbf16>, tensor<1x2x135x8xbf16>, tensor<1x2x135x8xbf16>
    -> (tensor<1x2x135x8xbf16>)
  return %o, %l, %p, %m, %r
    : tensor<1x4x70x8xf16>, tensor<1x4x70xf32>, tensor<1x2x9x8xf64>, tensor<1x2x9xf64>, tensor<1x2x135x8xbf16>
}
