// Vector code for tiles against the oracle, where blocks of keys, register tiles and tiles of queries have remainders.
// RUN: split-file %s %t
// DEFINE: %{run} = attn-run --random-inputs --compare=reference

// RUN: %{run} %t/causal.mlir --seed=1 --range arg3=-20:40 | FileCheck %s
// RUN: %{run} %t/causal.mlir --seed=2 --range arg3=-20:40 --mcpu=x86-64 | FileCheck %s
// RUN: %{run} %t/narrow.mlir --seed=3 | FileCheck %s
// RUN: %{run} %t/narrow.mlir --seed=4 --mcpu=x86-64 | FileCheck %s
// RUN: %{run} %t/double.mlir --seed=5 | FileCheck %s
// RUN: %{run} %t/one-key.mlir --seed=10 | FileCheck %s
// RUN: %{run} %t/dynamic.mlir --keep-dynamic --dim arg0.2=130 --dim arg1.2=135 --seed=6 | FileCheck %s
// RUN: %{run} %t/dynamic.mlir --keep-dynamic --dim arg0.2=1 --dim arg1.2=1 --seed=7 | FileCheck %s
// RUN: %{run} %t/dynamic.mlir --keep-dynamic --dim arg0.2=3 --dim arg1.2=0 --seed=8 | FileCheck %s
// CHECK: result0 {{.*}}: agree

// D16: any number of threads gives the same bits.
// RUN: env OMP_NUM_THREADS=1 attn-run %t/causal.mlir --random-inputs --seed=9 --range arg3=-20:40 --output=result0=%t/1.npy
// RUN: env OMP_NUM_THREADS=3 attn-run %t/causal.mlir --random-inputs --seed=9 --range arg3=-20:40 --output=result0=%t/3.npy
// RUN: cmp %t/1.npy %t/3.npy

// D3: a hidden value that is no number leaves no trace.
// RUN: attn-run %t/hidden.mlir | FileCheck %s --check-prefix=HIDDEN
// HIDDEN{LITERAL}: [[[[1, 1],
// HIDDEN{LITERAL}: [1, 1],
// HIDDEN{LITERAL}: [nan, 1]]]]

//--- causal.mlir
func.func @main(%q: tensor<2x4x101x20xf32>, %k: tensor<2x2x133x20xf32>, %v: tensor<2x2x133x13xf32>, %past: tensor<2xi32>,
    %bias: tensor<4x133xf32>) -> tensor<2x4x101x13xf32> {
  %o = attn.attention %q, %k, %v scale 0.3
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = attn.softcap %s, 2.0 : f32
      %1 = tensor.extract %bias[%h, %j] : tensor<4x133xf32>
      %2 = arith.addf %0, %1 : f32
      attn.yield %2 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %n = tensor.extract %past[%b] : tensor<2xi32>
      %offset = arith.index_cast %n : i32 to index
      %0 = attn.causal %i, %j offset %offset
      attn.yield %0 : i1
    }
    : tensor<2x4x101x20xf32>, tensor<2x2x133x20xf32>, tensor<2x2x133x13xf32> -> tensor<2x4x101x13xf32>
  return %o : tensor<2x4x101x13xf32>
}

//--- narrow.mlir
func.func @main(%q: tensor<1x70x2x16xbf16>, %k: tensor<1x135x2x16xbf16>, %v: tensor<1x2x135x24xbf16>) -> tensor<1x2x70x24xbf16> {
  %o = attn.attention %q, %k, %v layout query [batch, sequence, head, feature] key [batch, sequence, head, feature]
    : tensor<1x70x2x16xbf16>, tensor<1x135x2x16xbf16>, tensor<1x2x135x24xbf16> -> tensor<1x2x70x24xbf16>
  return %o : tensor<1x2x70x24xbf16>
}

//--- double.mlir
func.func @main(%q: tensor<1x2x30x8xf64>, %k: tensor<1x2x8x71xf64>, %v: tensor<1x2x71x8xf64>) -> tensor<1x2x30x8xf64> {
  %o = attn.attention %q, %k, %v layout key [batch, head, feature, sequence]
    : tensor<1x2x30x8xf64>, tensor<1x2x8x71xf64>, tensor<1x2x71x8xf64> -> tensor<1x2x30x8xf64>
  return %o : tensor<1x2x30x8xf64>
}

// Dimensions of size 1 on both sides of those of the matrix.
//--- one-key.mlir
func.func @main(%q: tensor<1x2x20x4xf64>, %k: tensor<1x4x2x1xf64>, %v: tensor<1x2x1x4xf64>) -> tensor<1x2x20x4xf64> {
  %o = attn.attention %q, %k, %v layout key [sequence, feature, head, batch]
    : tensor<1x2x20x4xf64>, tensor<1x4x2x1xf64>, tensor<1x2x1x4xf64> -> tensor<1x2x20x4xf64>
  return %o : tensor<1x2x20x4xf64>
}

//--- dynamic.mlir
func.func @main(%q: tensor<1x2x?x32xf16>, %k: tensor<1x1x?x32xf16>) -> tensor<1x2x?x32xf16> {
  %o = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %c3 = arith.constant 3 : index
      %0 = arith.remui %j, %c3 : index
      %1 = arith.remui %i, %c3 : index
      %2 = arith.cmpi ne, %0, %1 : index
      attn.yield %2 : i1
    }
    : tensor<1x2x?x32xf16>, tensor<1x1x?x32xf16>, tensor<1x1x?x32xf16> -> tensor<1x2x?x32xf16>
  return %o : tensor<1x2x?x32xf16>
}

//--- hidden.mlir
func.func @main() -> tensor<1x1x3x2xf32> {
  %q = arith.constant dense<1.0> : tensor<1x1x3x1xf32>
  %k = arith.constant dense<1.0> : tensor<1x1x3x1xf32>
  %v = arith.constant dense<[[[[1.0, 1.0], [1.0, 1.0], [0x7FC00000, 1.0]]]]> : tensor<1x1x3x2xf32>
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      attn.yield %0 : i1
    }
    : tensor<1x1x3x1xf32>, tensor<1x1x3x1xf32>, tensor<1x1x3x2xf32> -> tensor<1x1x3x2xf32>
  return %o : tensor<1x1x3x2xf32>
}
