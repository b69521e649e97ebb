// Attention on AMX tiles, emulated, against the oracle: bf16, lengths that no tile divides, heads of every size, masks and score
// regions. Vectors are those of AVX-512, which tiles need too.
// REQUIRES: cpu-avx512
// RUN: split-file %s %t
// DEFINE: %{run} = attn-run -O0 --emulate-amx --random-inputs --compare=reference

// More keys than are packed at once, more than one tile of queries, the last of it one row.
// RUN: %{run} %t/long.mlir --seed=1 | FileCheck %s
// CHECK: result0 {{.*}}: agree
// CHECK: result1 {{.*}}: agree

//--- long.mlir
func.func @main(%q: tensor<1x2x97x64xbf16>, %k: tensor<1x1x611x64xbf16>, %v: tensor<1x1x611x64xbf16>)
    -> (tensor<1x2x97x64xbf16>, tensor<1x2x97xf32>) {
  %o, %l = attn.attention %q, %k, %v scale 0.21
    : tensor<1x2x97x64xbf16>, tensor<1x1x611x64xbf16>, tensor<1x1x611x64xbf16> -> (tensor<1x2x97x64xbf16>, lse tensor<1x2x97xf32>)
  return %o, %l : tensor<1x2x97x64xbf16>, tensor<1x2x97xf32>
}

// Heads that are no whole tiles, sizes known when run, logits up to thousands.
// RUN: %{run} %t/dynamic.mlir --keep-dynamic --dim arg0.0=2 --dim arg0.2=35 --dim arg1.0=2 --dim arg1.2=77 --dim arg2.0=2 --dim arg2.2=77 --seed=2 | FileCheck %s
// RUN: %{run} %t/dynamic.mlir --keep-dynamic --dim arg0.0=1 --dim arg0.2=1 --dim arg1.0=1 --dim arg1.2=1 --dim arg2.0=1 --dim arg2.2=1 --seed=3 | FileCheck %s
// RUN: %{run} %t/dynamic.mlir --keep-dynamic --dim arg0.0=1 --dim arg0.2=64 --dim arg1.0=1 --dim arg1.2=33 --dim arg2.0=1 --dim arg2.2=33 --seed=4 | FileCheck %s

//--- dynamic.mlir
func.func @main(%q: tensor<?x4x?x40xbf16>, %k: tensor<?x2x?x40xbf16>, %v: tensor<?x2x?x48xbf16>)
    -> (tensor<?x4x?x48xbf16>, tensor<?x4x?xf32>) {
  %o, %l = attn.attention %q, %k, %v scale 150.0
    : tensor<?x4x?x40xbf16>, tensor<?x2x?x40xbf16>, tensor<?x2x?x48xbf16> -> (tensor<?x4x?x48xbf16>, lse tensor<?x4x?xf32>)
  return %o, %l : tensor<?x4x?x48xbf16>, tensor<?x4x?xf32>
}

// A negative scale: the largest product is then the smallest score.
// RUN: %{run} %t/negative.mlir --seed=5 | FileCheck %s

//--- negative.mlir
func.func @main(%q: tensor<2x1x20x32xbf16>, %k: tensor<2x1x70x32xbf16>, %v: tensor<2x1x70x16xbf16>)
    -> (tensor<2x1x20x16xbf16>, tensor<2x1x20xf32>) {
  %o, %l = attn.attention %q, %k, %v scale -0.7
    : tensor<2x1x20x32xbf16>, tensor<2x1x70x32xbf16>, tensor<2x1x70x16xbf16> -> (tensor<2x1x20x16xbf16>, lse tensor<2x1x20xf32>)
  return %o, %l : tensor<2x1x20x16xbf16>, tensor<2x1x20xf32>
}

// Causal after a cache of its own length in each batch, which empties leading rows; a soft cap.
// RUN: %{run} %t/causal.mlir --range arg3=-80:90 --seed=6 | FileCheck %s
// RUN: %{run} %t/causal.mlir --range arg3=-5:9 --seed=7 | FileCheck %s

