// Tensors in and out of files, in order and by name, and what may be wrong with them.

// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: attn-run %s --function=make --output=a.npy --output=ints=i.npy | count 0
// RUN: attn-run %s --function=use --input=a.npy --input=i.npy | FileCheck %s
// RUN: attn-run %s --function=use --input=n=i.npy --input=a.npy | FileCheck %s
// CHECK: result0 f32 [2]: mean 1.5, min 1, max 2
// CHECK-NEXT: [1, 2]
// CHECK-NEXT: result1 i64 [3]: mean 5, min 4, max 6
// CHECK-NEXT: [4, 5, 6]

// An `=` may be part of a path.
// RUN: cp a.npy x=a.npy
// RUN: attn-run %s --function=use --input=x=a.npy --input=n=i.npy | FileCheck %s

// Files and random inputs together.
// RUN: attn-run %s --function=use --input=n=i.npy --random-inputs --range=arg0=3:3 | FileCheck %s --check-prefix=MIXED
// MIXED: result0 f32 [2]: mean 3, min 3, max 3
// MIXED: [4, 5, 6]

// RUN: not attn-run %s --function=use --input=none.npy --input=i.npy 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: attn-run: error: none.npy: No such file or directory

// RUN: head -c 130 a.npy > short.npy
// RUN: not attn-run %s --function=use --input=short.npy --input=i.npy 2>&1 | FileCheck %s --check-prefix=TRUNCATED
// TRUNCATED: attn-run: error: short.npy: expected elements of type 2xf32 after the header, got 2 bytes

// RUN: not attn-run %s --function=use --input=i.npy --input=i.npy 2>&1 | FileCheck %s --check-prefix=DTYPE
// DTYPE: attn-run: error: expected dtype f32 for input 'arg0', got i64

// RUN: not attn-run %s --function=use --input=a.npy --input=n=a.npy 2>&1 | FileCheck %s --check-prefix=DTYPE2
// DTYPE2: attn-run: error: expected dtype i64 for input 'n', got f32

// RUN: attn-run %s --function=other --output=b.npy --output=c.npy
// RUN: not attn-run %s --function=use --input=b.npy --input=i.npy 2>&1 | FileCheck %s --check-prefix=SHAPE
// SHAPE: attn-run: error: expected dimension 0 of input 'arg0' to be 2 (f32 [2]), got 3xf32
// RUN: not attn-run %s --function=use --input=c.npy --input=i.npy 2>&1 | FileCheck %s --check-prefix=RANK
// RANK: attn-run: error: expected rank 1 for input 'arg0' (f32 [2]), got 1x2xf32

// RUN: not attn-run %s --function=use --input=a.npy 2>&1 | FileCheck %s --check-prefix=FEW
// FEW: attn-run: error: expected --input for 'n' (i64 [arg1.0]), or --random-inputs, got neither
// RUN: not attn-run %s --function=use --input=a.npy --input=i.npy --input=a.npy 2>&1 | FileCheck %s --check-prefix=MANY
// MANY: attn-run: error: expected at most 2 --input (arg0, n), got 'a.npy' too
// RUN: not attn-run %s --function=use --input=n=i.npy --input=n=i.npy 2>&1 | FileCheck %s --check-prefix=TWICE
// TWICE: attn-run: error: expected one --input for 'n', got 'i.npy' and 'i.npy'
// RUN: not attn-run %s --function=use --input=a.txt --input=i.npy 2>&1 | FileCheck %s --check-prefix=SUFFIX
// SUFFIX: attn-run: error: expected a file that ends in .npy or .pb, got 'a.txt'
// RUN: echo nothing > bad.pb
// RUN: not attn-run %s --function=use --input=bad.pb --input=i.npy 2>&1 | FileCheck %s --check-prefix=PB
// PB: attn-run: error: {{.*}}bad.pb

// Nothing is written where nothing can be.
// RUN: not attn-run %s --function=make --output=no/a.npy --output=ints=j.npy 2>&1 | FileCheck %s --check-prefix=FOLDER
// FOLDER: attn-run: error: expected to write 'no/a.npy', got: No such file or directory
// RUN: not attn-run %s --function=make --output=y.npy --output=y.npy --output=z.npy 2>&1 | FileCheck %s --check-prefix=OUTPUTS
// OUTPUTS: attn-run: error: expected at most 2 --output (result0, ints), got 'z.npy' too
// RUN: ls | FileCheck %s --check-prefix=LEFT
// LEFT-NOT: {{^(j|y|z)}}

func.func @make() -> (tensor<2xf32>, tensor<3xi64> {attn.name = "ints"}) {
  %a = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %i = arith.constant dense<[4, 5, 6]> : tensor<3xi64>
  return %a, %i : tensor<2xf32>, tensor<3xi64>
}

func.func @other() -> (tensor<3xf32>, tensor<1x2xf32>) {
  %a = arith.constant dense<1.0> : tensor<3xf32>
  %b = arith.constant dense<1.0> : tensor<1x2xf32>
  return %a, %b : tensor<3xf32>, tensor<1x2xf32>
}

func.func @use(%a: tensor<2xf32>, %i: tensor<?xi64> {attn.name = "n"}) -> (tensor<2xf32>, tensor<?xi64>) {
  return %a, %i : tensor<2xf32>, tensor<?xi64>
}
