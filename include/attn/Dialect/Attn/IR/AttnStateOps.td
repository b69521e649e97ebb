//===- AttnStateOps.td - The algebra of attention states ----------------===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNSTATEOPS
#define ATTN_DIALECT_ATTN_IR_ATTNSTATEOPS

include "attn/Dialect/Attn/IR/AttnBase.td"

// An attention state is three values in canonical order, all of one type, f32 or f64: acc [B, H, Sq, Dv], the sum of
// exp(s - max) V; max [B, H, Sq]; sum [B, H, Sq], of exp(s - max). The empty state is (0, -inf, 0). Max need not be the
// largest score: (acc, max, sum) and (acc * e^-c, max + c, sum * e^-c) are one state, and all that reads one takes it so.

def Attn_InitStateOp : Attn_Op<"init_state", [Pure,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "The attention state that has seen no key";
  let description = [{
    `acc = 0, max = -inf, sum = 0`: the identity of `attn.merge_states` (D12).
    Operands are the sizes of the dynamic dimensions of acc, in order.

    `in scratch` says where the state lives: in memory of the kernels, `#attn.scratch`, until it is finalized
    or copied. `attn-tile` says so of the state of a tile. Else the state lives in memory like any tensor.

    Example:

    ```mlir
    func.func @init(%n: index) -> (tensor<1x2x?x8xf32>, tensor<1x2x?xf32>, tensor<1x2x?xf32>) {
      %acc, %max, %sum = attn.init_state (%n) : tensor<1x2x?x8xf32>, tensor<1x2x?xf32>
      return %acc, %max, %sum : tensor<1x2x?x8xf32>, tensor<1x2x?xf32>, tensor<1x2x?xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<Index>:$sizes, UnitAttr:$in_scratch);
  let results = (outs Attn_ScoreTensor4D:$acc, Attn_ScoreTensor3D:$max, Attn_ScoreTensor3D:$sum);
  let assemblyFormat = [{
    (`(` $sizes^ `)`)? (`in` `scratch` $in_scratch^)? attr-dict
    `:` custom<StateTypes>(type($acc), type($max), type($sum))
  }];
  let hasVerifier = 1;
}

def Attn_AttendOp : Attn_Op<"attend", [
    RecursiveMemoryEffects, RecursivelySpeculatable, AllTypesMatch<["max", "sum"]>,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface, ["getEffects"]>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "Folds a tile of keys and values into an attention state";
  let description = [{
    With s and M as in `attn.attention`, for the keys of this tile:

    ```
    max' = max(max, max of s over j with M)
    sum' = sum * exp(max - max') + sum of exp(s - max') over j with M
    acc' = acc * exp(max - max') + sum of exp(s - max') * V[j] over j with M
    ```

    A target may take another finite number for max' where a key attends, as long as nothing overflows.
    Attending to tiles one after another and `attn.finalize_state` equals
    `attn.attention` on their concatenation. Region positions are positions in this
    op; a tile at an offset adds it at the region's entry. There is no prob region: it
    needs the whole row's sum.

    In destination style: on tensors, the results are the new state. On memrefs, after bufferization,
    there are none, and the state's buffers are updated where they lie; they must not overlap, and any
    strides are allowed. A state or query in `#attn.scratch` is the kernel's own; all other memory is the caller's.

    Example:

    ```mlir
    func.func @attend(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x5x8xf32>, %v: tensor<1x2x5x4xf32>,
        %acc: tensor<1x2x3x4xf32>, %max: tensor<1x2x3xf32>, %sum: tensor<1x2x3xf32>)
        -> (tensor<1x2x3x4xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>) {
      %a, %m, %l = attn.attend %q, %k, %v into %acc, %max, %sum scale 0.5
        mask (%b: index, %h: index, %i: index, %j: index) {
          %0 = attn.causal %i, %j
          attn.yield %0 : i1
        }
        : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x4xf32>
        -> tensor<1x2x3x4xf32>, tensor<1x2x3xf32>
      return %a, %m, %l : tensor<1x2x3x4xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>
    }
    func.func @in_place(%q: memref<1x2x3x8xf32>, %k: memref<1x2x5x8xf32>, %v: memref<1x2x5x4xf32>,
        %acc: memref<1x2x3x4xf32>, %max: memref<1x2x3xf32>, %sum: memref<1x2x3xf32>) {
      attn.attend %q, %k, %v into %acc, %max, %sum scale 0.5
        : memref<1x2x3x8xf32>, memref<1x2x5x8xf32>, memref<1x2x5x4xf32>
        -> memref<1x2x3x4xf32>, memref<1x2x3xf32>
      return
    }
    ```
  }];
  let arguments = (ins
    Attn_FloatShaped4D:$query, Attn_FloatShaped4D:$key, Attn_FloatShaped4D:$value,
    Attn_ScoreShaped4D:$acc, Attn_ScoreShaped3D:$max, Attn_ScoreShaped3D:$sum,
    OptionalAttr<F64Attr>:$scale,
    Attn_LayoutAttr:$query_layout, Attn_LayoutAttr:$key_layout, Attn_LayoutAttr:$value_layout);
  let results = (outs Variadic<AnyRankedTensor>:$new_state);
  let regions = (region MaxSizedRegion<1>:$score, MaxSizedRegion<1>:$mask);
  let assemblyFormat = [{
    $query `,` $key `,` $value `into` $acc `,` $max `,` $sum (`scale` $scale^)?
    `` custom<AttendLayouts>($query_layout, $key_layout, $value_layout)
    `` custom<ScoreRegion>($score) `` custom<MaskRegion>($mask)
    attr-dict `:` type($query) `,` type($key) `,` type($value)
    `->` custom<NewStateTypes>(type($acc), type($max), type($new_state))
  }];
  let extraClassDeclaration = [{
    ::mlir::FloatType getScoreType();
    ::std::optional<double> getStaticScale();
    ::llvm::SmallVector<int64_t> getLayoutOf(::mlir::Value operand);
    bool isOnTensors() { return ::llvm::isa<::mlir::RankedTensorType>(getAcc().getType()); }
    /// Acc, max and sum. (DestinationStyleOpInterface is not there: upstream's folding of casts into such ops clones
    /// regions, and crashes on empty ones.)
    ::mlir::OperandRange getWritten() { return getOperation()->getOperands().take_back(3); }
  }];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Attn_MergeStatesOp : Attn_Op<"merge_states", [Pure,
    AllTypesMatch<["lhs_acc", "rhs_acc", "acc"]>,
    AllTypesMatch<["lhs_max", "lhs_sum", "rhs_max", "rhs_sum", "max", "sum"]>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "Joins two attention states over different keys";
  let description = [{
    `max = max(max1, max2)`, `sum = sum1 * exp(max1 - max) + sum2 * exp(max2 - max)`, acc
    likewise (D12). Associative; the empty state is its identity.

    Example:

    ```mlir
    func.func @merge(%a: tensor<1x2x3x4xf32>, %m: tensor<1x2x3xf32>, %l: tensor<1x2x3xf32>)
        -> (tensor<1x2x3x4xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>) {
      %0, %1, %2 = attn.merge_states (%a, %m, %l), (%a, %m, %l)
        : tensor<1x2x3x4xf32>, tensor<1x2x3xf32>
      return %0, %1, %2 : tensor<1x2x3x4xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>
    }
    ```
  }];
  let arguments = (ins
    Attn_ScoreTensor4D:$lhs_acc, Attn_ScoreTensor3D:$lhs_max, Attn_ScoreTensor3D:$lhs_sum,
    Attn_ScoreTensor4D:$rhs_acc, Attn_ScoreTensor3D:$rhs_max, Attn_ScoreTensor3D:$rhs_sum);
  let results = (outs Attn_ScoreTensor4D:$acc, Attn_ScoreTensor3D:$max, Attn_ScoreTensor3D:$sum);
  let assemblyFormat = [{
    `(` $lhs_acc `,` $lhs_max `,` $lhs_sum `)` `,` `(` $rhs_acc `,` $rhs_max `,` $rhs_sum `)`
    attr-dict `:` type($acc) `,` type($max)
  }];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Attn_FinalizeStateOp : Attn_Op<"finalize_state", [Pure,
    AllTypesMatch<["max", "sum"]>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "Turns an attention state into the output and its log-sum-exp";
  let description = [{
    `O = acc / sum` (0 where the state is empty, D2), `LSE = max + log(sum)`. A sink
    logit joins here, once: `m = max(max, sink[h])`, `l = sum * exp(max - m) + exp(sink[h] - m)`,
    `O = acc * exp(max - m) / l` (D11).

    Example:

    ```mlir
    func.func @finalize(%a: tensor<1x2x3x4xf32>, %m: tensor<1x2x3xf32>, %l: tensor<1x2x3xf32>)
        -> (tensor<1x2x3x4xbf16>, tensor<1x2x3xf32>) {
      %o, %lse = attn.finalize_state %a, %m, %l
        : tensor<1x2x3x4xf32>, tensor<1x2x3xf32> -> (tensor<1x2x3x4xbf16>, lse tensor<1x2x3xf32>)
      return %o, %lse : tensor<1x2x3x4xbf16>, tensor<1x2x3xf32>
    }
    ```
  }];
  let arguments = (ins Attn_ScoreTensor4D:$acc, Attn_ScoreTensor3D:$max,
    Attn_ScoreTensor3D:$sum, Optional<Attn_FloatTensor1D>:$sink,
    Attn_LayoutAttr:$output_layout, Attn_LayoutAttr:$lse_layout);
  let results = (outs Attn_FloatTensor4D:$output, Optional<Attn_ScoreTensor3D>:$lse);
  let assemblyFormat = [{
    $acc `,` $max `,` $sum (`sink` $sink^)?
    `` custom<FinalizeLayouts>($output_layout, $lse_layout)
    attr-dict `:` type($acc) `,` type($max) (`,` `sink` type($sink)^)?
    `->` custom<OutputAndLse>(type($output), type($lse))
  }];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNSTATEOPS
