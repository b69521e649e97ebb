//===- AttnAttentionOps.td - Softmax attention --------------------------===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNATTENTIONOPS
#define ATTN_DIALECT_ATTN_IR_ATTNATTENTIONOPS

include "attn/Dialect/Attn/IR/AttnBase.td"

def Attn_AttentionOp : Attn_Op<"attention", [
    AttrSizedResultSegments, RecursiveMemoryEffects, RecursivelySpeculatable,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "Softmax attention with score, mask and probability code on positions";
  let description = [{
    For batch b, query head h, query i, key j and key-value head
    g = h floordiv (Hq / Hkv):

    ```
    s0[i,j] = scale * sum_d Q[b,h,i,d] * K[b,g,j,d]
    s[i,j]  = score(s0, b, h, i, j)
    M[i,j]  = mask(b, h, i, j) and s[i,j] != -inf
    m[i]    = max of s over j with M, and of sink[h]
    l[i]    = sum of exp(s - m) over j with M, + exp(sink[h] - m)
    P[i,j]  = prob(exp(s - m) / l, b, h, i, j) where M, else exactly 0
    O[i,:]  = sum_j P[i,j] * V[b,g,j,:]        LSE[i] = m + log(l)
    ```

    A row that attends to no key gives O = 0 and LSE = -inf (D2); a masked pair
    contributes nothing even if its K or V is not finite (D3).

    Shapes in canonical order: Q `[B, Hq, Sq, D]`, K `[B, Hkv, Sk, D]`,
    V `[B, Hkv, Sk, Dv]`, O `[B, Hq, Sq, Dv]`, LSE `[B, Hq, Sq]`, scores
    `[B, Hq, Sq, Sk]`, sink `[Hq]`. Each operand and result may have its
    dimensions in another order, named after `layout`. Hkv divides Hq.

    `scale` defaults to 1/sqrt(D) (D1). Each operand may have a type of its own.
    Accumulation, scores and statistics are f32, or f64 when an input is f64 (D5): that is the type of the score and
    prob arguments and of LSE, which is a natural logarithm.

    Regions: `score` maps a score, `mask` says whether a pair attends, `prob` maps
    a normalized probability (where the pair attends). Their positions are
    positions in the whole op; they may capture any SSA value. No region means
    identity, or everything attends.

    Results beyond the output: `lse`, and the scores at one stage: `scaled`
    (s0), `modified` (s, -inf where masked), `weights` (P), or `intermediate`, a
    second value that the score region yields.

    Example:

    ```mlir
    func.func @causal_softcap(%q: tensor<2x8x5x16xbf16>, %k: tensor<2x2x9x16xbf16>,
        %v: tensor<2x2x9x16xbf16>, %past: index) -> (tensor<2x8x5x16xbf16>, tensor<2x8x5xf32>) {
      %o, %lse = attn.attention %q, %k, %v scale 0.3
        score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
          %0 = attn.softcap %s, 50.0 : f32
          attn.yield %0 : f32
        }
        mask (%b: index, %h: index, %i: index, %j: index) {
          %0 = attn.causal %i, %j offset %past
          attn.yield %0 : i1
        }
        : tensor<2x8x5x16xbf16>, tensor<2x2x9x16xbf16>, tensor<2x2x9x16xbf16>
        -> (tensor<2x8x5x16xbf16>, lse tensor<2x8x5xf32>)
      return %o, %lse : tensor<2x8x5x16xbf16>, tensor<2x8x5xf32>
    }
    ```
  }];
  let arguments = (ins
    Attn_FloatTensor4D:$query,
    Attn_FloatTensor4D:$key,
    Attn_FloatTensor4D:$value,
    Optional<Attn_FloatTensor1D>:$sink,
    OptionalAttr<F64Attr>:$scale,
    Attn_LayoutAttr:$query_layout,
    Attn_LayoutAttr:$key_layout,
    Attn_LayoutAttr:$value_layout,
    Attn_LayoutAttr:$output_layout,
    Attn_LayoutAttr:$lse_layout,
    Attn_LayoutAttr:$scores_layout,
    OptionalAttr<Attn_ScoresStage>:$scores_stage);
  let results = (outs
    Attn_FloatTensor4D:$output,
    Optional<Attn_ScoreTensor3D>:$lse,
    Optional<Attn_FloatTensor4D>:$scores);
  let regions = (region
    MaxSizedRegion<1>:$score, MaxSizedRegion<1>:$mask, MaxSizedRegion<1>:$prob);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`sink` $sink^)? (`scale` $scale^)?
    `` custom<AttentionLayouts>($query_layout, $key_layout, $value_layout,
                             $output_layout, $lse_layout, $scores_layout)
    `` custom<ScoreRegion>($score) `` custom<MaskRegion>($mask) `` custom<ProbRegion>($prob)
    attr-dict `:` type($query) `,` type($key) `,` type($value)
    (`,` `sink` type($sink)^)?
    `->` custom<AttentionResults>($scores_stage, type($output), type($lse), type($scores))
  }];
  let extraClassDeclaration = [{
    /// f64 if an input is f64, else f32 (D5).
    ::mlir::FloatType getScoreType();
    /// The `scale` attribute, or 1/sqrt(D) when D is static; nullopt otherwise.
    ::std::optional<double> getStaticScale();
    /// Head counts and lengths where they are static (ShapedType::kDynamic else).
    int64_t getCanonicalDim(::mlir::Value operand, int64_t dim);
    /// The layout of an operand or result, canonical order when absent.
    ::llvm::SmallVector<int64_t> getLayoutOf(::mlir::Value operandOrResult);
  }];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Attn_YieldOp : Attn_Op<"yield", [Pure, Terminator, ReturnLike,
    ParentOneOf<["AttentionOp", "AttendOp"]>]> {
  let summary = "Ends a score, mask or prob region";
  let description = [{
    A mask region yields `i1`; a score or prob region yields the score type. A
    score region may yield a second value of that type, which is the
    `intermediate` stage of the scores result.
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict $values `:` type($values)";
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNATTENTIONOPS
