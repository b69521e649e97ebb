//===- AttnCacheOps.td - Key and value caches ---------------------------===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNCACHEOPS
#define ATTN_DIALECT_ATTN_IR_ATTNCACHEOPS

include "attn/Dialect/Attn/IR/AttnBase.td"

def Attn_CacheUpdateOp : Attn_Op<"cache_update", [Pure,
    AllTypesMatch<["cache", "output"]>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "Writes new keys or values into a cache";
  let description = [{
    `out[b, ..., positions[b] + t, ...] = update[b, ..., t, ...]` (D19), elsewhere the
    cache; t runs along `axis`. With `circular` the written position is taken
    modulo the size of that dimension. Positions are `[B]`, 0 when absent; a negative position, or one
    past the end when not circular, is an error when run (D21). `axis` is not 0.

    Example:

    ```mlir
    func.func @append(%cache: tensor<2x4x16x8xf32>, %new: tensor<2x4x1x8xf32>,
        %n: tensor<2xi64>) -> tensor<2x4x16x8xf32> {
      %0 = attn.cache_update %cache, %new at %n axis 2
        : tensor<2x4x16x8xf32>, tensor<2x4x1x8xf32>, at tensor<2xi64>
      return %0 : tensor<2x4x16x8xf32>
    }
    ```
  }];
  let arguments = (ins AnyRankedTensor:$cache, AnyRankedTensor:$update,
    Optional<Attn_IntegerTensor1D>:$positions, I64Attr:$axis, UnitAttr:$circular);
  let results = (outs AnyRankedTensor:$output);
  let assemblyFormat = [{
    $cache `,` $update (`at` $positions^)? `axis` $axis (`circular` $circular^)? attr-dict
    `:` type($cache) `,` type($update) (`,` `at` type($positions)^)?
  }];
  let hasVerifier = 1;
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNCACHEOPS
