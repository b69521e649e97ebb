//===- AttnPositionOps.td - Predicates and score modifiers --------------===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNPOSITIONOPS
#define ATTN_DIALECT_ATTN_IR_ATTNPOSITIONOPS

include "attn/Dialect/Attn/IR/AttnBase.td"
include "attn/Dialect/Attn/IR/PositionOpInterface.td"

// Defined in the file of its name in lib/Dialect/Attn/IR/PositionOps.
class Attn_PositionOp<string mnemonic, list<Trait> traits = []>
    : Attn_Op<mnemonic, [
        Pure, DeclareOpInterfaceMethods<Attn_PositionOpInterface>] # traits>;

//===----------------------------------------------------------------------===//
// Predicates: scalar, i1, true means "attends"
//===----------------------------------------------------------------------===//

def Attn_CausalOp : Attn_PositionOp<"causal"> {
  let summary = "A query sees the keys up to its own position";
  let description = [{
    `j <= i + offset` (D8). Without an offset it is 0 (top-left alignment); a cache of
    n keys is `offset n`, bottom-right alignment is `offset Sk - Sq`. The offset
    may be negative: leading rows then attend to nothing.

    Example:

    ```mlir
    func.func @causal(%i: index, %j: index, %past: index) -> i1 {
      %0 = attn.causal %i, %j offset %past
      return %0 : i1
    }
    ```
  }];
  let arguments = (ins Index:$query, Index:$key, Optional<Index>:$offset);
  let results = (outs I1:$result);
  let assemblyFormat = "$query `,` $key (`offset` $offset^)? attr-dict";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Attn_WindowOp : Attn_PositionOp<"window"> {
  let summary = "A query sees the keys near its own position";
  let description = [{
    `p - left <= j <= p + right` with `p = i + offset` (D9). A bound of -1 is no
    bound on that side. The current key is not counted: `left 2` means the key
    itself and two before it.

    Example:

    ```mlir
    func.func @window(%i: index, %j: index) -> i1 {
      %0 = attn.window %i, %j left 255 right 0
      return %0 : i1
    }
    ```
  }];
  let arguments = (ins Index:$query, Index:$key, Optional<Index>:$offset,
    DefaultValuedAttr<I64Attr, "-1">:$left, DefaultValuedAttr<I64Attr, "-1">:$right);
  let results = (outs I1:$result);
  let assemblyFormat = [{
    $query `,` $key (`offset` $offset^)? (`left` $left^)? (`right` $right^)? attr-dict
  }];
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let hasVerifier = 1;
}

def Attn_PrefixOp : Attn_PositionOp<"prefix"> {
  let summary = "Every query sees the first keys";
  let description = [{
    `j < length` (D17).

    Example:

    ```mlir
    func.func @prefix(%j: index, %n: index) -> i1 {
      %0 = attn.prefix %j length %n
      return %0 : i1
    }
    ```
  }];
  let arguments = (ins Index:$key, Index:$length);
  let results = (outs I1:$result);
  let assemblyFormat = "$key `length` $length attr-dict";
  let hasFolder = 1;
}

def Attn_SameSegmentOp : Attn_PositionOp<"same_segment"> {
  let summary = "A query sees the keys of its own document";
  let description = [{
    `query_segments[b, i] == key_segments[b, j]` (D17), for sequences packed from
    several documents. Segments are `[B, Sq]` and `[B, Sk]`.

    Example:

    ```mlir
    func.func @same_segment(%s: tensor<?x?xi32>, %b: index, %i: index, %j: index) -> i1 {
      %0 = attn.same_segment %s, %s at %b, %i, %j : tensor<?x?xi32>, tensor<?x?xi32>
      return %0 : i1
    }
    ```
  }];
  let arguments = (ins Attn_IntegerTensor2D:$query_segments,
    Attn_IntegerTensor2D:$key_segments, Index:$batch, Index:$query, Index:$key);
  let results = (outs I1:$result);
  let assemblyFormat = [{
    $query_segments `,` $key_segments `at` $batch `,` $query `,` $key attr-dict
    `:` type($query_segments) `,` type($key_segments)
  }];
  let hasVerifier = 1;
}

def Attn_BlockSparseOp : Attn_PositionOp<"block_sparse"> {
  let summary = "A table says which blocks of queries and keys attend";
  let description = [{
    `table[b, h, i floordiv query_block, j floordiv key_block]` (D17). The table is
    `[B, Hq, ceil(Sq / query_block), ceil(Sk / key_block)]` of i1.

    Example:

    ```mlir
    func.func @block_sparse(%t: tensor<?x?x?x?xi1>, %b: index, %h: index, %i: index, %j: index) -> i1 {
      %0 = attn.block_sparse %t at %b, %h, %i, %j blocks 64, 32 : tensor<?x?x?x?xi1>
      return %0 : i1
    }
    ```
  }];
  let arguments = (ins 4DTensorOf<[I1]>:$table, Index:$batch, Index:$head,
    Index:$query, Index:$key, I64Attr:$query_block, I64Attr:$key_block);
  let results = (outs I1:$result);
  let assemblyFormat = [{
    $table `at` $batch `,` $head `,` $query `,` $key
    `blocks` $query_block `,` $key_block attr-dict `:` type($table)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Score modifiers: score in, score out
//===----------------------------------------------------------------------===//

def Attn_SoftcapOp : Attn_PositionOp<"softcap", [SameOperandsAndResultType]> {
  let summary = "Bounds a score smoothly";
  let description = [{
    `cap * tanh(s / cap)` (D7). The cap is positive and finite.

    Example:

    ```mlir
    func.func @softcap(%s: f32) -> f32 {
      %0 = attn.softcap %s, 50.0 : f32
      return %0 : f32
    }
    ```
  }];
  let arguments = (ins Attn_Score:$score, F64Attr:$cap);
  let results = (outs Attn_Score:$result);
  let assemblyFormat = "$score `,` $cap attr-dict `:` type($score)";
  let hasVerifier = 1;
}

def Attn_AlibiOp : Attn_PositionOp<"alibi", [AllTypesMatch<["score", "result"]>]> {
  let summary = "Adds a linear bias of the distance, with one slope per head";
  let description = [{
    `s + slopes[h] * (j - (i + offset))` (D10), or with `absolute`
    `s - slopes[h] * |i + offset - j|`. Slopes are `[Hq]`.

    Source: Press, Smith, Lewis, "Train Short, Test Long", 2022.

    Example:

    ```mlir
    func.func @alibi(%s: f32, %slopes: tensor<8xf32>, %h: index, %i: index, %j: index) -> f32 {
      %0 = attn.alibi %s, %slopes at %h, %i, %j : f32, tensor<8xf32>
      return %0 : f32
    }
    ```
  }];
  let arguments = (ins Attn_Score:$score, Attn_FloatTensor1D:$slopes, Index:$head,
    Index:$query, Index:$key, Optional<Index>:$offset, UnitAttr:$absolute);
  let results = (outs Attn_Score:$result);
  let assemblyFormat = [{
    $score `,` $slopes `at` $head `,` $query `,` $key (`offset` $offset^)?
    (`absolute` $absolute^)? attr-dict `:` type($score) `,` type($slopes)
  }];
}

def Attn_RelativePositionBiasOp : Attn_PositionOp<"relative_position_bias", [
    AllTypesMatch<["score", "result"]>]> {
  let summary = "Adds a learned bias of the distance bucket (T5)";
  let description = [{
    `s + table[bucket(j - (i + offset)), h]` (D18). With r the distance and N the
    number of buckets (`table` is `[N, Hq]`): bidirectional, n = N/2, base = n if
    r > 0 else 0, r = |r|; otherwise n = N, base = 0, r = max(-r, 0). With e = n/2 the bucket
    is base + (r if r < e, else min(n - 1, e + floor(log(r/e) / log(max_distance/e) * (n - e)))).
    N is at most 65536.

    Source: Raffel et al., "Exploring the Limits of Transfer Learning", 2020.

    Example:

    ```mlir
    func.func @relative(%s: f32, %t: tensor<32x8xf32>, %h: index, %i: index, %j: index) -> f32 {
      %0 = attn.relative_position_bias %s, %t at %h, %i, %j max_distance 128 bidirectional
        : f32, tensor<32x8xf32>
      return %0 : f32
    }
    ```
  }];
  let arguments = (ins Attn_Score:$score, 2DTensorOf<[Attn_Float]>:$table, Index:$head,
    Index:$query, Index:$key, Optional<Index>:$offset,
    DefaultValuedAttr<I64Attr, "128">:$max_distance, UnitAttr:$bidirectional);
  let results = (outs Attn_Score:$result);
  let assemblyFormat = [{
    $score `,` $table `at` $head `,` $query `,` $key (`offset` $offset^)?
    (`max_distance` $max_distance^)? (`bidirectional` $bidirectional^)? attr-dict
    `:` type($score) `,` type($table)
  }];
  let hasVerifier = 1;
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNPOSITIONOPS
