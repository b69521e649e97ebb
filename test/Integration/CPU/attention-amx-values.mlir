// The states and special values of attention on AMX tiles, emulated.
// REQUIRES: cpu-avx2
// RUN: split-file %s %t
// DEFINE: %{run} = attn-run -O0 --emulate-amx --random-inputs --compare=reference

// A state that has seen keys before.
// RUN: %{run} %t/state.mlir --seed=9 | FileCheck %s --check-prefix=STATE
// STATE: result0 {{.*}}: agree
// STATE: result1 {{.*}}: agree

//--- state.mlir
func.func @main(%q: tensor<1x2x17x32xbf16>, %k: tensor<1x2x130x32xbf16>, %v: tensor<1x2x130x16xbf16>)
    -> (tensor<1x2x17x16xbf16>, tensor<1x2x17xf32>) {
  %a0, %m0, %l0 = attn.init_state : tensor<1x2x17x16xf32>, tensor<1x2x17xf32>
  %a1, %m1, %l1 = attn.attend %q, %k, %v into %a0, %m0, %l0 scale 2.0
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      attn.yield %0 : i1
    }
    : tensor<1x2x17x32xbf16>, tensor<1x2x130x32xbf16>, tensor<1x2x130x16xbf16> -> tensor<1x2x17x16xf32>, tensor<1x2x17xf32>
  %a2, %m2, %l2 = attn.attend %q, %k, %v into %a1, %m1, %l1 scale 2.5
    : tensor<1x2x17x32xbf16>, tensor<1x2x130x32xbf16>, tensor<1x2x130x16xbf16> -> tensor<1x2x17x16xf32>, tensor<1x2x17xf32>
  %o, %lse = attn.finalize_state %a2, %m2, %l2
    : tensor<1x2x17x16xf32>, tensor<1x2x17xf32> -> (tensor<1x2x17x16xbf16>, lse tensor<1x2x17xf32>)
  return %o, %lse : tensor<1x2x17x16xbf16>, tensor<1x2x17xf32>
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

// The second key weighs nothing, but attends.
// RUN: attn-run %t/attended.mlir -O0 --emulate-amx | FileCheck %s --check-prefix=ATTENDED
// ATTENDED{LITERAL}: [[[[nan, inf, 1, 1]]]]

//--- attended.mlir
func.func @main() -> tensor<1x1x1x4xbf16> {
  %q = arith.constant dense<200.0> : tensor<1x1x16x1xbf16>
  %k = arith.constant dense<[[[[1.0], [-1.0], [1.0]]]]> : tensor<1x1x3x1xbf16>
  %v4 = arith.constant dense<[[[[1.0, 1.0, 1.0, 1.0], [0x7FC0, 0x7F80, 2.0, 3.0e38], [2.0, 2.0, 0x7FC0, 0x7F80]]]]> : tensor<1x1x3x4xbf16>
  %none = arith.constant 0.0 : bf16
  %v = tensor.pad %v4 low[0, 0, 0, 0] high[0, 0, 0, 12] {
  ^bb0(%b: index, %h: index, %i: index, %f: index):
    tensor.yield %none : bf16
  } : tensor<1x1x3x4xbf16> to tensor<1x1x3x16xbf16>
  %o = attn.attention %q, %k, %v scale 1.0
    mask (%b: index, %h: index, %i: index, %j: index) {
      %two = arith.constant 2 : index
      %0 = arith.cmpi ne, %j, %two : index
      attn.yield %0 : i1
    }
    : tensor<1x1x16x1xbf16>, tensor<1x1x3x1xbf16>, tensor<1x1x3x16xbf16> -> tensor<1x1x16x16xbf16>
  %o1 = tensor.extract_slice %o[0, 0, 0, 0] [1, 1, 1, 4] [1, 1, 1, 1] : tensor<1x1x16x16xbf16> to tensor<1x1x1x4xbf16>
  return %o1 : tensor<1x1x1x4xbf16>
}

