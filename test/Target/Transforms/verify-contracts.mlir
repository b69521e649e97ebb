// RUN: attn-opt %s --attn-verify-no-tensors --split-input-file --verify-diagnostics

func.func @fine(%x: memref<2xf32>) {
  return
}

// -----

// expected-error @+1 {{expected no tensor here, got 'func.func'}}
func.func @tensor(%x: tensor<2xf32>) {
  return
}
