// What only a run can tell is refused with the operand and dimension named (D21), and nothing is read out of bounds.
// RUN: split-file %s %t

// RUN: attn-compile %t/sizes.mlir --plain -o %t/sizes.so
// RUN: not attn-run %t/sizes.so --random-inputs --dim arg0.1=4 --dim arg0.3=8 --dim arg1.1=3 --dim arg1.2=5 --dim arg1.3=8 2>&1 | FileCheck %s --check-prefix=HEADS
// HEADS: expected the number of query heads to be a multiple of the number of key heads
// RUN: not attn-run %t/sizes.so --random-inputs --dim arg0.1=4 --dim arg0.3=8 --dim arg1.1=0 --dim arg1.2=5 --dim arg1.3=8 2>&1 | FileCheck %s --check-prefix=HEADS
// RUN: not attn-run %t/sizes.so --random-inputs --dim arg0.1=4 --dim arg0.3=8 --dim arg1.1=2 --dim arg1.2=5 --dim arg1.3=9 2>&1 | FileCheck %s --check-prefix=FEATURES
// FEATURES: expected dimension 3 of key to equal dimension 3 of query
// RUN: attn-run %t/sizes.so --random-inputs --dim arg0.1=4 --dim arg0.3=8 --dim arg1.1=2 --dim arg1.2=5 --dim arg1.3=8 | FileCheck %s --check-prefix=RIGHT
// RUN: attn-run %t/sizes.so --random-inputs --dim arg0.1=0 --dim arg0.3=8 --dim arg1.1=0 --dim arg1.2=5 --dim arg1.3=8 | FileCheck %s --check-prefix=RIGHT
// RIGHT: result0 f32 [1, {{4|0}}, 3, 8]

//--- sizes.mlir
func.func @main(%q: tensor<1x?x3x?xf32>, %k: tensor<1x?x?x?xf32>) -> tensor<1x?x3x?xf32> {
  %o = attn.attention %q, %k, %k : tensor<1x?x3x?xf32>, tensor<1x?x?x?xf32>, tensor<1x?x?x?xf32> -> (tensor<1x?x3x?xf32>)
  return %o : tensor<1x?x3x?xf32>
}

// RUN: attn-compile %t/reads.mlir --plain -o %t/reads.so
// RUN: not attn-run %t/reads.so --random-inputs --dim arg2.0=6 --range arg3=2:2 2>&1 | FileCheck %s --check-prefix=INDEX
// RUN: not attn-run %t/reads.so --random-inputs --dim arg2.0=6 --range arg3=-1:-1 2>&1 | FileCheck %s --check-prefix=INDEX
// RUN: not attn-run %t/reads.so --random-inputs --dim arg2.0=0 --range arg3=0:0 2>&1 | FileCheck %s --check-prefix=INDEX
// INDEX: expected index 0 into a captured tensor to be from 0 to below dimension 0
// RUN: attn-run %t/reads.so --random-inputs --dim arg2.0=6 --range arg3=1:1 | FileCheck %s --check-prefix=INSIDE
// INSIDE: result0 f32 [1, 2, 4, 8]

//--- reads.mlir
func.func @main(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x5x8xf32>, %bias: tensor<?xf32>, %past: tensor<1xi64>)
    -> tensor<1x2x4x8xf32> {
  %zero = arith.constant 0 : index
  %n = tensor.extract %past[%zero] : tensor<1xi64>
  %offset = arith.index_cast %n : i64 to index
  %o = attn.attention %q, %k, %k
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %at = arith.addi %j, %offset : index
      %0 = tensor.extract %bias[%at] : tensor<?xf32>
      %1 = arith.addf %s, %0 : f32
      attn.yield %1 : f32
    }
    : tensor<1x2x4x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> (tensor<1x2x4x8xf32>)
  return %o : tensor<1x2x4x8xf32>
}

// RUN: attn-compile %t/segments.mlir --plain -o %t/segments.so
// RUN: not attn-run %t/segments.so --random-inputs --dim arg1.1=4 2>&1 | FileCheck %s --check-prefix=SEGMENTS
// SEGMENTS: expected dimension 1 of key_segments to be at least dimension 2 of key

//--- segments.mlir
func.func @main(%q: tensor<1x2x5x8xf32>, %s: tensor<1x?xi32>) -> tensor<1x2x5x8xf32> {
  %o = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      %first = arith.constant 0 : index
      %0 = attn.same_segment %s, %s at %b, %first, %j : tensor<1x?xi32>, tensor<1x?xi32>
      attn.yield %0 : i1
    }
    : tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> (tensor<1x2x5x8xf32>)
  return %o : tensor<1x2x5x8xf32>
}
