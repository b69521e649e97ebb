// --exp: the exact one by default where weights stay f32; the other is as near as it says, and reaches the code of each tool.
// DEFINE: %{run} = attn-run %s --random-inputs --seed=3
// RUN: %{run} --compare=reference --output=result0=%t.default.npy | FileCheck %s
// RUN: %{run} --exp=exact --compare=reference --output=result0=%t.exact.npy | FileCheck %s
// RUN: cmp %t.default.npy %t.exact.npy
// RUN: %{run} --exp=fast --compare=reference --output=result0=%t.fast.npy | FileCheck %s
// RUN: not cmp -s %t.fast.npy %t.exact.npy
// RUN: attn-compile %s --exp=fast -o %t.so
// RUN: attn-run %t.so --random-inputs --seed=3 --output=result0=%t.loaded.npy
// RUN: cmp %t.loaded.npy %t.fast.npy
// CHECK: : agree

// RUN: attn-opt %s --attn-to-tiles -o %t.tiles.mlir
// RUN: attn-opt %t.tiles.mlir --attn-bufferize --attn-to-cpu="exp=fast" | FileCheck %s --check-prefix=FAST
// RUN: attn-opt %t.tiles.mlir --attn-bufferize --attn-to-cpu="exp=exact" | FileCheck %s --check-prefix=EXACT
// FAST: dense<0.165668428> : vector<4xf32>
// EXACT: dense<0.00138368458> : vector<4xf32>

// RUN: attn-bench --suite=prefill --seq=64 --dim=16 --causal --exp=fast --check-only | FileCheck %s --check-prefix=BENCH
// BENCH: : agree

// Linear attention's decays stay exact: their errors would multiply.
// RUN: attn-run %S/Inputs/decay.mlir --random-inputs --seed=4 --output=result0=%t.exact.npy
// RUN: attn-run %S/Inputs/decay.mlir --random-inputs --seed=4 --exp=fast --output=result0=%t.fast.npy
// RUN: cmp %t.fast.npy %t.exact.npy
func.func @main(%q: tensor<1x2x70x16xf32>, %k: tensor<1x2x90x16xf32>, %v: tensor<1x2x90x16xf32>) -> tensor<1x2x70x16xf32> {
  %o = attn.attention %q, %k, %v scale 0.5
    : tensor<1x2x70x16xf32>, tensor<1x2x90x16xf32>, tensor<1x2x90x16xf32> -> tensor<1x2x70x16xf32>
  return %o : tensor<1x2x70x16xf32>
}
