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

def TileAttention : Pass<"attn-tile"> {
  let summary = "Tile attention over queries and keys, with an online softmax";
  let description = [{
    Precondition: attn.attention on tensors, with static feature dimensions. Effect: each becomes an `scf.forall` over
    (batch, query head, query tile) around a loop over key tiles that carries the attention state, so that memory grows
    with the tile and not with Sq x Sk. Mask analysis bounds the loop: key tiles that no query of the tile attends to are not
    visited, and a mask that every pair passes is left out. Query tiles are visited from the last: with a causal mask
    those take longest. Regions see positions in the whole attention: in a tile they add its origin at their entry. Ops on
    positions in them are expanded, and tensors that they read are checked once, before the loops.

    Declined, with a remark: a prob region or a scores result, which need whole rows; regions with side effects, or with reads
    that only the read itself can check.

    ```mlir
    %o = attn.attention %q, %k, %v mask (%b, %h, %i, %j) { attn.causal %i, %j } : ...
    // becomes, with tiles of 96 queries and 64 keys
    %o = scf.forall (%b, %h, %n) in (B, Hq, Sq ceildiv 96) shared_outs(%out = %empty) {
      %i0 = (Sq ceildiv 96 - 1 - %n) * 96
      %qt = tensor.extract_slice %q[%b, %h, %i0, 0] ...
      %s0:3 = attn.init_state
      %s:3 = scf.for %j0 = 0 to min(((%i0 + 95) floordiv 64 + 1) * 64, Sk) step 64 iter_args(%a, %m, %l = %s0) {
        %kt = tensor.extract_slice %k[%b, %h floordiv G, %j0, 0] ...
        %vt = tensor.extract_slice %v[%b, %h floordiv G, %j0, 0] ...
        %t:3 = attn.attend %qt, %kt, %vt into %a, %m, %l mask (%bt, %ht, %it, %jt) { %jt + %j0 <= %it + %i0 }
        scf.yield %t
      }
      %ot = attn.finalize_state %s
      scf.forall.in_parallel { tensor.parallel_insert_slice %ot into %out[%b, %h, %i0, 0] ... }
    }
    ```
  }];
  let options = [
    Option<"tileQuery", "tile-query", "int64_t", "96", "Queries of a tile, 1 to 2^20">,
    Option<"tileKey", "tile-key", "int64_t", "64", "Keys of a tile, 1 to 2^20">
  ];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect", "cf::ControlFlowDialect",
                           "linalg::LinalgDialect", "math::MathDialect", "scf::SCFDialect", "tensor::TensorDialect"];
}

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_PASSES_TD

