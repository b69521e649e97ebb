//===- TileOps.td - The ops of the tile dialect ---------------*- tablegen -*-===//
#ifndef ATTN_DIALECT_TILE_IR_TILEOPS
#define ATTN_DIALECT_TILE_IR_TILEOPS

include "attn/Dialect/Tile/IR/TileBase.td"
include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

def AttnTile_Atom : I32EnumAttr<"Atom", "the instruction that multiplies", [
      I32EnumAttrCase<"MmaSync", 0, "mma_sync"> // m16n8k16, a warp; sm_80 and newer
    ]> {
  let cppNamespace = "::mlir::attn::tile";
}

def AttnTile_Reduction : I32EnumAttr<"Reduction", "how a row becomes one number", [
      I32EnumAttrCase<"Maximum", 0, "maximum">, // a NaN stays
      I32EnumAttrCase<"Sum", 1, "sum">
    ]> {
  let cppNamespace = "::mlir::attn::tile";
}

def AttnTile_Layout : OptionalAttr<DenseI64ArrayAttr>;
def AttnTile_AnyShaped : AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef]>;

//===----------------------------------------------------------------------===//
// On tensors and memrefs
//===----------------------------------------------------------------------===//

def AttnTile_StreamOp : AttnTile_Op<"stream", [
    AttrSizedOperandSegments, DeclareOpInterfaceMethods<MemoryEffectsOpInterface, ["getEffects"]>,
    DeclareOpInterfaceMethods<RegionBranchOpInterface, ["getSuccessorRegions"]>,
    DeclareOpInterfaceMethods<BufferizableOpInterface,
      ["bufferizesToMemoryRead", "bufferizesToMemoryWrite", "getAliasingValues", "bufferize"]>]> {
  let summary = "Attention of one tile of queries to a stream of key tiles";
  let description = [{
    With s and M as in `attn.attention`, over the keys j of all tiles that `visits` passes to `attn_tile.visit`:

    ```
    O[r] = sum of exp(s[r, j] - max) V[j] / l,   l = sum of exp(s[r, j] - max) + exp(sink - max)
    LSE[r] = max + log(l)
    ```

    and O = 0 where no pair attends (D2). Rows are the queries of the heads of `query`, [1, G, S, D] in its layout, head by head; keys
    and values are whole, and read at `batch` and `head`. Region positions are positions in the tile of queries and in the
    tile of keys; their last argument is the tile's first key. `visits` runs on one warp: it has no results and holds scalars only.
    Rows and keys of a tile are at most those of `schedule`.

    Example:

    ```mlir
    func.func @stream(%q: tensor<1x1x?x64xbf16>, %k: tensor<2x4x?x64xbf16>, %v: tensor<2x4x?x64xbf16>,
        %o: tensor<1x1x?x64xbf16>, %b: index, %h: index, %n: index) -> tensor<1x1x?x64xbf16> {
      %r = attn_tile.stream %q, %k[%b, %h], %v into %o scale 0.125
        schedule <rows = 64, keys = 64, stages = 2, query = registers>
        visits {
          %c0 = arith.constant 0 : index
          attn_tile.visit %c0, %n
          attn_tile.yield
        } score {
        } mask {
        ^bb0(%head: index, %i: index, %j: index, %first: index):
          %p = arith.addi %j, %first : index
          %m = arith.cmpi sle, %p, %i : index
          attn_tile.yield %m : i1
        } : tensor<1x1x?x64xbf16>, tensor<2x4x?x64xbf16>, tensor<2x4x?x64xbf16>, tensor<1x1x?x64xbf16> -> tensor<1x1x?x64xbf16>
      return %r : tensor<1x1x?x64xbf16>
    }
    ```
  }];
  let arguments = (ins
    AttnTile_AnyShaped:$query, AttnTile_AnyShaped:$key, Index:$batch, Index:$head, AttnTile_AnyShaped:$value,
    AttnTile_AnyShaped:$output, Optional<AttnTile_AnyShaped>:$lse, Optional<AttnTile_AnyShaped>:$sink,
    F64Attr:$scale, AttnTile_Schedule:$schedule,
    AttnTile_Layout:$query_layout, AttnTile_Layout:$key_layout, AttnTile_Layout:$value_layout,
    AttnTile_Layout:$output_layout, AttnTile_Layout:$lse_layout);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$visits, MaxSizedRegion<1>:$score, MaxSizedRegion<1>:$mask);
  let assemblyFormat = [{
    $query `,` $key `[` $batch `,` $head `]` `,` $value `into` $output (`,` $lse^)? (`sink` $sink^)?
    `scale` $scale `schedule` $schedule
    `visits` $visits `score` $score `mask` $mask attr-dict
    `:` type($query) `,` type($key) `,` type($value) `,` type($output) (`,` `lse` type($lse)^)? (`,` `sink` type($sink)^)?
    (`->` type($results)^)?
  }];
  let hasVerifier = 1;
}

def AttnTile_VisitOp : AttnTile_Op<"visit", [MemoryEffects<[MemWrite]>]> {
  let summary = "One tile of keys that attention goes to";
  let description = [{
    Keys `first` to `first + count - 1`, at most as many as its schedule has. Those that are not `masked` all attend. See
    `attn_tile.stream`.
  }];
  let arguments = (ins Index:$first, Index:$count, UnitAttr:$masked);
  let assemblyFormat = "$first `,` $count (`masked` $masked^)? attr-dict";
  let hasVerifier = 1;
}

def AttnTile_YieldOp : AttnTile_Op<"yield", [Pure, Terminator, ReturnLike]> {
  let summary = "Ends a region";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
  let builders = [OpBuilder<(ins), "build($_builder, $_state, ::mlir::ValueRange());">];
}

//===----------------------------------------------------------------------===//
// Warps and shared memory
//===----------------------------------------------------------------------===//

def AttnTile_MakeRingOp : AttnTile_Op<"make_ring", [MemoryEffects<[MemAlloc, MemWrite]>]> {
  let summary = "A ring in shared memory, with all stages free";
  let description = [{
    All threads of the block meet here, before any other op on the ring, which lies `offset` bytes behind the begin of the block's shared
    memory. `consumers` warps release each stage.

    Example:

    ```mlir
    func.func @ring() {
      %r = attn_tile.make_ring 4 at 0 : !attn_tile.ring<!attn_tile.tile<64x64xbf16>, !attn_tile.tile<64x64xbf16>, 2>
      return
    }
    ```
  }];
  let arguments = (ins I64Attr:$consumers, I64Attr:$offset);
  let results = (outs AttnTile_Ring:$ring);
  let assemblyFormat = "$consumers `at` $offset attr-dict `:` type($ring)";
}

def AttnTile_SpecializeOp : AttnTile_Op<"specialize", [NoTerminator, SingleBlock, RecursiveMemoryEffects]> {
  let summary = "What the producing warp does, and what the consuming ones do";
  let description = [{
    Of a block of `consumers + 1` warps the last one runs `producer`, the others `consumer`.
  }];
  let arguments = (ins I64Attr:$consumers);
  let regions = (region SizedRegion<1>:$producer, SizedRegion<1>:$consumer);
  let assemblyFormat = "$consumers `producer` $producer `consumer` $consumer attr-dict";
}

def AttnTile_PublishOp : AttnTile_Op<"publish", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Fill the next stage of a ring";
  let description = [{
    Waits until the next stage is free, copies keys `first` to `first + count - 1` of `key[batch, head]` and `value[batch, head]` there, rows
    behind them zero, and lets consumers have the stage when all of it has arrived. Its class is PARTIAL if it is `masked` or not
    full. Rows of 16-byte pieces come by cp.async, others element by element.

    Example:

    ```mlir
    func.func @publish(%ring: !attn_tile.ring<!attn_tile.tile<64x64xf16>, !attn_tile.tile<64x64xf16>, 2>, %k: memref<2x4x?x64xf16>,
        %v: memref<2x4x?x64xf16>, %b: index, %h: index, %j: index, %n: index) {
      attn_tile.publish %ring, %k, %v[%b, %h, %j], %n masked
        : !attn_tile.ring<!attn_tile.tile<64x64xf16>, !attn_tile.tile<64x64xf16>, 2>, memref<2x4x?x64xf16>, memref<2x4x?x64xf16>
      attn_tile.finish %ring : !attn_tile.ring<!attn_tile.tile<64x64xf16>, !attn_tile.tile<64x64xf16>, 2>
      return
    }
    ```
  }];
  let arguments = (ins AttnTile_Ring:$ring, AnyStridedMemRef:$key, AnyStridedMemRef:$value, Index:$batch, Index:$head,
    Index:$first, Index:$count, UnitAttr:$masked, AttnTile_Layout:$key_layout, AttnTile_Layout:$value_layout);
  let assemblyFormat = [{
    $ring `,` $key `,` $value `[` $batch `,` $head `,` $first `]` `,` $count (`masked` $masked^)? attr-dict
    `:` type($ring) `,` type($key) `,` type($value)
  }];
}

def AttnTile_FinishOp : AttnTile_Op<"finish", [MemoryEffects<[MemWrite]>]> {
  let summary = "Publish that there are no more tiles";
  let description = "A stage of class END. See `attn_tile.publish`.";
  let arguments = (ins AttnTile_Ring:$ring);
  let assemblyFormat = "$ring attr-dict `:` type($ring)";
}

def AttnTile_ReceiveOp : AttnTile_Op<"receive", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Wait for a stage of a ring";
  let description = [{
    Waits for the stage that was published `iteration` stages after the first; its class, first key and number of keys.

    Example:

    ```mlir
    func.func @receive(%ring: !attn_tile.ring<!attn_tile.tile<64x64xf16>, !attn_tile.tile<64x64xf16>, 2>, %n: index) -> (i32, index, index) {
      %class, %first, %count = attn_tile.receive %ring[%n] : !attn_tile.ring<!attn_tile.tile<64x64xf16>, !attn_tile.tile<64x64xf16>, 2>
      attn_tile.release %ring[%n] : !attn_tile.ring<!attn_tile.tile<64x64xf16>, !attn_tile.tile<64x64xf16>, 2>
      return %class, %first, %count : i32, index, index
    }
    ```
  }];
  let arguments = (ins AttnTile_Ring:$ring, Index:$iteration);
  let results = (outs I32:$tileClass, Index:$first, Index:$count);
  let assemblyFormat = "$ring `[` $iteration `]` attr-dict `:` type($ring)";
}

def AttnTile_ReleaseOp : AttnTile_Op<"release", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Give a stage of a ring back";
  let description = "This warp has read what it needs of the stage. See `attn_tile.receive`.";
  let arguments = (ins AttnTile_Ring:$ring, Index:$iteration);
  let assemblyFormat = "$ring `[` $iteration `]` attr-dict `:` type($ring)";
}

