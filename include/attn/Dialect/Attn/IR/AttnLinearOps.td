//===- AttnLinearOps.td - Linear attention ------------------------------===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNLINEAROPS
#define ATTN_DIALECT_ATTN_IR_ATTNLINEAROPS

include "attn/Dialect/Attn/IR/AttnBase.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"

def Attn_LinearAttentionOp : Attn_Op<"linear_attention", [Pure,
    AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "Attention without softmax, as a recurrence over a state";
  let description = [{
    Per key-value head, with state S (dk x dv), tokens in order (D15):

    ```
    S = exp(decay) * S            if the rule is gated or gated_delta
    v' = beta * (v - S^T k)       if the rule is delta or gated_delta, else v
    S = S + k v'^T
    o = scale * S^T q             for each query head of the group
    ```

    Shapes in canonical order: query `[B, Hq, S, dk]`, key `[B, Hkv, S, dk]`, value
    `[B, Hkv, S, dv]`, output `[B, Hq, S, dv]`, each in the order of its `layout`;
    decay `[B, Hkv, S]`, or `[B, Hkv, S, dk]` for one factor per row of the state; beta
    `[B, Hkv, S]`; state `[B, Hkv, dk, dv]`, zero when absent. `scale` defaults to 1/sqrt(dk). The
    recurrence is f32 (f64 for f64). The second result is the state after the last token.

    Sources: Katharopoulos et al. 2020 (linear); Yang et al. 2024 (gated, delta).

    Example:

    ```mlir
    func.func @gated(%q: tensor<1x4x6x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x5xf32>,
        %g: tensor<1x2x6xf32>) -> (tensor<1x4x6x5xf32>, tensor<1x2x8x5xf32>) {
      %o, %s = attn.linear_attention gated %q, %k, %v decay %g
        : tensor<1x4x6x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x5xf32>, decay tensor<1x2x6xf32>
        -> (tensor<1x4x6x5xf32>, state tensor<1x2x8x5xf32>)
      return %o, %s : tensor<1x4x6x5xf32>, tensor<1x2x8x5xf32>
    }
    ```
  }];
  let arguments = (ins Attn_LinearRule:$rule,
    Attn_FloatTensor4D:$query, Attn_FloatTensor4D:$key, Attn_FloatTensor4D:$value,
    Optional<Attn_FloatTensor>:$decay, Optional<Attn_FloatTensor>:$beta,
    Optional<Attn_FloatTensor4D>:$state, OptionalAttr<F64Attr>:$scale,
    Attn_LayoutAttr:$query_layout, Attn_LayoutAttr:$key_layout,
    Attn_LayoutAttr:$value_layout, Attn_LayoutAttr:$output_layout);
  let results = (outs Attn_FloatTensor4D:$output, Optional<Attn_FloatTensor4D>:$new_state);
  let assemblyFormat = [{
    $rule $query `,` $key `,` $value (`decay` $decay^)? (`beta` $beta^)? (`state` $state^)?
    (`scale` $scale^)?
    `` custom<LinearLayouts>($query_layout, $key_layout, $value_layout, $output_layout)
    attr-dict `:` type($query) `,` type($key) `,` type($value)
    `` custom<LinearOperandTypes>(type($decay), type($beta), type($state))
    `->` custom<OutputAndState>(type($output), type($new_state))
  }];
  let extraClassDeclaration = [{
    /// f64 if an input is f64, else f32.
    ::mlir::FloatType getScoreType();
    ::std::optional<double> getStaticScale();
    bool isGated() { return getRule() == LinearRule::gated || getRule() == LinearRule::gated_delta; }
    bool isDelta() { return getRule() == LinearRule::delta || getRule() == LinearRule::gated_delta; }
  }];
  let hasVerifier = 1;
}

def Attn_LinearChunkOp : Attn_Op<"linear_chunk", [
    AttrSizedOperandSegments, DestinationStyleOpInterface,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface, ["getEffects"]>]> {
  let summary = "Folds a run of tokens into the state of linear attention";
  let description = [{
    `attn.linear_attention` for one batch and one key-value head, with the tensors that it
    writes given: `output`, whose contents do not matter before, and `state` (f32, or f64 if an input is f64), which the tokens
    update. Chunks one after another equal `attn.linear_attention` on their concatenation.
    On memrefs, after bufferization, it has no results and writes both where they lie; they must not
    overlap anything else, and any strides are allowed.

    Example:

    ```mlir
    func.func @chunk(%q: tensor<1x2x6x8xf32>, %k: tensor<1x1x6x8xf32>, %v: tensor<1x1x6x5xf32>,
        %g: tensor<1x1x6xf32>, %o: tensor<1x2x6x5xf32>, %s: tensor<1x1x8x5xf32>)
        -> (tensor<1x2x6x5xf32>, tensor<1x1x8x5xf32>) {
      %0, %1 = attn.linear_chunk gated %q, %k, %v decay %g into %o, %s scale 0.5
        : tensor<1x2x6x8xf32>, tensor<1x1x6x8xf32>, tensor<1x1x6x5xf32>, decay tensor<1x1x6xf32>
        into tensor<1x2x6x5xf32>, tensor<1x1x8x5xf32> -> tensor<1x2x6x5xf32>, tensor<1x1x8x5xf32>
      return %0, %1 : tensor<1x2x6x5xf32>, tensor<1x1x8x5xf32>
    }
    func.func @in_place(%q: memref<1x2x6x8xf32>, %k: memref<1x1x6x8xf32>, %v: memref<1x1x6x5xf32>,
        %o: memref<1x2x6x5xf32>, %s: memref<1x1x8x5xf32>) {
      attn.linear_chunk linear %q, %k, %v into %o, %s
        : memref<1x2x6x8xf32>, memref<1x1x6x8xf32>, memref<1x1x6x5xf32>
        into memref<1x2x6x5xf32>, memref<1x1x8x5xf32>
      return
    }
    ```
  }];
  let arguments = (ins Attn_LinearRule:$rule,
    Attn_FloatShaped4D:$query, Attn_FloatShaped4D:$key, Attn_FloatShaped4D:$value,
    Optional<Attn_FloatShaped>:$decay, Optional<Attn_FloatShaped>:$beta,
    Attn_FloatShaped4D:$output, Attn_ScoreShaped4D:$state, OptionalAttr<F64Attr>:$scale,
    Attn_LayoutAttr:$query_layout, Attn_LayoutAttr:$key_layout,
    Attn_LayoutAttr:$value_layout, Attn_LayoutAttr:$output_layout);
  let results = (outs Variadic<AnyRankedTensor>:$new_values);
  let assemblyFormat = [{
    $rule $query `,` $key `,` $value (`decay` $decay^)? (`beta` $beta^)?
    `into` $output `,` $state (`scale` $scale^)?
    `` custom<LinearLayouts>($query_layout, $key_layout, $value_layout, $output_layout)
    attr-dict `:` type($query) `,` type($key) `,` type($value)
    `` custom<LinearGateTypes>(type($decay), type($beta))
    `into` type($output) `,` type($state) (`->` type($new_values)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::FloatType getScoreType();
    ::std::optional<double> getStaticScale();
    bool isGated() { return getRule() == LinearRule::gated || getRule() == LinearRule::gated_delta; }
    bool isDelta() { return getRule() == LinearRule::delta || getRule() == LinearRule::gated_delta; }
    /// Output and state.
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return ::mlir::MutableOperandRange(getOperation(), getNumOperands() - 2, /*length=*/2);
    }
    /// The result that holds the state, on tensors.
    ::mlir::Value getNewState() { return getNewValues()[1]; }
  }];
  let hasVerifier = 1;
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNLINEAROPS
