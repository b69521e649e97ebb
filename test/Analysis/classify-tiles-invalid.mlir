// RUN: attn-opt %s --attn-classify-tiles=tile-key=0 -verify-diagnostics
// RUN: not attn-opt %s --attn-classify-tiles 2>&1 | FileCheck %s

// CHECK: error: expected one attn.attention, got 0
// expected-error @+1 {{expected tile sizes from 1 to 1048576, got 64 and 0}}
func.func @f(%q: tensor<2xf32>) -> tensor<2xf32> {
  return %q : tensor<2xf32>
}
