//===- Passes.td - Graph-level passes --------------------------*- tablegen -*-===//
#ifndef ATTN_DIALECT_ATTN_TRANSFORMS_PASSES_TD
#define ATTN_DIALECT_ATTN_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def FuseElementwise : Pass<"attn-fuse-elementwise"> {
  let summary = "Fuse chains of elementwise ops that compute each element once";
  let description = [{
    Upstream's fusion of elementwise `linalg.generic`s, restricted to pairs that do no work twice: the producer has one
    use, and both run over the same number of parallel loops and nothing else. (Upstream's default also fuses a producer into a
    reduction or a broadcast, where a matrix product would then compute an activation once for each column.)

    ```mlir
    func.func @chain(%x: tensor<4xf32>) -> tensor<4xf32> {
      %e = tensor.empty() : tensor<4xf32>
      %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
          ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
      ^bb0(%a: f32, %o: f32):
        %n = arith.negf %a : f32
        linalg.yield %n : f32
      } -> tensor<4xf32>
      %1 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
          ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) {
      ^bb0(%a: f32, %o: f32):
        %n = arith.mulf %a, %a : f32
        linalg.yield %n : f32
      } -> tensor<4xf32>
      return %1 : tensor<4xf32>
    }
    // becomes one linalg.generic with negf and mulf
    ```
  }];
  let dependentDialects = ["affine::AffineDialect", "linalg::LinalgDialect", "memref::MemRefDialect"];
}

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_PASSES_TD
