// Tiled attention against the oracle: masks, on lengths that no tile divides, with empty rows and empty tiles.
// RUN: split-file %s %t
// DEFINE: %{run} = attn-run --plain --random-inputs --compare=reference

// D8: a negative offset empties leading rows and whole query tiles.
// RUN: %{run} %t/causal.mlir --passes='attn-tile{tile-query=8 tile-key=4}' --range arg2=-13:9 --seed=1 | FileCheck %s --check-prefix=CAUSAL
// RUN: %{run} %t/causal.mlir --passes='attn-tile{tile-query=3 tile-key=7}' --range arg2=-3:40 --seed=2 | FileCheck %s --check-prefix=CAUSAL
// RUN: %{run} %t/causal.mlir --passes=attn-tile --range arg2=-3:9 --seed=3 | FileCheck %s --check-prefix=CAUSAL
// CAUSAL: result0 {{.*}}: agree
// CAUSAL: result1 {{.*}}: agree

//--- causal.mlir
func.func @main(%q: tensor<3x4x33x8xf32>, %k: tensor<3x2x31x8xf32>, %past: tensor<3xi64>)
    -> (tensor<3x4x33x8xf32>, tensor<3x4x33xf32>) {
  %o, %l = attn.attention %q, %k, %k scale 0.5
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %past[%b] : tensor<3xi64>
      %offset = arith.index_cast %0 : i64 to index
      %1 = attn.causal %i, %j offset %offset
      attn.yield %1 : i1
    }
    : tensor<3x4x33x8xf32>, tensor<3x2x31x8xf32>, tensor<3x2x31x8xf32> -> (tensor<3x4x33x8xf32>, lse tensor<3x4x33xf32>)
  return %o, %l : tensor<3x4x33x8xf32>, tensor<3x4x33xf32>
}

// Any sizes, also none, of batch, queries and keys: known when run, or when compiled.
// RUN: %{run} %t/dynamic.mlir --passes='attn-tile{tile-query=8 tile-key=4}' --keep-dynamic --dim arg0.0=2 --dim arg0.2=19 --dim arg1.0=2 --dim arg1.2=23 --seed=4 | FileCheck %s --check-prefix=DYNAMIC
// RUN: %{run} %t/dynamic.mlir --passes='attn-tile{tile-query=8 tile-key=4}' --keep-dynamic --dim arg0.0=0 --dim arg0.2=19 --dim arg1.0=0 --dim arg1.2=23 | FileCheck %s --check-prefix=DYNAMIC
// RUN: %{run} %t/dynamic.mlir --passes='attn-tile{tile-query=8 tile-key=4}' --keep-dynamic --dim arg0.0=2 --dim arg0.2=0 --dim arg1.0=2 --dim arg1.2=23 | FileCheck %s --check-prefix=DYNAMIC
// RUN: %{run} %t/dynamic.mlir --passes='attn-tile{tile-query=8 tile-key=4}' --keep-dynamic --dim arg0.0=2 --dim arg0.2=19 --dim arg1.0=2 --dim arg1.2=0 | FileCheck %s --check-prefix=DYNAMIC
// RUN: %{run} %t/dynamic.mlir --passes='attn-tile{tile-query=8 tile-key=4}' --keep-dynamic --dim arg0.0=1 --dim arg0.2=1 --dim arg1.0=1 --dim arg1.2=1 | FileCheck %s --check-prefix=DYNAMIC
// RUN: %{run} %t/dynamic.mlir --passes='attn-tile{tile-query=8 tile-key=4}' --dim arg0.0=0 --dim arg0.2=19 --dim arg1.0=0 --dim arg1.2=23 | FileCheck %s --check-prefix=DYNAMIC
// RUN: %{run} %t/dynamic.mlir --passes='attn-tile{tile-query=8 tile-key=4}' --dim arg0.0=2 --dim arg0.2=0 --dim arg1.0=2 --dim arg1.2=23 | FileCheck %s --check-prefix=DYNAMIC
// RUN: %{run} %t/dynamic.mlir --passes='attn-tile{tile-query=8 tile-key=4}' --dim arg0.0=2 --dim arg0.2=19 --dim arg1.0=2 --dim arg1.2=0 | FileCheck %s --check-prefix=DYNAMIC
// DYNAMIC: result0 {{.*}}: agree
// DYNAMIC: result1 {{.*}}: agree

//--- dynamic.mlir
func.func @main(%q: tensor<?x4x?x8xf32>, %k: tensor<?x2x?x8xf32>) -> (tensor<?x4x?x8xf32>, tensor<?x4x?xf32>) {
  %c2 = arith.constant 2 : index
  %n = tensor.dim %q, %c2 : tensor<?x4x?x8xf32>
  %m = tensor.dim %k, %c2 : tensor<?x2x?x8xf32>
  %past = arith.subi %m, %n : index
  %o, %l = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j offset %past
      attn.yield %0 : i1
    }
    : tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32> -> (tensor<?x4x?x8xf32>, lse tensor<?x4x?xf32>)
  return %o, %l : tensor<?x4x?x8xf32>, tensor<?x4x?xf32>
}

// D9, D17: a window around the key after a cache, and ragged lengths.
// RUN: %{run} %t/window.mlir --passes='attn-tile{tile-query=2 tile-key=3}' --range arg2=0:19 --seed=2 | FileCheck %s --check-prefix=WINDOW
// RUN: %{run} %t/window.mlir --passes='attn-tile{tile-query=4 tile-key=2}' --range arg2=-4:30 --seed=3 | FileCheck %s --check-prefix=WINDOW
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

// A union: a prefix of keys that all see, or a window; and one that nobody passes.
// RUN: %{run} %t/union.mlir --passes='attn-tile{tile-query=4 tile-key=4}' --range arg2=-5:50 --seed=1 | FileCheck %s --check-prefix=UNION
// RUN: %{run} %t/union.mlir --passes='attn-tile{tile-query=5 tile-key=3}' --range arg2=0:6 --seed=2 | FileCheck %s --check-prefix=UNION
// UNION: result0 {{.*}}: agree
// UNION: result1 {{.*}}: agree

//--- union.mlir
func.func @main(%q: tensor<2x2x37x8xf32>, %k: tensor<2x2x37x8xf32>, %prefix: tensor<i64>)
    -> (tensor<2x2x37x8xf32>, tensor<2x2x37x8xf32>) {
  %count = tensor.extract %prefix[] : tensor<i64>
  %n = arith.index_cast %count : i64 to index
  %o = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.window %i, %j left 3 right 0
      %1 = attn.prefix %j length %n
      %2 = arith.ori %0, %1 : i1
      attn.yield %2 : i1
    }
    : tensor<2x2x37x8xf32>, tensor<2x2x37x8xf32>, tensor<2x2x37x8xf32> -> (tensor<2x2x37x8xf32>)
  %p = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = arith.cmpi slt, %j, %i : index
      %1 = arith.cmpi sgt, %j, %i : index
      %2 = arith.andi %0, %1 : i1
      attn.yield %2 : i1
    }
    : tensor<2x2x37x8xf32>, tensor<2x2x37x8xf32>, tensor<2x2x37x8xf32> -> (tensor<2x2x37x8xf32>)
  return %o, %p : tensor<2x2x37x8xf32>, tensor<2x2x37x8xf32>
}

// D17: packed documents, by data.
// RUN: %{run} %t/segments.mlir --passes='attn-tile{tile-query=4 tile-key=5}' --keep-dynamic --range arg2=0:3 --range arg3=0:3 --dim arg0.2=9 --dim arg1.2=13 --dim arg2.1=9 --dim arg3.1=13 --seed=3 | FileCheck %s --check-prefix=SEGMENTS
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

// D17: a table of blocks that the lengths do not fill and tiles do not match.
// RUN: %{run} %t/blocks.mlir --passes='attn-tile{tile-query=4 tile-key=4}' --seed=4 | FileCheck %s --check-prefix=BLOCKS
// RUN: %{run} %t/blocks.mlir --passes='attn-tile{tile-query=3 tile-key=6}' --seed=5 | FileCheck %s --check-prefix=BLOCKS
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

// A table that is too short is refused once, before the loops.
// RUN: not attn-run %t/segments.mlir --plain --random-inputs --passes='attn-tile{tile-query=4 tile-key=5}' --keep-dynamic --dim arg0.2=9 --dim arg1.2=13 --dim arg2.1=9 --dim arg3.1=12 2>&1 | FileCheck %s --check-prefix=SHORT
// SHORT: expected dimension 1 of key_segments to be at least dimension 2 of key