//--- causal.mlir
func.func @main(%q: tensor<2x4x70x128xbf16>, %k: tensor<2x2x150x128xbf16>, %v: tensor<2x2x150x128xbf16>, %past: tensor<2xi64>)
    -> (tensor<2x4x70x128xbf16>, tensor<2x4x70xf32>) {
  %o, %l = attn.attention %q, %k, %v scale 0.5
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = attn.softcap %s, 9.0 : f32
      attn.yield %0 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %past[%b] : tensor<2xi64>
      %offset = arith.index_cast %0 : i64 to index
      %1 = attn.causal %i, %j offset %offset
      attn.yield %1 : i1
    }
    : tensor<2x4x70x128xbf16>, tensor<2x2x150x128xbf16>, tensor<2x2x150x128xbf16> -> (tensor<2x4x70x128xbf16>, lse tensor<2x4x70xf32>)
  return %o, %l : tensor<2x4x70x128xbf16>, tensor<2x4x70xf32>
}

// Every operand in an order of its own: features of K and V do not lie side by side.
// RUN: %{run} %t/layouts.mlir --seed=8 | FileCheck %s

//--- layouts.mlir
func.func @main(%q: tensor<1x19x2x32xbf16>, %k: tensor<1x2x32x90xbf16>, %v: tensor<1x2x32x90xbf16>)
    -> (tensor<1x2x19x32xbf16>, tensor<1x2x19xf32>) {
  %o, %l = attn.attention %q, %k, %v scale 0.4
    layout query [batch, sequence, head, feature] key [batch, head, feature, sequence] value [batch, head, feature, sequence]
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.window %i, %j left 5 right 30
      attn.yield %0 : i1
    }
    : tensor<1x19x2x32xbf16>, tensor<1x2x32x90xbf16>, tensor<1x2x32x90xbf16> -> (tensor<1x2x19x32xbf16>, lse tensor<1x2x19xf32>)
  return %o, %l : tensor<1x2x19x32xbf16>, tensor<1x2x19xf32>
}

// A state that has seen keys before: the op's own maxima and sums come out.
// RUN: %{run} %t/state.mlir --seed=9 | FileCheck %s --check-prefix=STATE
// STATE: result0 {{.*}}: agree
// STATE: result1 {{.*}}: agree
// STATE: result2 {{.*}}: agree

//--- state.mlir
func.func @main(%q: tensor<1x2x17x32xbf16>, %k: tensor<1x2x130x32xbf16>, %v: tensor<1x2x130x16xbf16>)
    -> (tensor<1x2x17x16xbf16>, tensor<1x2x17xf32>, tensor<1x2x17xf32>) {
  %a0, %m0, %l0 = attn.init_state : tensor<1x2x17x16xf32>, tensor<1x2x17xf32>
  %a1, %m1, %l1 = attn.attend %q, %k, %v into %a0, %m0, %l0 scale 2.0
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      attn.yield %0 : i1
    }
    : tensor<1x2x17x32xbf16>, tensor<1x2x130x32xbf16>, tensor<1x2x130x16xbf16> -> tensor<1x2x17x16xf32>, tensor<1x2x17xf32>
  %a2, %m2, %l2 = attn.attend %q, %k, %v into %a1, %m1, %l1 scale 2.5
    : tensor<1x2x17x32xbf16>, tensor<1x2x130x32xbf16>, tensor<1x2x130x16xbf16> -> tensor<1x2x17x16xf32>, tensor<1x2x17xf32>
  // Weights were rounded to bf16.
  %a = arith.truncf %a2 : tensor<1x2x17x16xf32> to tensor<1x2x17x16xbf16>
  return %a, %m2, %l2 : tensor<1x2x17x16xbf16>, tensor<1x2x17xf32>, tensor<1x2x17xf32>
}

// D2, D3, D4: row 0 is empty; a masked NaN or infinity in K and V leaves no trace; an attended one makes its row NaN.
// RUN: attn-run %t/special.mlir -O0 --emulate-amx | FileCheck %s --check-prefix=SPECIAL
// SPECIAL: result0
// SPECIAL{LITERAL}: [[[[0, 0],
// SPECIAL{LITERAL}: [1, 2],
// SPECIAL{LITERAL}: [2.46875, 3.46875],
// SPECIAL{LITERAL}: [nan, nan]]]]
// SPECIAL: result1
// SPECIAL{LITERAL}: [[[-inf, 1, 2.31326, nan]]]

//--- special.mlir
func.func @main() -> (tensor<1x1x4x2xbf16>, tensor<1x1x4xf32>) {
  %q = arith.constant dense<1.0> : tensor<1x1x4x1xbf16>
  %k = arith.constant dense<[[[[1.0], [2.0], [0x7FC0], [0x7F80]]]]> : tensor<1x1x4x1xbf16>
  %v2 = arith.constant dense<[[[[1.0, 2.0], [3.0, 4.0], [0x7FC0, 1.0], [0x7F80, 1.0]]]]> : tensor<1x1x4x2xbf16>
  %none = arith.constant 0.0 : bf16
  %v = tensor.pad %v2 low[0, 0, 0, 0] high[0, 0, 0, 14] {
  ^bb0(%b: index, %h: index, %i: index, %f: index):
    tensor.yield %none : bf16
  } : tensor<1x1x4x2xbf16> to tensor<1x1x4x16xbf16>
  %o, %l = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %before = arith.constant -1 : index
      %0 = attn.causal %i, %j offset %before
      attn.yield %0 : i1
    }
    : tensor<1x1x4x1xbf16>, tensor<1x1x4x1xbf16>, tensor<1x1x4x16xbf16> -> (tensor<1x1x4x16xbf16>, lse tensor<1x1x4xf32>)
  %o2 = tensor.extract_slice %o[0, 0, 0, 0] [1, 1, 4, 2] [1, 1, 1, 1] : tensor<1x1x4x16xbf16> to tensor<1x1x4x2xbf16>
  return %o2, %l : tensor<1x1x4x2xbf16>, tensor<1x1x4xf32>
}

// Without a mask, too: values and keys of a whole block that are not finite; a score of -inf hides a value of NaN.
// RUN: %{run} %t/unmasked.mlir --seed=3 | FileCheck %s --check-prefix=UNMASKED
// UNMASKED: result0 {{.*}}: agree
// UNMASKED: result1 {{.*}}: agree
// UNMASKED: result2 {{.*}}: agree
// UNMASKED: result3 {{.*}}: agree

//--- unmasked.mlir
func.func @main(%q: tensor<1x1x40x64xbf16>, %k: tensor<1x1x150x64xbf16>, %v: tensor<1x1x150x32xbf16>)
    -> (tensor<1x1x40x32xbf16>, tensor<1x1x40xf32>, tensor<1x1x40x32xbf16>, tensor<1x1x40xf32>) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c70 = arith.constant 70 : index
  %inf = arith.constant 0x7F80 : bf16
  %lowest = arith.constant 0xFF80 : bf16
  %nan = arith.constant 0x7FC0 : bf16
  %v0 = tensor.insert %inf into %v[%c0, %c0, %c70, %c3] : tensor<1x1x150x32xbf16>
  %o0, %l0 = attn.attention %q, %k, %v0 scale 0.1
    : tensor<1x1x40x64xbf16>, tensor<1x1x150x64xbf16>, tensor<1x1x150x32xbf16> -> (tensor<1x1x40x32xbf16>, lse tensor<1x1x40xf32>)
  // By the sign of the query's feature, +inf: the row is NaN; or -inf.
  %k1 = tensor.insert %lowest into %k[%c0, %c0, %c70, %c3] : tensor<1x1x150x64xbf16>
  %v1 = tensor.insert %nan into %v[%c0, %c0, %c70, %c3] : tensor<1x1x150x32xbf16>
  %o1, %l1 = attn.attention %q, %k1, %v1 scale 0.1
    : tensor<1x1x40x64xbf16>, tensor<1x1x150x64xbf16>, tensor<1x1x150x32xbf16> -> (tensor<1x1x40x32xbf16>, lse tensor<1x1x40xf32>)
  return %o0, %l0, %o1, %l1 : tensor<1x1x40x32xbf16>, tensor<1x1x40xf32>, tensor<1x1x40x32xbf16>, tensor<1x1x40xf32>
}
