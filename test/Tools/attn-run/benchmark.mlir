// Timings: only their form can be tested, and the count of operations.

// RUN: attn-run %s --function=attention --random-inputs --benchmark=0 | FileCheck %s
// RUN: attn-run %s --function=attention --random-inputs --benchmark=0.01 --threads=1 | FileCheck %s
// CHECK: time: median {{.*}} ms, from {{.*}} ms (10 %) to {{.*}} ms (90 %), {{[0-9]+}} runs
// 2 B Hq Sq Sk (D + Dv) = 2 * 2 * 10 * 50 * 20 * (20 + 5) = 1 MFLOP
// CHECK-NEXT: rate: {{.*}} GFLOP/s (1 MFLOP a run)
// CHECK-NEXT: memory: {{.*}} MiB at peak, {{.*}} MiB of it for the runs

// RUN: attn-run %s --function=product --random-inputs --dim n=100 --keep-dynamic --benchmark=0 | FileCheck %s --check-prefix=PRODUCT
// PRODUCT: rate: {{.*}} GFLOP/s (0.4 MFLOP a run)

// RUN: attn-run %s --function=sum --random-inputs --benchmark=0 | FileCheck %s --check-prefix=SUM
// SUM: time:
// SUM-NOT: rate:
// SUM: memory:

func.func @attention(%q: tensor<2x10x50x20xf32>, %k: tensor<2x5x20x20xf32>, %v: tensor<2x5x20x5xf32>) -> tensor<2x10x50x5xf32> {
  %0 = attn.attention %q, %k, %v : tensor<2x10x50x20xf32>, tensor<2x5x20x20xf32>, tensor<2x5x20x5xf32> -> (tensor<2x10x50x5xf32>)
  return %0 : tensor<2x10x50x5xf32>
}

func.func @product(%a: tensor<20x?xf32> {attn.dim_names = ["", "n"]}, %b: tensor<?x100xf32> {attn.dim_names = ["n", ""]})
    -> tensor<20x100xf32> {
  %zero = arith.constant dense<0.0> : tensor<20x100xf32>
  %0 = linalg.matmul ins(%a, %b : tensor<20x?xf32>, tensor<?x100xf32>) outs(%zero : tensor<20x100xf32>) -> tensor<20x100xf32>
  return %0 : tensor<20x100xf32>
}

func.func @sum(%x: tensor<8xf32>) -> tensor<8xf32> {
  %e = tensor.empty() : tensor<8xf32>
  %0 = linalg.add ins(%x, %x : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
