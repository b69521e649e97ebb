// Attention on AMX tiles, emulated, against the oracle: bf16, lengths that no tile divides, heads of every size, masks and score
// regions. Vectors are as wide as those of AVX-512, which tiles need too.
// REQUIRES: cpu-avx2
// RUN: split-file %s %t
// DEFINE: %{run} = attn-run -O0 --emulate-amx --random-inputs --compare=reference

// More keys than are packed at once, more than one tile of queries, the last of it one row.
// RUN: %{run} %t/long.mlir --seed=1 | FileCheck %s
// CHECK: result0 {{.*}}: agree
// CHECK: result1 {{.*}}: agree
// Other schedules: blocks in order, V packed by each tile of queries, small panels.
// RUN: %{run} %t/long.mlir --seed=1 --schedule=stages=1 | FileCheck %s
// RUN: %{run} %t/long.mlir --seed=1 --schedule=packing=own,panel-keys=128,unmasked-keys=200 --exp=exact | FileCheck %s
// RUN: %{run} %t/long.mlir --seed=1 --schedule=stages=1,packing=own,panel-keys=64 | FileCheck %s

//--- long.mlir
func.func @main(%q: tensor<1x2x97x64xbf16>, %k: tensor<1x1x611x64xbf16>, %v: tensor<1x1x611x64xbf16>)
    -> (tensor<1x2x97x64xbf16>, tensor<1x2x97xf32>) {
  %o, %l = attn.attention %q, %k, %v scale 0.21
    : tensor<1x2x97x64xbf16>, tensor<1x1x611x64xbf16>, tensor<1x1x611x64xbf16> -> (tensor<1x2x97x64xbf16>, lse tensor<1x2x97xf32>)
  return %o, %l : tensor<1x2x97x64xbf16>, tensor<1x2x97xf32>
}

// Heads that are no whole tiles, sizes known when run, logits up to thousands.
// RUN: %{run} %t/dynamic.mlir --keep-dynamic --dim arg0.0=2 --dim arg0.2=35 --dim arg1.0=2 --dim arg1.2=77 --dim arg2.0=2 --dim arg2.2=77 --seed=2 | FileCheck %s
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

//--- causal.mlir
func.func @main(%q: tensor<2x4x70x64xbf16>, %k: tensor<2x2x150x64xbf16>, %v: tensor<2x2x150x64xbf16>, %past: tensor<2xi64>)
    -> (tensor<2x4x70x64xbf16>, tensor<2x4x70xf32>) {
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
    : tensor<2x4x70x64xbf16>, tensor<2x2x150x64xbf16>, tensor<2x2x150x64xbf16> -> (tensor<2x4x70x64xbf16>, lse tensor<2x4x70xf32>)
  return %o, %l : tensor<2x4x70x64xbf16>, tensor<2x4x70xf32>
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

// Heads that no tile divides, V's another than K's, in rows of one piece and by elements.
// RUN: %{run} %t/heads.mlir --seed=7 | FileCheck %s --check-prefix=HEADS
// HEADS-COUNT-6: result{{[0-5] .*}}: agree
// RUN: %{run} %t/heads.mlir --seed=8 --schedule=stages=1,panel-keys=64 | FileCheck %s --check-prefix=HEADS

//--- heads.mlir
func.func @main(%q: tensor<1x2x37x72xbf16>, %k: tensor<1x1x130x72xbf16>, %v: tensor<1x1x130x72xbf16>,
    %q1: tensor<1x2x37x8xbf16>, %k1: tensor<1x1x130x8xbf16>, %v1: tensor<1x1x130x24xbf16>,
    %q2: tensor<1x2x37x104xbf16>, %k2: tensor<1x1x104x130xbf16>, %v2: tensor<1x1x200x130xbf16>)
    -> (tensor<1x2x37x72xbf16>, tensor<1x2x37xf32>, tensor<1x2x37x24xbf16>, tensor<1x2x37xf32>, tensor<1x2x37x200xbf16>, tensor<1x2x37xf32>) {
  %o, %l = attn.attention %q, %k, %v scale 0.3
    : tensor<1x2x37x72xbf16>, tensor<1x1x130x72xbf16>, tensor<1x1x130x72xbf16> -> (tensor<1x2x37x72xbf16>, lse tensor<1x2x37xf32>)
  %o1, %l1 = attn.attention %q1, %k1, %v1 scale 0.7
    : tensor<1x2x37x8xbf16>, tensor<1x1x130x8xbf16>, tensor<1x1x130x24xbf16> -> (tensor<1x2x37x24xbf16>, lse tensor<1x2x37xf32>)
  %o2, %l2 = attn.attention %q2, %k2, %v2 scale 0.2
    layout key [batch, head, feature, sequence] value [batch, head, feature, sequence]
    : tensor<1x2x37x104xbf16>, tensor<1x1x104x130xbf16>, tensor<1x1x200x130xbf16> -> (tensor<1x2x37x200xbf16>, lse tensor<1x2x37xf32>)
  return %o, %l, %o1, %l1, %o2, %l2
    : tensor<1x2x37x72xbf16>, tensor<1x2x37xf32>, tensor<1x2x37x24xbf16>, tensor<1x2x37xf32>, tensor<1x2x37x200xbf16>, tensor<1x2x37xf32>
}
