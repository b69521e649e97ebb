// Few queries after many keys on AMX tiles, emulated, against the oracle: a group's heads in the columns of tiles, K and V where
// they lie.
// REQUIRES: cpu-avx2
// RUN: split-file %s %t
// DEFINE: %{run} = attn-run -O0 --emulate-amx --random-inputs --compare=reference

// RUN: attn-compile %t/group.mlir --mcpu=sapphirerapids -o - --emit=mlir --stage=bufferized | attn-opt -convert-attn-to-vector | FileCheck %s --check-prefix=CODE
// CODE: func.func private @__attn_decode_scores_on_tiles(
// CODE: func.func private @__attn_add_decode_on_tiles(

// Four heads on one, parts of the keys, of which the last is no whole block.
// RUN: %{run} %t/group.mlir --seed=1 | FileCheck %s
// RUN: attn-run --emulate-amx --random-inputs --compare=reference %t/group.mlir --seed=2 --exp=fast | FileCheck %s
// CHECK: result0 {{.*}}: agree
// CHECK: result1 {{.*}}: agree

// Where the system denies tiles, on vectors.
// RUN: %python %S/Inputs/deny-tiles.py attn-run %t/group.mlir --mcpu=x86-64-v3 --mattr=+amx-tile,+amx-bf16 --passes='attn-attach-cpu-target{amx vector-bits=512 registers=32}' --random-inputs --seed=3 --compare=reference | FileCheck %s

//--- group.mlir
func.func @main(%q: tensor<1x8x1x64xbf16>, %k: tensor<1x2x1171x64xbf16>, %v: tensor<1x2x1171x64xbf16>)
    -> (tensor<1x8x1x64xbf16>, tensor<1x8x1xf32>) {
  %o, %l = attn.attention %q, %k, %v scale 0.21
    : tensor<1x8x1x64xbf16>, tensor<1x2x1171x64xbf16>, tensor<1x2x1171x64xbf16> -> (tensor<1x8x1x64xbf16>, lse tensor<1x8x1xf32>)
  return %o, %l : tensor<1x8x1x64xbf16>, tensor<1x8x1xf32>
}

// Heads that no tile divides, V's another than K's; 3 heads by 5 queries; a score region that looks at the head, a mask that
// empties the first rows.
// RUN: %{run} %t/regions.mlir --seed=3 | FileCheck %s

//--- regions.mlir
func.func @main(%q: tensor<2x6x5x40xbf16>, %k: tensor<2x2x130x40xbf16>, %v: tensor<2x2x130x18xbf16>, %slopes: tensor<6xf32>)
    -> (tensor<2x6x5x18xbf16>, tensor<2x6x5xf32>) {
  %o, %l = attn.attention %q, %k, %v scale 0.7
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %slopes[%h] : tensor<6xf32>
      %1 = arith.index_cast %j : index to i32
      %2 = arith.sitofp %1 : i32 to f32
      %3 = arith.mulf %0, %2 : f32
      %4 = arith.addf %s, %3 : f32
      attn.yield %4 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %c-2 = arith.constant -2 : index
      %0 = attn.causal %i, %j offset %c-2
      attn.yield %0 : i1
    }
    : tensor<2x6x5x40xbf16>, tensor<2x2x130x40xbf16>, tensor<2x2x130x18xbf16> -> (tensor<2x6x5x18xbf16>, lse tensor<2x6x5xf32>)
  return %o, %l : tensor<2x6x5x18xbf16>, tensor<2x6x5xf32>
}

// Lengths of a cache that are known when run, one key or none among them; logits up to thousands.
// RUN: %{run} %t/cache.mlir --keep-dynamic --dim n=300 --seed=4 --range arg3=-1:299 | FileCheck %s
// RUN: %{run} %t/cache.mlir --keep-dynamic --dim n=1 --seed=5 --range arg3=-1:0 | FileCheck %s
// RUN: %{run} %t/cache.mlir --keep-dynamic --dim n=0 --seed=6 --range arg3=-1:0 | FileCheck %s

//--- cache.mlir
func.func @main(%q: tensor<3x4x2x96xbf16>, %k: tensor<3x1x?x96xbf16> {attn.dim_names = ["", "", "n", ""]},
    %v: tensor<3x1x?x96xbf16> {attn.dim_names = ["", "", "n", ""]}, %last: tensor<3xi32>)
    -> (tensor<3x4x2x96xbf16>, tensor<3x4x2xf32>) {
  %o, %l = attn.attention %q, %k, %v scale 150.0
    mask (%b: index, %h: index, %i: index, %j: index) {
      %n = tensor.extract %last[%b] : tensor<3xi32>
      %offset = arith.index_cast %n : i32 to index
      %0 = attn.causal %i, %j offset %offset
      attn.yield %0 : i1
    }
    : tensor<3x4x2x96xbf16>, tensor<3x1x?x96xbf16>, tensor<3x1x?x96xbf16> -> (tensor<3x4x2x96xbf16>, lse tensor<3x4x2xf32>)
  return %o, %l : tensor<3x4x2x96xbf16>, tensor<3x4x2xf32>
}

// D3, D4: a value under the mask leaves no trace, an attended one does, in its own feature only: also beside one that shares a
// pair of V with it, and in the last block, whose rows are copies.
// RUN: attn-run -O0 --emulate-amx %t/hidden.mlir | FileCheck %s --check-prefix=HIDDEN
// HIDDEN{LITERAL}: [[[[1, 1, 1, 1],
// HIDDEN{LITERAL}: [nan, 1, inf, 1]]]]

//--- hidden.mlir
func.func @main() -> tensor<1x1x2x4xbf16> {
  %q = arith.constant dense<0.0> : tensor<1x1x8x64xbf16>
  %k = arith.constant dense<0.0> : tensor<1x1x135x64xbf16>
  %ones = arith.constant dense<1.0> : tensor<1x1x135x64xbf16>
  %none = arith.constant dense<[[[[0x7FC0, 1.0, 0x7F80, 1.0]]]]> : tensor<1x1x1x4xbf16>
  %v = tensor.insert_slice %none into %ones[0, 0, 133, 0] [1, 1, 1, 4] [1, 1, 1, 1] : tensor<1x1x1x4xbf16> into tensor<1x1x135x64xbf16>
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %c132 = arith.constant 132 : index
      %last = arith.addi %i, %c132 : index
      %0 = arith.cmpi sle, %j, %last : index
      attn.yield %0 : i1
    }
    : tensor<1x1x8x64xbf16>, tensor<1x1x135x64xbf16>, tensor<1x1x135x64xbf16> -> (tensor<1x1x8x64xbf16>)
  %part = tensor.extract_slice %o[0, 0, 0, 0] [1, 1, 2, 4] [1, 1, 1, 1] : tensor<1x1x8x64xbf16> to tensor<1x1x2x4xbf16>
  return %part : tensor<1x1x2x4xbf16>
}