// Without a mask, too: values and keys of a whole block that are not finite; a score of -inf hides a value of NaN.
// RUN: %{run} %t/unmasked.mlir --seed=3 | FileCheck %s --check-prefix=UNMASKED
// UNMASKED: result0 {{.*}}: agree
// UNMASKED: result1 {{.*}}: agree
// UNMASKED: result2 {{.*}}: agree
// UNMASKED: result3 {{.*}}: agree

//--- unmasked.mlir
func.func @main(%q: tensor<1x1x20x32xbf16>, %k: tensor<1x1x90x32xbf16>, %v: tensor<1x1x90x16xbf16>)
    -> (tensor<1x1x20x16xbf16>, tensor<1x1x20xf32>, tensor<1x1x20x16xbf16>, tensor<1x1x20xf32>) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c70 = arith.constant 70 : index
  %inf = arith.constant 0x7F80 : bf16
  %lowest = arith.constant 0xFF80 : bf16
  %nan = arith.constant 0x7FC0 : bf16
  %v0 = tensor.insert %inf into %v[%c0, %c0, %c70, %c3] : tensor<1x1x90x16xbf16>
  %o0, %l0 = attn.attention %q, %k, %v0 scale 0.1
    : tensor<1x1x20x32xbf16>, tensor<1x1x90x32xbf16>, tensor<1x1x90x16xbf16> -> (tensor<1x1x20x16xbf16>, lse tensor<1x1x20xf32>)
  // By the sign of the query's feature, +inf: the row is NaN; or -inf.
  %k1 = tensor.insert %lowest into %k[%c0, %c0, %c70, %c3] : tensor<1x1x90x32xbf16>
  %v1 = tensor.insert %nan into %v[%c0, %c0, %c70, %c3] : tensor<1x1x90x16xbf16>
  %o1, %l1 = attn.attention %q, %k1, %v1 scale 0.1
    : tensor<1x1x20x32xbf16>, tensor<1x1x90x32xbf16>, tensor<1x1x90x16xbf16> -> (tensor<1x1x20x16xbf16>, lse tensor<1x1x20xf32>)
  return %o0, %l0, %o1, %l1 : tensor<1x1x20x16xbf16>, tensor<1x1x20xf32>, tensor<1x1x20x16xbf16>, tensor<1x1x20xf32>
}

// Scores that grow behind the first block of keys of a panel: by less than its maxima can serve, by more than sums can hold, and
// by more than f32 can.
// RUN: %{run} %t/growing.mlir --seed=1 | FileCheck %s --check-prefix=GROWING
// RUN: %{run} %t/growing.mlir --seed=2 | FileCheck %s --check-prefix=GROWING
// GROWING-COUNT-6: result{{[0-5] .*}}: agree

//--- growing.mlir
func.func @main(%q: tensor<1x2x40x32xbf16>, %k: tensor<1x1x1100x32xbf16>, %v: tensor<1x1x1100x48xbf16>)
    -> (tensor<1x2x40x48xbf16>, tensor<1x2x40xf32>, tensor<1x2x40x48xbf16>, tensor<1x2x40xf32>, tensor<1x2x40x48xbf16>, tensor<1x2x40xf32>) {
  %o0, %l0 = attn.attention %q, %k, %v scale 3.0
    : tensor<1x2x40x32xbf16>, tensor<1x1x1100x32xbf16>, tensor<1x1x1100x48xbf16> -> (tensor<1x2x40x48xbf16>, lse tensor<1x2x40xf32>)
  %o1, %l1 = attn.attention %q, %k, %v scale 7.0
    : tensor<1x2x40x32xbf16>, tensor<1x1x1100x32xbf16>, tensor<1x1x1100x48xbf16> -> (tensor<1x2x40x48xbf16>, lse tensor<1x2x40xf32>)
  %o2, %l2 = attn.attention %q, %k, %v scale 900.0
    : tensor<1x2x40x32xbf16>, tensor<1x1x1100x32xbf16>, tensor<1x1x1100x48xbf16> -> (tensor<1x2x40x48xbf16>, lse tensor<1x2x40xf32>)
  return %o0, %l0, %o1, %l1, %o2, %l2
    : tensor<1x2x40x48xbf16>, tensor<1x2x40xf32>, tensor<1x2x40x48xbf16>, tensor<1x2x40xf32>, tensor<1x2x40x48xbf16>, tensor<1x2x40xf32>
}

