// Only the function that runs, and what it calls, is compiled: others may be what no library can export.

// RUN: attn-run %s --function=twice --random-inputs --range=x=3:3 | FileCheck %s
// CHECK: result0 f32 [2]: mean 6, min 6, max 6
// RUN: attn-run %s --function=helper --random-inputs --range=x=3:3 | FileCheck %s --check-prefix=HELPER
// HELPER: result0 f32 [2]: mean 6, min 6, max 6
// RUN: not attn-run %s --function=count --random-inputs 2>&1 | FileCheck %s --check-prefix=COUNT
// RUN: not attn-compile %s -o %t.so 2>&1 | FileCheck %s --check-prefix=COUNT
// COUNT: error: expected dimension 0 of result 0 ('result0') of 'count' to follow from the shapes of its arguments

func.func @count(%n: tensor<100xi64>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %m = linalg.add ins(%n, %n : tensor<100xi64>, tensor<100xi64>) outs(%n : tensor<100xi64>) -> tensor<100xi64>
  %c = tensor.extract %m[%c0] : tensor<100xi64>
  %i = arith.index_cast %c : i64 to index
  %e = tensor.empty(%i) : tensor<?xf32>
  return %e : tensor<?xf32>
}

func.func @twice(%x: tensor<2xf32> {attn.name = "x"}) -> tensor<2xf32> {
  %0 = call @helper(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

func.func @helper(%x: tensor<2xf32> {attn.name = "x"}) -> tensor<2xf32> {
  %e = tensor.empty() : tensor<2xf32>
  %r = linalg.add ins(%x, %x : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>) -> tensor<2xf32>
  return %r : tensor<2xf32>
}