def AttnTile_StageOp : AttnTile_Op<"stage", [Pure]> {
  let summary = "The tiles of a stage";
  let description = [{
    Keys and values of the stage that `attn_tile.receive` has waited for.

    Example:

    ```mlir
    func.func @stage(%ring: !attn_tile.ring<!attn_tile.tile<64x64xf16>, !attn_tile.tile<64x32xf16>, 2>, %n: index) {
      %k, %v = attn_tile.stage %ring[%n] : !attn_tile.ring<!attn_tile.tile<64x64xf16>, !attn_tile.tile<64x32xf16>, 2>
        -> !attn_tile.tile<64x64xf16>, !attn_tile.tile<64x32xf16>
      return
    }
    ```
  }];
  let arguments = (ins AttnTile_Ring:$ring, Index:$iteration);
  let results = (outs AttnTile_Tile:$key, AttnTile_Tile:$value);
  let assemblyFormat = "$ring `[` $iteration `]` attr-dict `:` type($ring) `->` type($key) `,` type($value)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

def AttnTile_LoadOp : AttnTile_Op<"load", [MemoryEffects<[MemRead]>]> {
  let summary = "A left operand from memory";
  let description = [{
    Row r is query `r mod S` of head `r div S` of `source`, [1, G, S, D] in its layout; rows and features behind them are 0.

    Example:

    ```mlir
    func.func @load(%q: memref<1x2x?x24xf16>) -> !attn_tile.afrag<64x32xf16> {
      %a = attn_tile.load %q : memref<1x2x?x24xf16> -> !attn_tile.afrag<64x32xf16>
      return %a : !attn_tile.afrag<64x32xf16>
    }
    ```
  }];
  let arguments = (ins AnyStridedMemRef:$source, AttnTile_Layout:$layout);
  let results = (outs AttnTile_Fragment:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
}

def AttnTile_LoadSharedOp : AttnTile_Op<"load_shared", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "A left operand from memory, to shared memory";
  let description = [{
    As `attn_tile.load`; the tile lies `offset` bytes behind the begin of the block's shared memory. Each consuming warp brings its own 16
    rows.

    Example:

    ```mlir
    func.func @load(%q: memref<1x2x?x24xf16>) -> !attn_tile.tile<64x32xf16> {
      %a = attn_tile.load_shared %q at 0 : memref<1x2x?x24xf16> -> !attn_tile.tile<64x32xf16>
      return %a : !attn_tile.tile<64x32xf16>
    }
    ```
  }];
  let arguments = (ins AnyStridedMemRef:$source, I64Attr:$offset, AttnTile_Layout:$layout);
  let results = (outs AttnTile_Tile:$result);
  let assemblyFormat = "$source `at` $offset attr-dict `:` type($source) `->` type($result)";
}

def AttnTile_MmaOp : AttnTile_Op<"mma", [MemoryEffects<[MemRead]>, AllTypesMatch<["acc", "result"]>]> {
  let summary = "A product on tensor cores";
  let description = [{
    `acc + A B`, or `acc + A B^T` where `transposed`, in f32: B is K x N, or N x K, in shared memory; so may A be. Where `nan_safe` is true, products with a -0
    of A are left out whatever B has there, an infinity or a NaN (D3), and no other number of A is negative: a +0 is a weight that
    has underflowed, which shows both.

    Example:

    ```mlir
    func.func @mma(%a: !attn_tile.afrag<64x32xf16>, %b: !attn_tile.tile<16x32xf16>, %c: !attn_tile.acc<64x16>)
        -> !attn_tile.acc<64x16> {
      %d = attn_tile.mma %a, %b into %c transposed atom mma_sync
        : !attn_tile.afrag<64x32xf16>, !attn_tile.tile<16x32xf16>, !attn_tile.acc<64x16>
      return %d : !attn_tile.acc<64x16>
    }
    ```
  }];
  let arguments = (ins AnyTypeOf<[AttnTile_Fragment, AttnTile_Tile]>:$lhs, AttnTile_Tile:$rhs, AttnTile_Acc:$acc, Optional<I1>:$nan_safe,
    UnitAttr:$transposed, AttnTile_Atom:$atom);
  let results = (outs AttnTile_Acc:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs `into` $acc (`nan_safe` $nan_safe^)? (`transposed` $transposed^)? `atom` $atom attr-dict `:` type($lhs) `,` type($rhs) `,` type($acc)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Products that are summed up.
    int64_t getDepth() { return getTransposed() ? getRhs().getType().getColumns() : getRhs().getType().getRows(); }
  }];
}

def AttnTile_ToFragmentOp : AttnTile_Op<"to_fragment", [Pure]> {
  let summary = "Accumulators, rounded, as the left operand of a product";
  let description = [{
    Each lane keeps what it has: accumulators of f32 are, pair by pair, where a left operand of 16-bit elements is.

    Example:

    ```mlir
    func.func @fragment(%c: !attn_tile.acc<64x32>) -> !attn_tile.afrag<64x32xbf16> {
      %a = attn_tile.to_fragment %c : !attn_tile.acc<64x32> -> !attn_tile.afrag<64x32xbf16>
      return %a : !attn_tile.afrag<64x32xbf16>
    }
    ```
  }];
  let arguments = (ins AttnTile_Acc:$acc);
  let results = (outs AttnTile_Fragment:$result);
  let assemblyFormat = "$acc attr-dict `:` type($acc) `->` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Accumulators and rows
//===----------------------------------------------------------------------===//

def AttnTile_FillOp : AttnTile_Op<"fill", [Pure]> {
  let summary = "The same number everywhere";
  let description = [{
    Example:

    ```mlir
    func.func @fill(%x: f32) -> (!attn_tile.acc<64x16>, !attn_tile.rows<64>) {
      %a = attn_tile.fill %x : !attn_tile.acc<64x16>
      %r = attn_tile.fill %x : !attn_tile.rows<64>
      return %a, %r : !attn_tile.acc<64x16>, !attn_tile.rows<64>
    }
    ```
  }];
  let arguments = (ins F32:$value);
  let results = (outs AnyTypeOf<[AttnTile_Acc, AttnTile_Rows]>:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
}

def AttnTile_MapOp : AttnTile_Op<"map", [RecursiveMemoryEffects, AllTypesMatch<["acc", "result"]>]> {
  let summary = "A function of each element, its row's numbers and its position";
  let description = [{
    `result[r, c] = body(acc[r, c], rows[r]..., r, c)`.

    Example:

    ```mlir
    func.func @map(%a: !attn_tile.acc<64x16>, %m: !attn_tile.rows<64>) -> !attn_tile.acc<64x16> {
      %r = attn_tile.map %a, %m {
      ^bb0(%x: f32, %max: f32, %row: index, %column: index):
        %y = arith.subf %x, %max : f32
        attn_tile.yield %y : f32
      } : !attn_tile.acc<64x16>, !attn_tile.rows<64>
      return %r : !attn_tile.acc<64x16>
    }
    ```
  }];
  let arguments = (ins AttnTile_Acc:$acc, Variadic<AttnTile_Rows>:$rows);
  let results = (outs AttnTile_Acc:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$acc (`,` $rows^)? $body attr-dict `:` type($acc) (`,` type($rows)^)?";
  let hasVerifier = 1;
}

def AttnTile_MapRowsOp : AttnTile_Op<"map_rows", [RecursiveMemoryEffects]> {
  let summary = "A function of the numbers of each row and its position";
  let description = [{
    `results[r]... = body(rows[r]..., r)`.

    Example:

    ```mlir
    func.func @map(%m: !attn_tile.rows<64>, %n: !attn_tile.rows<64>) -> !attn_tile.rows<64> {
      %r = attn_tile.map_rows %m, %n {
      ^bb0(%x: f32, %y: f32, %row: index):
        %z = arith.maximumf %x, %y : f32
        attn_tile.yield %z : f32
      } : (!attn_tile.rows<64>, !attn_tile.rows<64>) -> !attn_tile.rows<64>
      return %r : !attn_tile.rows<64>
    }
    ```
  }];
  let arguments = (ins Variadic<AttnTile_Rows>:$rows);
  let results = (outs Variadic<AttnTile_Rows>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$rows $body attr-dict `:` functional-type($rows, $results)";
  let hasVerifier = 1;
}

def AttnTile_ReduceRowsOp : AttnTile_Op<"reduce_rows", [Pure]> {
  let summary = "The maximum or the sum of each row";
  let description = [{
    The four lanes of a row end with the same bits.

    Example:

    ```mlir
    func.func @reduce(%a: !attn_tile.acc<64x16>) -> !attn_tile.rows<64> {
      %m = attn_tile.reduce_rows maximum %a : !attn_tile.acc<64x16> -> !attn_tile.rows<64>
      return %m : !attn_tile.rows<64>
    }
    ```
  }];
  let arguments = (ins AttnTile_Reduction:$kind, AttnTile_Acc:$acc);
  let results = (outs AttnTile_Rows:$result);
  let assemblyFormat = "$kind $acc attr-dict `:` type($acc) `->` type($result)";
  let hasVerifier = 1;
}

def AttnTile_ScaleOp : AttnTile_Op<"scale", [Pure, AllTypesMatch<["acc", "result"]>]> {
  let summary = "Each row times its number";
  let description = [{
    `result[r, c] = acc[r, c] * factor[r]`.

    Example:

    ```mlir
    func.func @scale(%a: !attn_tile.acc<64x16>, %f: !attn_tile.rows<64>) -> !attn_tile.acc<64x16> {
      %r = attn_tile.scale %a, %f : !attn_tile.acc<64x16>, !attn_tile.rows<64>
      return %r : !attn_tile.acc<64x16>
    }
    ```
  }];
  let arguments = (ins AttnTile_Acc:$acc, AttnTile_Rows:$factor);
  let results = (outs AttnTile_Acc:$result);
  let assemblyFormat = "$acc `,` $factor attr-dict `:` type($acc) `,` type($factor)";
}

def AttnTile_HasNonFiniteOp : AttnTile_Op<"has_non_finite", [Pure]> {
  let summary = "Whether an element is an infinity or a NaN";
  let description = [{
    Of the elements that this lane holds.

    Example:

    ```mlir
    func.func @check(%a: !attn_tile.acc<64x16>) -> i1 {
      %x = attn_tile.has_non_finite %a : !attn_tile.acc<64x16>
      %any = attn_tile.vote_any %x
      return %any : i1
    }
    ```
  }];
  let arguments = (ins AttnTile_Acc:$acc);
  let results = (outs I1:$result);
  let assemblyFormat = "$acc attr-dict `:` type($acc)";
}

def AttnTile_VoteAnyOp : AttnTile_Op<"vote_any", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Whether a thread of the block says true";
  let description = "All threads of the block meet here, producers too. See `attn_tile.has_non_finite`.";
  let arguments = (ins I1:$value);
  let results = (outs I1:$result);
  let assemblyFormat = "$value attr-dict";
}

def AttnTile_StoreOp : AttnTile_Op<"store", [MemoryEffects<[MemWrite]>]> {
  let summary = "Write accumulators, or the numbers of rows, to memory";
  let description = [{
    Row r goes to query `r mod S` of head `r div S` of `destination`, [1, G, S, D] (or [1, G, S] for rows) in its layout; what lies behind
    its sizes is left out. Accumulators are rounded to its elements.

    Example:

    ```mlir
    func.func @store(%a: !attn_tile.acc<64x32>, %o: memref<1x2x?x24xf16>, %r: !attn_tile.rows<64>, %l: memref<1x2x?xf32>) {
      attn_tile.store %a, %o : !attn_tile.acc<64x32>, memref<1x2x?x24xf16>
      attn_tile.store %r, %l : !attn_tile.rows<64>, memref<1x2x?xf32>
      return
    }
    ```
  }];
  let arguments = (ins AnyTypeOf<[AttnTile_Acc, AttnTile_Rows]>:$value, AnyStridedMemRef:$destination, AttnTile_Layout:$layout);
  let assemblyFormat = "$value `,` $destination attr-dict `:` type($value) `,` type($destination)";
}

#endif // ATTN_DIALECT_TILE_IR_TILEOPS
