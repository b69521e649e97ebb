// Compiled code against the oracle, and against the plain lowering where the oracle has no such op.

// RUN: attn-run %s --function=attention --random-inputs --seed=1 --compare=reference | FileCheck %s
// CHECK: reference: oracle
// CHECK-NEXT: result0 1x4x3x8xf32: agree: 96 elements; {{.*}} (rtol 0.0001, atol 1e-05)
// CHECK-NEXT: result1 1x4x3xf32: agree: 12 elements; {{.*}} (rtol 0.0001, atol 1e-05)

// Sums in another order than the oracle's are never all the same.
// RUN: not attn-run %s --function=attention --random-inputs --seed=1 --compare=reference --rtol=0 --atol=0 > %t
// RUN: FileCheck %s --check-prefix=EXACT < %t
// EXACT: differ: {{[0-9]+}} of {{.*}}, first at [{{.*}}]: expected {{.*}}, got {{.*}} (rtol 0, atol 0)

// What is expected, in a file: the oracle's numbers, not those of the code.
// RUN: attn-run %s --function=attention --random-inputs --seed=1 --compare=reference --output=%t.o.npy --expected=%t.e.npy
// RUN: not cmp -s %t.o.npy %t.e.npy
// RUN: attn-run %s --function=narrow --random-inputs --compare=reference --output=%t.o.npy --output=%t.o1.npy --expected=%t.e.npy --expected=result1=%t.e1.npy
// RUN: cmp %t.o.npy %t.e.npy
// RUN: cmp %t.o1.npy %t.e1.npy
// RUN: not attn-run %s --function=narrow --random-inputs --compare=reference --expected=%t.a --expected=%t.b --expected=%t.c 2>&1 | FileCheck %s --check-prefix=MANY
// MANY: attn-run: error: expected at most 2 --expected (result0, result1), got '{{.*}}.c' too

// RUN: attn-run %s --function=narrow --random-inputs --compare=reference | FileCheck %s --check-prefix=NARROW
// NARROW: result0 5xbf16: agree: 5 elements; {{.*}} (rtol 0.016, atol 0.016)
// NARROW-NEXT: result1 5xi8: agree: 5 elements; {{[^()]*$}}

// RUN: attn-run %s --function=switch --random-inputs --dim n=7 --compare=reference | FileCheck %s --check-prefix=PLAIN
// PLAIN: reference: plain lowering (no oracle for 'scf.index_switch')
// PLAIN-NEXT: result0 3x7xf32: agree: 21 elements

func.func @attention(%q: tensor<1x4x3x16xf32>, %k: tensor<1x2x9x16xf32>, %v: tensor<1x2x9x8xf32>)
    -> (tensor<1x4x3x8xf32>, tensor<1x4x3xf32>) {
  %c6 = arith.constant 6 : index
  %o, %lse = attn.attention %q, %k, %v scale 0.3
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j offset %c6
      attn.yield %0 : i1
    }
    : tensor<1x4x3x16xf32>, tensor<1x2x9x16xf32>, tensor<1x2x9x8xf32>
    -> (tensor<1x4x3x8xf32>, lse tensor<1x4x3xf32>)
  return %o, %lse : tensor<1x4x3x8xf32>, tensor<1x4x3xf32>
}

func.func @narrow(%x: tensor<5xbf16>, %i: tensor<5xi8>) -> (tensor<5xbf16>, tensor<5xi8>) {
  %e = tensor.empty() : tensor<5xbf16>
  %a = linalg.add ins(%x, %x : tensor<5xbf16>, tensor<5xbf16>) outs(%e : tensor<5xbf16>) -> tensor<5xbf16>
  %f = tensor.empty() : tensor<5xi8>
  %b = linalg.mul ins(%i, %i : tensor<5xi8>, tensor<5xi8>) outs(%f : tensor<5xi8>) -> tensor<5xi8>
  return %a, %b : tensor<5xbf16>, tensor<5xi8>
}

func.func @switch(%x: tensor<3x?xf32> {attn.dim_names = ["", "n"]}, %i: tensor<i64>) -> tensor<3x?xf32> {
  %case = tensor.extract %i[] : tensor<i64>
  %n = arith.index_cast %case : i64 to index
  %r = scf.index_switch %n -> tensor<3x?xf32>
  case 7 {
    %0 = arith.addf %x, %x : tensor<3x?xf32>
    scf.yield %0 : tensor<3x?xf32>
  }
  default {
    scf.yield %x : tensor<3x?xf32>
  }
  return %r : tensor<3x?xf32>
}
