// RUN: attn-opt %s --attn-verify-llvm --verify-diagnostics

llvm.func @fine() {
  llvm.return
}

// expected-error @+1 {{expected only ops of the LLVM and omp dialects here, got 'func.func'}}
func.func private @left()
