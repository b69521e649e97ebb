//===- AttnEncodingOps.td - Positional encodings ------------------------===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNENCODINGOPS
#define ATTN_DIALECT_ATTN_IR_ATTNENCODINGOPS

include "attn/Dialect/Attn/IR/AttnBase.td"

def Attn_RotaryEmbeddingOp : Attn_Op<"rotary_embedding", [Pure, AttrSizedOperandSegments,
    AllTypesMatch<["input", "output"]>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "Rotates pairs of features by an angle of the position (RoPE)";
  let description = [{
    `(x1, x2) -> (cos * x1 - sin * x2, sin * x1 + cos * x2)` on the first r features
    (`rotary_dim`; 0 means all), where the pair is (t, t + r/2), or
    (2t, 2t + 1) with `interleaved` (D13). The other features pass through.

    The input is `[B, H, S, D]` in the order of `layout`. Tables `cos` and `sin`
    are `[positions, r/2]`, read at `positions` (`[B, S]`, checked when run, D21), or
    `[B, S, r/2]` without positions. Without tables the angle is
    `pos * base^(-2t/r)`, rounded to f32 whatever the data type (D13), where pos is
    `positions[b, i]`, or i without positions.

    Source: Su et al., "RoFormer", 2021.

    Example:

    ```mlir
    func.func @rope(%x: tensor<1x2x3x8xf32>, %cos: tensor<16x4xf32>, %sin: tensor<16x4xf32>,
        %pos: tensor<1x3xi64>) -> tensor<1x2x3x8xf32> {
      %0 = attn.rotary_embedding %x cos %cos sin %sin positions %pos
        : tensor<1x2x3x8xf32>, cos tensor<16x4xf32>, sin tensor<16x4xf32>, positions tensor<1x3xi64>
      return %0 : tensor<1x2x3x8xf32>
    }
    ```
  }];
  let arguments = (ins Attn_FloatTensor4D:$input,
    Optional<Attn_FloatTensor>:$cos, Optional<Attn_FloatTensor>:$sin,
    Optional<Attn_IntegerTensor2D>:$positions,
    DefaultValuedAttr<I64Attr, "0">:$rotary_dim, UnitAttr:$interleaved,
    DefaultValuedAttr<F64Attr, "10000.0">:$base, Attn_LayoutAttr:$layout);
  let results = (outs Attn_FloatTensor4D:$output);
  let assemblyFormat = [{
    $input (`cos` $cos^)? (`sin` $sin^)? (`positions` $positions^)?
    (`rotary_dim` $rotary_dim^)? (`interleaved` $interleaved^)? (`base` $base^)?
    `` custom<Layout>($layout) attr-dict `:` type($input)
    `` custom<RotaryOperandTypes>(type($cos), type($sin), type($positions))
  }];
  let hasVerifier = 1;
}

def Attn_SinusoidalEncodingOp : Attn_Op<"sinusoidal_encoding", [Pure,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "Sines and cosines of the position";
  let description = [{
    `PE[pos, 2t] = sin(pos / base^(2t/d))`, `PE[pos, 2t+1] = cos(pos / base^(2t/d))` (D14),
    where d is the last dimension of the result and its other dimensions are those of
    `positions`. Angles are f32 (f64 for an f64 result).

    Source: Vaswani et al., "Attention Is All You Need", 2017.

    Example:

    ```mlir
    func.func @positions(%p: tensor<?xi64>) -> tensor<?x64xf32> {
      %0 = attn.sinusoidal_encoding %p : tensor<?xi64> -> tensor<?x64xf32>
      return %0 : tensor<?x64xf32>
    }
    ```
  }];
  let arguments = (ins Attn_IntegerTensor:$positions,
    DefaultValuedAttr<F64Attr, "10000.0">:$base);
  let results = (outs Attn_FloatTensor:$output);
  let assemblyFormat = [{
    $positions (`base` $base^)? attr-dict `:` type($positions) `->` type($output)
  }];
  let hasVerifier = 1;
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNENCODINGOPS
