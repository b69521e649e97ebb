// Few queries after many keys, against the oracle: a group's heads in one tile, features in lanes, split-KV.
// RUN: split-file %s %t
// DEFINE: %{run} = attn-run --random-inputs --compare=reference

// RUN: %{run} %t/group.mlir --seed=1 | FileCheck %s
// RUN: %{run} %t/group.mlir --seed=2 --mcpu=x86-64 | FileCheck %s
// RUN: %{run} %t/parts.mlir --seed=3 | FileCheck %s
// RUN: %{run} %t/lengths.mlir --keep-dynamic --dim b=3 --dim n=5000 --seed=4 --range arg3=-1:4999 | FileCheck %s
// RUN: %{run} %t/lengths.mlir --keep-dynamic --dim b=1 --dim n=1 --seed=5 --range arg3=-1:0 | FileCheck %s
// RUN: %{run} %t/lengths.mlir --keep-dynamic --dim b=2 --dim n=0 --seed=6 --range arg3=-1:0 | FileCheck %s
// RUN: %{run} %t/lanes.mlir --seed=7 | FileCheck %s
// RUN: %{run} %t/one.mlir --seed=8 | FileCheck %s
// RUN: %{run} %t/one.mlir --seed=9 --mcpu=x86-64 | FileCheck %s
// RUN: %{run} %t/steps.mlir --keep-dynamic --dim m=1 --dim n=2200 --dim b=1 --seed=10 --range arg3=2100:2199 | FileCheck %s
// RUN: %{run} %t/steps.mlir --keep-dynamic --dim m=1 --dim n=1 --dim b=3 --seed=11 --range arg3=0:0 | FileCheck %s
// RUN: %{run} %t/steps.mlir --keep-dynamic --dim m=101 --dim n=133 --dim b=2 --seed=12 --range arg3=-5:40 | FileCheck %s
// RUN: %{run} %t/steps.mlir --keep-dynamic --dim m=2 --dim n=2101 --dim b=1 --seed=13 --range arg3=2000:2099 | FileCheck %s
// RUN: %{run} %t/steps.mlir --keep-dynamic --dim m=7 --dim n=133 --dim b=2 --seed=14 --range arg3=-5:40 --mattr=-avx512f | FileCheck %s
// RUN: %{run} %t/steps.mlir --keep-dynamic --dim m=0 --dim n=3 --dim b=2 --seed=15 --range arg3=0:2 | FileCheck %s
// CHECK: result0 {{.*}}: agree

// In four, six and eight places, which have as many keys only where these are whole blocks.
// RUN: %{run} %t/places.mlir --keep-dynamic --dim n=1 --seed=16 --mattr=-avx512f | FileCheck %s
// RUN: %{run} %t/places.mlir --keep-dynamic --dim n=9 --seed=17 --mattr=-avx512f | FileCheck %s
// RUN: %{run} %t/places.mlir --keep-dynamic --dim n=67 --seed=18 --mattr=-avx512f | FileCheck %s
// RUN: %{run} %t/places.mlir --keep-dynamic --dim n=1105 --seed=19 --mattr=-avx512f | FileCheck %s
// RUN: %{run} %t/rows.mlir --keep-dynamic --dim n=1 --seed=20 --mattr=-avx512f | FileCheck %s
// RUN: %{run} %t/rows.mlir --keep-dynamic --dim n=333 --seed=21 --mattr=-avx512f | FileCheck %s
// RUN: %{run} %t/rows.mlir --keep-dynamic --dim n=1105 --seed=22 --mattr=-avx512f | FileCheck %s
// RUN: attn-run %t/hidden.mlir --mattr=-avx512f | FileCheck %s --check-prefix=HIDDEN

// bf16 that is widened by twos is in order again, also where a value is not finite: row 0 does not attend them.
// RUN: attn-run %t/hidden-pairs.mlir --mattr=-avx512f | FileCheck %s --check-prefix=PAIRS
// PAIRS{LITERAL}: [[[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]],
// PAIRS{LITERAL}: [[0, 1, 2, 3, 4, nan, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, inf]]]]

// D16: parts follow from the shape, whatever the number of threads.
// RUN: env OMP_NUM_THREADS=1 attn-run %t/parts.mlir --random-inputs --seed=9 --output=result0=%t/1.npy
// RUN: env OMP_NUM_THREADS=3 attn-run %t/parts.mlir --random-inputs --seed=9 --output=result0=%t/3.npy
// RUN: cmp %t/1.npy %t/3.npy

// D3, D4: values under the mask leave no trace, attended ones do.
// RUN: attn-run %t/hidden.mlir | FileCheck %s --check-prefix=HIDDEN
// HIDDEN{LITERAL}: [[[[1, 1, 1]],
// HIDDEN{LITERAL}: [[nan, 1, 1]]]]

// A score region that looks at the head, a mask that does not; rows of 3 heads by 2 queries, sizes that are no whole vectors.
//--- group.mlir
func.func @main(%q: tensor<2x6x2x21xf32>, %k: tensor<2x2x131x21xf32>, %v: tensor<2x2x131x37xf32>, %slopes: tensor<6xf32>)
    -> (tensor<2x6x2x37xf32>, tensor<2x6x2xf32>) {
  %o, %lse = attn.attention %q, %k, %v scale 0.7
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %slopes[%h] : tensor<6xf32>
      %1 = arith.index_cast %i : index to i32
      %2 = arith.sitofp %1 : i32 to f32
      %3 = arith.mulf %0, %2 : f32
      %4 = arith.addf %s, %3 : f32
      attn.yield %4 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %c3 = arith.constant 3 : index
      %0 = arith.remui %j, %c3 : index
      %1 = arith.cmpi ne, %0, %i : index
      attn.yield %1 : i1
    }
    : tensor<2x6x2x21xf32>, tensor<2x2x131x21xf32>, tensor<2x2x131x37xf32> -> (tensor<2x6x2x37xf32>, lse tensor<2x6x2xf32>)
  return %o, %lse : tensor<2x6x2x37xf32>, tensor<2x6x2xf32>
}

// With a sink, which counts once.
//--- parts.mlir
func.func @main(%q: tensor<1x4x1x16xbf16>, %k: tensor<1x1x2150x16xbf16>, %v: tensor<1x1x2150x16xbf16>, %sink: tensor<4xf32>)
    -> (tensor<1x1x4x16xbf16>, tensor<1x4x1xf32>) {
  %o, %lse = attn.attention %q, %k, %v sink %sink layout output [batch, sequence, head, feature]
    : tensor<1x4x1x16xbf16>, tensor<1x1x2150x16xbf16>, tensor<1x1x2150x16xbf16>, sink tensor<4xf32> -> (tensor<1x1x4x16xbf16>, lse tensor<1x4x1xf32>)
  return %o, %lse : tensor<1x1x4x16xbf16>, tensor<1x4x1xf32>
}

// A cache of which each batch has filled a part; some rows of which attend to nothing.
//--- lengths.mlir
func.func @main(%q: tensor<?x2x3x16xf32> {attn.dim_names = ["b", "", "", ""]}, %k: tensor<?x1x?x16xf32> {attn.dim_names = ["b", "", "n", ""]},
    %v: tensor<?x1x?x16xf32> {attn.dim_names = ["b", "", "n", ""]}, %last: tensor<?xi32> {attn.dim_names = ["b"]})
    -> tensor<?x2x3x16xf32> {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %n = tensor.extract %last[%b] : tensor<?xi32>
      %offset = arith.index_cast %n : i32 to index
      %0 = attn.causal %i, %j offset %offset
      attn.yield %0 : i1
    }
    : tensor<?x2x3x16xf32>, tensor<?x1x?x16xf32>, tensor<?x1x?x16xf32> -> tensor<?x2x3x16xf32>
  return %o : tensor<?x2x3x16xf32>
}

// A prompt or one step, as the call says.
//--- steps.mlir
func.func @main(%q: tensor<?x?x4x24xf32> {attn.dim_names = ["b", "m", "", ""]}, %k: tensor<?x2x?x24xf32> {attn.dim_names = ["b", "", "n", ""]},
    %v: tensor<?x2x?x24xf32> {attn.dim_names = ["b", "", "n", ""]}, %past: tensor<?xi32> {attn.dim_names = ["b"]})
    -> (tensor<?x4x?x24xf32>, tensor<?x4x?xf32>) {
  %o, %lse = attn.attention %q, %k, %v scale 0.5 layout query [batch, sequence, head, feature]
    mask (%b: index, %h: index, %i: index, %j: index) {
      %n = tensor.extract %past[%b] : tensor<?xi32>
      %offset = arith.index_cast %n : i32 to index
      %0 = attn.causal %i, %j offset %offset
      attn.yield %0 : i1
    }
    : tensor<?x?x4x24xf32>, tensor<?x2x?x24xf32>, tensor<?x2x?x24xf32> -> (tensor<?x4x?x24xf32>, lse tensor<?x4x?xf32>)
  return %o, %lse : tensor<?x4x?x24xf32>, tensor<?x4x?xf32>
}

// More rows than features in lanes pay for: heads and queries share the lanes.
//--- lanes.mlir
func.func @main(%q: tensor<1x8x5x24xf64>, %k: tensor<1x2x70x24xf64>, %v: tensor<1x2x70x24xf64>) -> tensor<1x8x5x24xf64> {
  %o = attn.attention %q, %k, %v
    score (%s: f64, %b: index, %h: index, %i: index, %j: index) {
      %c8 = arith.constant 8 : index
      %0 = arith.muli %i, %c8 : index
      %1 = arith.addi %0, %h : index
      %2 = arith.index_cast %1 : index to i32
      %3 = arith.sitofp %2 : i32 to f64
      %4 = arith.mulf %s, %3 : f64
      attn.yield %4 : f64
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %c30 = arith.constant 30 : index
      %0 = attn.causal %i, %j offset %c30
      attn.yield %0 : i1
    }
    : tensor<1x8x5x24xf64>, tensor<1x2x70x24xf64>, tensor<1x2x70x24xf64> -> tensor<1x8x5x24xf64>
  return %o : tensor<1x8x5x24xf64>
}

//--- one.mlir
func.func @main(%q: tensor<1x3x1x64xf16>, %k: tensor<1x3x129x64xf16>, %v: tensor<1x129x3x72xf16>) -> tensor<1x3x1x72xf16> {
  %o = attn.attention %q, %k, %v layout value [batch, sequence, head, feature]
    : tensor<1x3x1x64xf16>, tensor<1x3x129x64xf16>, tensor<1x129x3x72xf16> -> tensor<1x3x1x72xf16>
  return %o : tensor<1x3x1x72xf16>
}

// A row on its own, and five, which takes two passes; one table to read by key.
//--- places.mlir
func.func @main(%q: tensor<1x2x1x20xf32>, %k: tensor<1x2x?x20xf32> {attn.dim_names = ["", "", "n", ""]},
    %v: tensor<1x2x?x84xf32> {attn.dim_names = ["", "", "n", ""]}, %few: tensor<1x10x1x20xf32>,
    %bias: tensor<?xf32> {attn.dim_names = ["n"]}) -> (tensor<1x2x1x84xf32>, tensor<1x10x1x84xf32>) {
  %one = attn.attention %q, %k, %v
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %bias[%j] : tensor<?xf32>
      %1 = arith.addf %s, %0 : f32
      attn.yield %1 : f32
    }
    : tensor<1x2x1x20xf32>, tensor<1x2x?x20xf32>, tensor<1x2x?x84xf32> -> tensor<1x2x1x84xf32>
  %five = attn.attention %few, %k, %v
    : tensor<1x10x1x20xf32>, tensor<1x2x?x20xf32>, tensor<1x2x?x84xf32> -> tensor<1x10x1x84xf32>
  return %one, %five : tensor<1x2x1x84xf32>, tensor<1x10x1x84xf32>
}

// Three, six and eight rows, pairs and what is left beside them.
//--- rows.mlir
func.func @main(%q3: tensor<1x3x1x44xbf16>, %q6: tensor<1x3x2x44xbf16>, %q8: tensor<1x8x1x44xbf16>, %q2: tensor<1x2x1x44xf16>,
    %k: tensor<1x1x?x44xbf16> {attn.dim_names = ["", "", "n", ""]}, %v: tensor<1x1x?x72xbf16> {attn.dim_names = ["", "", "n", ""]},
    %half: tensor<1x1x?x44xf16> {attn.dim_names = ["", "", "n", ""]})
    -> (tensor<1x3x1x72xbf16>, tensor<1x3x2x72xbf16>, tensor<1x8x1x72xbf16>, tensor<1x2x1x44xf16>) {
  %3 = attn.attention %q3, %k, %v : tensor<1x3x1x44xbf16>, tensor<1x1x?x44xbf16>, tensor<1x1x?x72xbf16> -> tensor<1x3x1x72xbf16>
  %6 = attn.attention %q6, %k, %v : tensor<1x3x2x44xbf16>, tensor<1x1x?x44xbf16>, tensor<1x1x?x72xbf16> -> tensor<1x3x2x72xbf16>
  %8 = attn.attention %q8, %k, %v : tensor<1x8x1x44xbf16>, tensor<1x1x?x44xbf16>, tensor<1x1x?x72xbf16> -> tensor<1x8x1x72xbf16>
  %2 = attn.attention %q2, %half, %half : tensor<1x2x1x44xf16>, tensor<1x1x?x44xf16>, tensor<1x1x?x44xf16> -> tensor<1x2x1x44xf16>
  return %3, %6, %8, %2 : tensor<1x3x1x72xbf16>, tensor<1x3x2x72xbf16>, tensor<1x8x1x72xbf16>, tensor<1x2x1x44xf16>
}

//--- hidden.mlir
func.func @main() -> tensor<1x2x1x3xf32> {
  %q = arith.constant dense<1.0> : tensor<1x2x1x8xf32>
  %k = arith.constant dense<1.0> : tensor<1x1x2x8xf32>
  %v = arith.constant dense<[[[[1.0, 1.0, 1.0], [0x7FC00000, 1.0, 1.0]]]]> : tensor<1x1x2x3xf32>
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = arith.cmpi ule, %j, %h : index
      attn.yield %0 : i1
    }
    : tensor<1x2x1x8xf32>, tensor<1x1x2x8xf32>, tensor<1x1x2x3xf32> -> tensor<1x2x1x3xf32>
  return %o : tensor<1x2x1x3xf32>
}

//--- hidden-pairs.mlir
func.func @main() -> tensor<1x2x1x18xbf16> {
  %q = arith.constant dense<1.0> : tensor<1x2x1x8xbf16>
  %k = arith.constant dense<1.0> : tensor<1x1x2x8xbf16>
  %v = arith.constant dense<[[[[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0],
      [0.0, 1.0, 2.0, 3.0, 4.0, 0x7FC0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 0x7F80]]]]> : tensor<1x1x2x18xbf16>
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = arith.cmpi ule, %j, %h : index
      attn.yield %0 : i1
    }
    : tensor<1x2x1x8xbf16>, tensor<1x1x2x8xbf16>, tensor<1x1x2x18xbf16> -> tensor<1x2x1x18xbf16>
  return %o : tensor<1x2x1x18xbf16>
}