// Values that sums of 2^60 would bring beyond f32.
// RUN: %{run} %t/large.mlir --seed=3 | FileCheck %s --check-prefix=STATE

//--- large.mlir
func.func @main(%q: tensor<1x1x20x32xbf16>, %k: tensor<1x1x256x32xbf16>, %v: tensor<1x1x256x16xbf16>) -> (tensor<1x1x20x16xbf16>, tensor<1x1x20xf32>) {
  %large = arith.constant dense<1.0e36> : tensor<1x1x256x16xbf16>
  %v1 = arith.mulf %v, %large : tensor<1x1x256x16xbf16>
  %o, %l = attn.attention %q, %k, %v1 scale 4.0
    : tensor<1x1x20x32xbf16>, tensor<1x1x256x32xbf16>, tensor<1x1x256x16xbf16> -> (tensor<1x1x20x16xbf16>, lse tensor<1x1x20xf32>)
  %large20 = arith.constant dense<1.0e36> : tensor<1x1x20x16xbf16>
  %small = arith.divf %o, %large20 : tensor<1x1x20x16xbf16>
  return %small, %l : tensor<1x1x20x16xbf16>, tensor<1x1x20xf32>
}

// The same under masks: rows whose first keys are hidden and above all that they see, by less and by more than weights can hold;
// rows without a key in a block, or at all; in a stage, and before it.
// RUN: %{run} %t/masked.mlir --seed=1 | FileCheck %s --check-prefix=MASKED
// RUN: %{run} %t/masked.mlir --seed=2 | FileCheck %s --check-prefix=MASKED
// MASKED-COUNT-8: result{{[0-7] .*}}: agree

//--- masked.mlir
func.func @main(%q: tensor<1x2x200x32xbf16>, %k: tensor<1x1x420x32xbf16>, %v: tensor<1x1x420x16xbf16>)
    -> (tensor<1x2x200x16xbf16>, tensor<1x2x200xf32>, tensor<1x2x200x16xbf16>, tensor<1x2x200xf32>,
        tensor<1x2x200x16xbf16>, tensor<1x2x200xf32>, tensor<1x2x200x16xbf16>, tensor<1x2x200xf32>) {
  %past = arith.constant -30 : index
  %o0, %l0 = attn.attention %q, %k, %v scale 2.0
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.window %i, %j left 90 right 40
      attn.yield %0 : i1
    }
    : tensor<1x2x200x32xbf16>, tensor<1x1x420x32xbf16>, tensor<1x1x420x16xbf16> -> (tensor<1x2x200x16xbf16>, lse tensor<1x2x200xf32>)
  %o1, %l1 = attn.attention %q, %k, %v scale 40.0
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.window %i, %j offset %past left 90 right 40
      attn.yield %0 : i1
    }
    : tensor<1x2x200x32xbf16>, tensor<1x1x420x32xbf16>, tensor<1x1x420x16xbf16> -> (tensor<1x2x200x16xbf16>, lse tensor<1x2x200xf32>)
  %o2, %l2 = attn.attention %q, %k, %v scale 900.0
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j offset %past
      attn.yield %0 : i1
    }
    : tensor<1x2x200x32xbf16>, tensor<1x1x420x32xbf16>, tensor<1x1x420x16xbf16> -> (tensor<1x2x200x16xbf16>, lse tensor<1x2x200xf32>)
  %o3, %l3 = attn.attention %q, %k, %v scale 9.0
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = attn.softcap %s, 300.0 : f32
      attn.yield %0 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.window %i, %j offset %past left 90 right 40
      attn.yield %0 : i1
    }
    : tensor<1x2x200x32xbf16>, tensor<1x1x420x32xbf16>, tensor<1x1x420x16xbf16> -> (tensor<1x2x200x16xbf16>, lse tensor<1x2x200xf32>)
  return %o0, %l0, %o1, %l1, %o2, %l2, %o3, %l3
    : tensor<1x2x200x16xbf16>, tensor<1x2x200xf32>, tensor<1x2x200x16xbf16>, tensor<1x2x200xf32>,
      tensor<1x2x200x16xbf16>, tensor<1x2x200xf32>, tensor<1x2x200x16xbf16>, tensor<1x2x200xf32>
}

// One key far above all others, behind the first block; and hidden infinities and NaN in whole blocks under a mask.
// RUN: %{run} %t/outlier.mlir --seed=4 | FileCheck %s --check-prefix=OUTLIER
// OUTLIER-COUNT-4: result{{[0-3] .*}}: agree

//--- outlier.mlir
func.func @main(%q: tensor<1x1x64x32xbf16>, %k: tensor<1x1x256x32xbf16>, %v: tensor<1x1x256x16xbf16>)
    -> (tensor<1x1x64x16xbf16>, tensor<1x1x64xf32>, tensor<1x1x64x16xbf16>, tensor<1x1x64xf32>) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c130 = arith.constant 130 : index
  %c131 = arith.constant 131 : index
  %large = arith.constant 2.0e4 : bf16
  %inf = arith.constant 0x7F80 : bf16
  %nan = arith.constant 0x7FC0 : bf16
  %k0 = tensor.insert %large into %k[%c0, %c0, %c130, %c3] : tensor<1x1x256x32xbf16>
  %o0, %l0 = attn.attention %q, %k0, %v scale 0.2
    : tensor<1x1x64x32xbf16>, tensor<1x1x256x32xbf16>, tensor<1x1x256x16xbf16> -> (tensor<1x1x64x16xbf16>, lse tensor<1x1x64xf32>)
  %k1 = tensor.insert %inf into %k0[%c0, %c0, %c131, %c3] : tensor<1x1x256x32xbf16>
  %k2 = tensor.insert %nan into %k1[%c0, %c0, %c0, %c3] : tensor<1x1x256x32xbf16>
  %o1, %l1 = attn.attention %q, %k2, %v scale 0.2
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = arith.cmpi ne, %j, %c0 : index
      %1 = arith.cmpi ne, %j, %c131 : index
      %2 = arith.andi %0, %1 : i1
      attn.yield %2 : i1
    }
    : tensor<1x1x64x32xbf16>, tensor<1x1x256x32xbf16>, tensor<1x1x256x16xbf16> -> (tensor<1x1x64x16xbf16>, lse tensor<1x1x64xf32>)
  return %o0, %l0, %o1, %l1 : tensor<1x1x64x16xbf16>, tensor<1x1x64xf32>, tensor<1x1x64x16xbf16>, tensor<1x1x64xf32>
}

// A first key that the mask hides, of scores that are near 0: the reference is 0, not the -inf of what went over the scores before.
// RUN: %{run} %t/hidden.mlir --seed=5 | FileCheck %s --check-prefix=HIDDEN
// HIDDEN-COUNT-2: result{{[01] .*}}: agree

//--- hidden.mlir
func.func @main(%q: tensor<1x1x64x32xbf16>, %k: tensor<1x1x128x32xbf16>, %v: tensor<1x1x128x16xbf16>)
    -> (tensor<1x1x64x16xbf16>, tensor<1x1x64xf32>) {
  %o, %l = attn.attention %q, %k, %v scale 0.1
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = attn.softcap %s, 20.0 : f32
      attn.yield %0 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.window %i, %j left 3 right 3
      attn.yield %0 : i1
    }
    : tensor<1x1x64x32xbf16>, tensor<1x1x128x32xbf16>, tensor<1x1x128x16xbf16> -> (tensor<1x1x64x16xbf16>, lse tensor<1x1x64xf32>)
  return %o, %l : tensor<1x1x64x16xbf16>, tensor<1x1x64xf32>
}

// What a region makes -inf weighs nothing, without a mask; a key that is infinite makes its scores -inf in some rows and inf in others.
// RUN: %{run} %t/infinite.mlir --seed=6 | FileCheck %s --check-prefix=INFINITE
// INFINITE-COUNT-3: result{{[0-2] .*}}: agree

//--- infinite.mlir
func.func @main(%q: tensor<1x1x64x32xbf16>, %k: tensor<1x1x256x32xbf16>, %v: tensor<1x1x256x16xbf16>)
    -> (tensor<1x1x64x16xbf16>, tensor<1x1x64x16xbf16>, tensor<1x1x64xf32>) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c131 = arith.constant 131 : index
  %inf = arith.constant 0x7F80 : bf16
  %o0 = attn.attention %q, %k, %v scale 3.0
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %none = arith.constant 0xFF800000 : f32
      %0 = arith.cmpi sle, %j, %i : index
      %1 = arith.select %0, %s, %none : f32
      attn.yield %1 : f32
    }
    : tensor<1x1x64x32xbf16>, tensor<1x1x256x32xbf16>, tensor<1x1x256x16xbf16> -> (tensor<1x1x64x16xbf16>)
  %k1 = tensor.insert %inf into %k[%c0, %c0, %c131, %c3] : tensor<1x1x256x32xbf16>
  %o1, %l1 = attn.attention %q, %k1, %v scale 0.2
    : tensor<1x1x64x32xbf16>, tensor<1x1x256x32xbf16>, tensor<1x1x256x16xbf16> -> (tensor<1x1x64x16xbf16>, lse tensor<1x1x64xf32>)
  return %o0, %o1, %l1 : tensor<1x1x64x16xbf16>, tensor<1x1x64x16xbf16>, tensor<1x1x64xf32>
}

// D4: scores as low as they can be are a row's like any others, in the pipeline, in the last block, and of few rows.
// RUN: %{run} %t/lowest.mlir --seed=5 | FileCheck %s --check-prefix=LOWEST
// LOWEST-COUNT-4: : agree

//--- lowest.mlir
func.func @main(%q: tensor<1x2x33x32xbf16>, %few: tensor<1x2x8x32xbf16>, %k: tensor<1x2x200x32xbf16>, %v: tensor<1x2x200x16xbf16>)
    -> (tensor<1x2x33x16xbf16>, tensor<1x2x33xf32>, tensor<1x2x8x16xbf16>, tensor<1x2x8xf32>) {
  %o0, %l0 = attn.attention %q, %k, %v scale 0.1
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %c2 = arith.constant 2 : index
      %c0 = arith.constant 0 : index
      %lowest = arith.constant -3.40282347e+38 : f32
      %none = arith.constant 0.0 : f32
      %0 = arith.remui %i, %c2 : index
      %1 = arith.cmpi eq, %0, %c0 : index
      %2 = arith.select %1, %lowest, %none : f32
      %3 = arith.addf %s, %2 : f32
      attn.yield %3 : f32
    }
    : tensor<1x2x33x32xbf16>, tensor<1x2x200x32xbf16>, tensor<1x2x200x16xbf16> -> (tensor<1x2x33x16xbf16>, lse tensor<1x2x33xf32>)
  %o1, %l1 = attn.attention %few, %k, %v scale 0.1
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %lowest = arith.constant -3.40282347e+38 : f32
      %0 = arith.addf %s, %lowest : f32
      attn.yield %0 : f32
    }
    : tensor<1x2x8x32xbf16>, tensor<1x2x200x32xbf16>, tensor<1x2x200x16xbf16> -> (tensor<1x2x8x16xbf16>, lse tensor<1x2x8xf32>)
  return %o0, %l0, %o1, %l1 : tensor<1x2x33x16xbf16>, tensor<1x2x33xf32>, tensor<1x2x8x16xbf16>, tensor<1x2x8xf32>
}
