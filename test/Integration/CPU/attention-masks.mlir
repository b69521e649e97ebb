// Which pairs attend, on lengths that no tile divides, with empty rows.
// RUN: split-file %s %t

// D8: a negative offset empties leading rows.
// RUN: attn-run %t/causal.mlir --plain --random-inputs --range arg2=-3:9 --seed=1 --compare=reference | FileCheck %s --check-prefix=CAUSAL
// CAUSAL: result0 {{.*}}: agree
// CAUSAL: result1 {{.*}}: agree
// CAUSAL: result2 {{.*}}: agree

//--- causal.mlir
func.func @main(%q: tensor<3x4x33x8xf32>, %k: tensor<3x2x31x8xf32>, %past: tensor<3xi64>)
    -> (tensor<3x4x33x8xf32>, tensor<3x4x33xf32>, tensor<3x4x33x31xf32>) {
  %o, %l, %s = attn.attention %q, %k, %k scale 0.5
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %past[%b] : tensor<3xi64>
      %offset = arith.index_cast %0 : i64 to index
      %1 = attn.causal %i, %j offset %offset
      attn.yield %1 : i1
    }
    : tensor<3x4x33x8xf32>, tensor<3x2x31x8xf32>, tensor<3x2x31x8xf32>
    -> (tensor<3x4x33x8xf32>, lse tensor<3x4x33xf32>, modified tensor<3x4x33x31xf32>)
  return %o, %l, %s : tensor<3x4x33x8xf32>, tensor<3x4x33xf32>, tensor<3x4x33x31xf32>
}

// D9, D17: a window around the key after a cache, and ragged lengths.
// RUN: attn-run %t/window.mlir --plain --random-inputs --range arg2=0:19 --seed=2 --compare=reference | FileCheck %s --check-prefix=WINDOW
// WINDOW: result0 {{.*}}: agree
// WINDOW: result1 {{.*}}: agree

//--- window.mlir
func.func @main(%q: tensor<4x2x9x8xf32>, %k: tensor<4x2x19x8xf32>, %lengths: tensor<4xi32>)
    -> (tensor<4x2x9x8xf32>, tensor<4x2x9xf32>) {
  %past = arith.constant 7 : index
  %o, %l = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.window %i, %j offset %past left 3 right 2
      %1 = tensor.extract %lengths[%b] : tensor<4xi32>
      %2 = arith.index_cast %1 : i32 to index
      %3 = attn.prefix %j length %2
      %4 = arith.andi %0, %3 : i1
      attn.yield %4 : i1
    }
    : tensor<4x2x9x8xf32>, tensor<4x2x19x8xf32>, tensor<4x2x19x8xf32> -> (tensor<4x2x9x8xf32>, lse tensor<4x2x9xf32>)
  return %o, %l : tensor<4x2x9x8xf32>, tensor<4x2x9xf32>
}

// D17: packed documents.
// RUN: attn-run %t/segments.mlir --plain --keep-dynamic --random-inputs --range arg2=0:3 --range arg3=0:3 --dim arg0.2=9 --dim arg1.2=13 --dim arg2.1=9 --dim arg3.1=13 --seed=3 --compare=reference | FileCheck %s --check-prefix=SEGMENTS
// SEGMENTS: result0 {{.*}}: agree

//--- segments.mlir
func.func @main(%q: tensor<2x2x?x8xf32>, %k: tensor<2x2x?x8xf32>, %a: tensor<2x?xi32>, %c: tensor<2x?xi32>)
    -> tensor<2x2x?x8xf32> {
  %o = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.same_segment %a, %c at %b, %i, %j : tensor<2x?xi32>, tensor<2x?xi32>
      attn.yield %0 : i1
    }
    : tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32> -> (tensor<2x2x?x8xf32>)
  return %o : tensor<2x2x?x8xf32>
}

// D17: a table of blocks that the lengths do not fill.
// RUN: attn-run %t/blocks.mlir --plain --random-inputs --seed=4 --compare=reference | FileCheck %s --check-prefix=BLOCKS
// BLOCKS: result0 {{.*}}: agree
// BLOCKS: result1 {{.*}}: agree

//--- blocks.mlir
func.func @main(%q: tensor<2x4x9x8xf32>, %k: tensor<2x2x13x8xf32>, %t: tensor<2x4x3x4xi1>)
    -> (tensor<2x4x9x8xf32>, tensor<2x4x9xf32>) {
  %o, %l = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.block_sparse %t at %b, %h, %i, %j blocks 4, 4 : tensor<2x4x3x4xi1>
      attn.yield %0 : i1
    }
    : tensor<2x4x9x8xf32>, tensor<2x2x13x8xf32>, tensor<2x2x13x8xf32> -> (tensor<2x4x9x8xf32>, lse tensor<2x4x9xf32>)
  return %o, %l : tensor<2x4x9x8xf32>, tensor<2x4x9xf32>
}
