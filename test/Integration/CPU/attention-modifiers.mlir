// What happens to a score and to a probability.
// RUN: split-file %s %t

// D7, and logits of some 1e4: scale 4000 on products of about 2.
// RUN: attn-run %t/softcap.mlir --plain --random-inputs --seed=1 --compare=reference | FileCheck %s --check-prefix=SOFTCAP
// SOFTCAP: result0 {{.*}}: agree
// SOFTCAP: result1 {{.*}}: agree

//--- softcap.mlir
func.func @main(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>) -> (tensor<1x2x5x4xf32>, tensor<1x2x5x7xf32>) {
  %o, %s = attn.attention %q, %k, %k scale 4000.0
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = attn.softcap %s, 20.0 : f32
      attn.yield %0 : f32
    }
    : tensor<1x2x5x4xf32>, tensor<1x2x7x4xf32>, tensor<1x2x7x4xf32>
    -> (tensor<1x2x5x4xf32>, modified tensor<1x2x5x7xf32>)
  return %o, %s : tensor<1x2x5x4xf32>, tensor<1x2x5x7xf32>
}

// RUN: attn-run %t/large.mlir --plain --random-inputs --seed=2 --compare=reference | FileCheck %s --check-prefix=LARGE
// LARGE: result0 {{.*}}: agree
// LARGE: result1 {{.*}}: agree

//--- large.mlir
func.func @main(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>) -> (tensor<1x2x5x4xf32>, tensor<1x2x5xf32>) {
  %o, %l = attn.attention %q, %k, %k scale 4000.0
    : tensor<1x2x5x4xf32>, tensor<1x2x7x4xf32>, tensor<1x2x7x4xf32> -> (tensor<1x2x5x4xf32>, lse tensor<1x2x5xf32>)
  return %o, %l : tensor<1x2x5x4xf32>, tensor<1x2x5xf32>
}

// D10: both forms, after a cache; slopes by query head.
// RUN: attn-run %t/alibi.mlir --plain --random-inputs --seed=3 --compare=reference | FileCheck %s --check-prefix=ALIBI
// ALIBI: result0 {{.*}}: agree
// ALIBI: result1 {{.*}}: agree

//--- alibi.mlir
func.func @main(%q: tensor<1x6x5x4xf32>, %k: tensor<1x2x9x4xf32>, %slopes: tensor<6xf32>)
    -> (tensor<1x6x5x4xf32>, tensor<1x6x5x9xf32>) {
  %past = arith.constant 4 : index
  %o, %s = attn.attention %q, %k, %k
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = attn.alibi %s, %slopes at %h, %i, %j offset %past : f32, tensor<6xf32>
      %1 = attn.alibi %0, %slopes at %h, %i, %j absolute : f32, tensor<6xf32>
      attn.yield %1, %0 : f32, f32
    }
    : tensor<1x6x5x4xf32>, tensor<1x2x9x4xf32>, tensor<1x2x9x4xf32>
    -> (tensor<1x6x5x4xf32>, intermediate tensor<1x6x5x9xf32>)
  return %o, %s : tensor<1x6x5x4xf32>, tensor<1x6x5x9xf32>
}

// D18: distances on, below and beyond every threshold.
// RUN: attn-run %t/relative.mlir --plain --random-inputs --seed=4 --compare=reference | FileCheck %s --check-prefix=RELATIVE
// RELATIVE: result0 {{.*}}: agree
// RELATIVE: result1 {{.*}}: agree

//--- relative.mlir
func.func @main(%q: tensor<1x2x150x2xf32>, %k: tensor<1x2x140x2xf32>, %both: tensor<32x2xf32>, %back: tensor<32x2xf32>)
    -> (tensor<1x2x150x2xf32>, tensor<1x2x150x140xf32>) {
  %o, %s = attn.attention %q, %k, %k scale 1.0
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = attn.relative_position_bias %s, %both at %h, %i, %j max_distance 128 bidirectional : f32, tensor<32x2xf32>
      %1 = attn.relative_position_bias %0, %back at %h, %i, %j max_distance 100 : f32, tensor<32x2xf32>
      attn.yield %1 : f32
    }
    : tensor<1x2x150x2xf32>, tensor<1x2x140x2xf32>, tensor<1x2x140x2xf32>
    -> (tensor<1x2x150x2xf32>, modified tensor<1x2x150x140xf32>)
  return %o, %s : tensor<1x2x150x2xf32>, tensor<1x2x150x140xf32>
}

// A captured bias, a sink (D11) and a prob region (D20), all sizes dynamic.
// RUN: attn-run %t/all.mlir --plain --random-inputs --seed=5 --dim arg0.0=2 --dim arg0.1=6 --dim arg0.2=5 --dim arg0.3=4 --dim arg1.0=2 --dim arg1.1=3 --dim arg1.2=7 --dim arg1.3=4 --dim arg2.0=5 --dim arg2.1=7 --dim arg3.0=6 --compare=reference | FileCheck %s --check-prefix=ALL
// RUN: attn-run %t/all.mlir --plain --keep-dynamic --random-inputs --seed=5 --dim arg0.0=2 --dim arg0.1=6 --dim arg0.2=5 --dim arg0.3=4 --dim arg1.0=2 --dim arg1.1=3 --dim arg1.2=7 --dim arg1.3=4 --dim arg2.0=5 --dim arg2.1=7 --dim arg3.0=6 --compare=reference | FileCheck %s --check-prefix=ALL
// ALL: result0 {{.*}}: agree
// ALL: result1 {{.*}}: agree
// ALL: result2 {{.*}}: agree

//--- all.mlir
func.func @main(%q: tensor<?x?x?x?xf32>, %k: tensor<?x?x?x?xf32>, %bias: tensor<?x?xf32>, %sink: tensor<?xf32>)
    -> (tensor<?x?x?x?xf32>, tensor<?x?x?xf32>, tensor<?x?x?x?xf32>) {
  %o, %l, %w = attn.attention %q, %k, %k sink %sink
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %bias[%i, %j] : tensor<?x?xf32>
      %1 = arith.addf %s, %0 : f32
      attn.yield %1 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %before = arith.constant -1 : index
      %0 = attn.causal %i, %j offset %before
      attn.yield %0 : i1
    }
    prob (%p: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = arith.mulf %p, %p : f32
      attn.yield %0 : f32
    }
    : tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, sink tensor<?xf32>
    -> (tensor<?x?x?x?xf32>, lse tensor<?x?x?xf32>, weights tensor<?x?x?x?xf32>)
  return %o, %l, %w : tensor<?x?x?x?xf32>, tensor<?x?x?xf32>, tensor<?x?x?x?xf32>
}
