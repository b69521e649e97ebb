// Our passes on our dialect, in the stock tool (which knows a plugin's passes by --pass-pipeline, not as flags).
// RUN: mlir-opt --load-dialect-plugin=%plugin --load-pass-plugin=%plugin --pass-pipeline='builtin.module(convert-attn-to-linalg)' %s \
// RUN:   | FileCheck %s
// RUN: mlir-opt --load-dialect-plugin=%plugin --load-pass-plugin=%plugin --pass-pipeline='builtin.module(attn-to-loops)' %s \
// RUN:   | FileCheck %s --check-prefix=LOOPS
// RUN: mlir-opt --load-dialect-plugin=%plugin --verify-roundtrip %s | FileCheck %s --check-prefix=DIALECT
//
// A thin plugin: MLIR is the tool's own.
// RUN: llvm-readelf --needed-libs %plugin | FileCheck %s --check-prefix=THIN

// THIN-NOT: libMLIR
// THIN: libc.so

// CHECK-LABEL: func.func @causal(
// CHECK-NOT: attn.
// CHECK: linalg.generic
// LOOPS: llvm.func @causal(
// DIALECT: attn.causal
func.func @causal(%q: tensor<1x2x3x4xf32>, %k: tensor<1x1x5x4xf32>, %v: tensor<1x1x5x6xf32>) -> tensor<1x2x3x6xf32> {
  %0 = attn.attention %q, %k, %v scale 0.3
    mask (%b: index, %h: index, %i: index, %j: index) {
      %1 = attn.causal %i, %j
      attn.yield %1 : i1
    }
    : tensor<1x2x3x4xf32>, tensor<1x1x5x4xf32>, tensor<1x1x5x6xf32> -> tensor<1x2x3x6xf32>
  return %0 : tensor<1x2x3x6xf32>
}
