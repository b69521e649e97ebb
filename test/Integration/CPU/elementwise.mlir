// arith and math on whole tensors, which people write in graphs by hand.
// RUN: attn-run %s --random-inputs --seed=3 --dim arg0.0=7 --dim arg1.0=7 --keep-dynamic --compare=reference | FileCheck %s
// RUN: not attn-run %s --random-inputs --dim arg0.0=7 --dim arg1.0=6 --keep-dynamic 2>&1 | FileCheck %s --check-prefix=MISMATCH

// CHECK: result0 f32 [7, 5]{{.*}}
// CHECK: agree
// MISMATCH: error: {{.*}}expected
func.func @main(%x: tensor<?x5xf32>, %y: tensor<?x5xf32>) -> tensor<?x5xf32> {
  %0 = arith.addf %x, %y : tensor<?x5xf32>
  %1 = math.exp %0 : tensor<?x5xf32>
  %2 = arith.mulf %1, %x : tensor<?x5xf32>
  return %2 : tensor<?x5xf32>
}
