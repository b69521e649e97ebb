//===- GraphPasses.td - Passes on graphs -------------------*- tablegen -*-===//
#ifndef ATTN_DIALECT_ATTN_TRANSFORMS_GRAPHPASSES_TD
#define ATTN_DIALECT_ATTN_TRANSFORMS_GRAPHPASSES_TD

include "mlir/Pass/PassBase.td"

def DefineOps : Pass<"attn-define-ops", "ModuleOp"> {
  let summary = "Define or check whatever MLIR leaves undefined";
  let description = [{
    Precondition: tensors, before anything folds or moves. Effect: each op that MLIR leaves undefined for some operands gets a
    result for all of them: a value (a shift by the width or more, a float out of an integer's range), or any value and a
    `cf.assert` that the call does not meet them (a divisor of 0). The table in docs/Spec.md says which. Promises (`nsw`, `nuw`,
    `exact`, `nnan`, `ninf`) are dropped: a promise that is not kept would leave its op undefined.

    What ranges of integers prove is left alone. Ops on whole tensors become a `linalg.generic` first. In a region of an
    attention op the check is made before the op, for all positions that it depends on, and what is left in the region has no side
    effects; only where it depends on a score does it stay in the region.

    ```mlir
    func.func @blocks(%q: tensor<1x1x64x8xf32>, %size: index) -> tensor<1x1x64x8xf32> {
      %o = attn.attention %q, %q, %q
        mask (%b: index, %h: index, %i: index, %j: index) {
          %x = arith.divui %i, %size : index
          %y = arith.divui %j, %size : index
          %0 = arith.cmpi eq, %x, %y : index
          attn.yield %0 : i1
        }
        : tensor<1x1x64x8xf32>, tensor<1x1x64x8xf32>, tensor<1x1x64x8xf32> -> tensor<1x1x64x8xf32>
      return %o : tensor<1x1x64x8xf32>
    }
    ```

    becomes

    ```
    %some = arith.cmpi ne, %size, %c0 : index
    %divisor = arith.select %some, %size, %c1 : index
    cf.assert %some, "arith.divui: expected a divisor other than 0, got 0"
    %o = attn.attention ... // divides by %divisor
    ```
  }];
  let dependentDialects = ["arith::ArithDialect", "cf::ControlFlowDialect", "linalg::LinalgDialect", "scf::SCFDialect",
                           "tensor::TensorDialect"];
}

def AttachCPUTarget : Pass<"attn-attach-cpu-target", "ModuleOp"> {
  let summary = "Say which CPU a module is compiled for";
  let description = [{
    Effect: the module has the attribute `attn.target`, which all passes read that go by the machine. Options that are given
    take the place of what a CPU in it says; without any, a target that is there stays, of whatever kind it is. What is said
    nowhere fits every x86-64.

    ```mlir
    module {
    }
    ```

    becomes, with `vector-bits=512 registers=32 fma`,

    ```
    module attributes {attn.target = #attn.cpu<vector_bits = 512, registers = 32, fma = true>} {
    }
    ```
  }];
  let options = [
    Option<"vectorBits", "vector-bits", "int64_t", "128", "Width of a vector register: 128, 256 or 512">,
    Option<"registers", "registers", "int64_t", "16", "Number of vector registers">,
    Option<"fma", "fma", "bool", "false", "Multiply and add in one instruction">,
    Option<"amx", "amx", "bool", "false", "Tile products of bf16">,
    Option<"features", "features", "std::string", [{""}],
           "CPU features that the artifact must ask for before it runs, with commas">,
    Option<"exp", "exp", "::mlir::attn::ExpAccuracy", "::mlir::attn::ExpAccuracy::Auto",
           "Largest relative error of exp in the softmax", [{::llvm::cl::values(
             clEnumValN(::mlir::attn::ExpAccuracy::Exact, "exact", "2e-7, of f64 1e-15"),
             clEnumValN(::mlir::attn::ExpAccuracy::Fast, "fast", "1e-4"),
             clEnumValN(::mlir::attn::ExpAccuracy::Auto, "auto", "fast where weights are rounded to bf16, else exact"))}]>,
    Option<"tileQuery", "tile-query", "int64_t", "0", "Queries of a tile of attention, 1 to 2^20 (0: by the registers)">,
    Option<"tileKey", "tile-key", "int64_t", "0", "Keys of a tile of attention, 1 to 2^20 (0: by the registers)">,
    Option<"unmaskedKeys", "unmasked-keys", "int64_t", "0",
           "Keys of a step of a loop that needs no mask, 1 to 2^20 (0: by the policy)">,
    Option<"panelKeys", "panel-keys", "int64_t", "0", "Keys that are packed at once (0: by the policy)">,
    Option<"packing", "packing", "::mlir::attn::Packing", "::mlir::attn::Packing::Auto", "Who packs values for tiles of AMX",
           [{::llvm::cl::values(
             clEnumValN(::mlir::attn::Packing::Auto, "auto", "by the policy"),
             clEnumValN(::mlir::attn::Packing::Shared, "shared", "once for all tiles of queries"),
             clEnumValN(::mlir::attn::Packing::Own, "own", "each tile of queries"))}]>,
    Option<"stages", "stages", "int64_t", "0", "Blocks of keys in the pipeline of AMX: 1 or 3 (0: by the policy)">
  ];
  let dependentDialects = ["attn::AttnDialect"];
}

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

def Recognize : Pass<"attn-recognize"> {
  let summary = "Find attention in graphs of products, softmax and masks";
  let description = [{
    Precondition: a graph on tensors, of linalg, tensor, arith and math ops. Effect: a product of weights and values, where the
    weights are a softmax of scores and the scores are made of a product of queries and keys, becomes an attn.attention.

    A graph is recognized by what it computes, not by its ops or their order: an element of a tensor is an expression of its
    positions, in which transposes, reshapes, slices, broadcasts and elementwise ops disappear.

    - The softmax has its five parts, or no maximum, is the exponential of its logarithm, or is `linalg.softmax`; casts around it,
      and guards that set rows without keys to 0, are left out.
    - The scale is one number wherever its factors stand: on the product, on queries, on keys.
    - Operands are the tensors furthest up that are read at (batch, head, position, feature) in any order. Heads that are repeated
      become grouped heads; where they are tiled, so that head h reads head h mod n, queries and the output are reordered, unless
      there are more of them than keys. Batch and heads may share a dimension, or have more than two.
    - What is -inf becomes the mask: a predicate on positions, written as `attn.causal`, `attn.window`, `attn.prefix`,
      `attn.same_segment` where it is one. Ranges, comparisons, and constants that are proved equal to a predicate over all their
      elements are code; a padding mask stays a read of `[b, j]`.
    - The least finite number is a mask where each row is proved to have a key, or is set to 0 where it has none. Where the
      mask would leave out whole tiles but that is not known, a boolean is computed before the op, by loops over the pairs:
      each row has a key. The mask then holds as long as it does, and otherwise, as elsewhere, all pairs attend and the number
      stays what it is, in the score region.
    - What else is done to scores becomes the score region. What costs much there is computed before the op: once for each
      position, head or distance j - i that it goes by, never for each pair.

    - A column of one logit for each head that stands beside the scores and is cut off behind the softmax is the sink.
    - Scores or weights that the function returns are a result of the op, at the stage that they are of.

    Beside attention:

    - Features of which pairs are rotated by an angle that goes by batch and position become an attn.rotary_embedding: half-split or
      interleaved, all features or the first ones, with angles that the graph computes or reads. Cosines and sines become tables of
      half the features, one for all layers; a constant that holds both halves is proved to hold the same in them.
    - A loop over tokens that carries a state, S' = exp(g) S + k w, where w is v or beta (v - k S), and that puts scale * q S' into
      the outputs of all tokens, becomes an attn.linear_attention; so does one token without a loop.
    - A nest of loops that writes each element of a tensor into a larger one, from a position of one dimension on, becomes an
      attn.cache_update. The position is one number for all batches; a past and a present that are put together stay so.
    - (Q K^T) V without a softmax, of known sizes, becomes Q (K^T V) where that takes fewer products of numbers.

    An attn.attention that is there already is read in the same way, so that masks and repeated heads that the graph computes
    for it go into it. Run-time checks (`cf.assert`) say which sizes are equal.

    Declined, with a remark: a softmax over anything but the keys; a maximum, sum or guard of something else than the scores;
    weights that are multiplied before they meet the values, as by dropout; scores or weights that something else computes with; a
    scale that is data; two features of a pair that are turned by two angles; a state that is read at another key than is written.

    ```mlir
    func.func @attention(%q: tensor<2x5x8xf32>, %k: tensor<2x8x9xf32>, %v: tensor<2x9x8xf32>) -> tensor<2x5x8xf32> {
      %zero = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<2x5x9xf32>
      %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x5x9xf32>) -> tensor<2x5x9xf32>
      %s = linalg.batch_matmul ins(%q, %k : tensor<2x5x8xf32>, tensor<2x8x9xf32>) outs(%z : tensor<2x5x9xf32>) -> tensor<2x5x9xf32>
      %scaled = linalg.generic {indexing_maps = [affine_map<(b, i, j) -> (b, i, j)>, affine_map<(b, i, j) -> (b, i, j)>],
                                iterator_types = ["parallel", "parallel", "parallel"]}
          ins(%s : tensor<2x5x9xf32>) outs(%e : tensor<2x5x9xf32>) {
      ^bb0(%x: f32, %y: f32):
        %i = linalg.index 1 : index
        %j = linalg.index 2 : index
        %lowest = arith.constant 0xFF800000 : f32
        %scale = arith.constant 0.25 : f32
        %attends = arith.cmpi sle, %j, %i : index
        %0 = arith.mulf %x, %scale : f32
        %1 = arith.select %attends, %0, %lowest : f32
        linalg.yield %1 : f32
      } -> tensor<2x5x9xf32>
      %p = linalg.softmax dimension(2) ins(%scaled : tensor<2x5x9xf32>) outs(%e : tensor<2x5x9xf32>) -> tensor<2x5x9xf32>
      %eo = tensor.empty() : tensor<2x5x8xf32>
      %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x5x8xf32>) -> tensor<2x5x8xf32>
      %o = linalg.batch_matmul ins(%p, %v : tensor<2x5x9xf32>, tensor<2x9x8xf32>) outs(%zo : tensor<2x5x8xf32>) -> tensor<2x5x8xf32>
      return %o : tensor<2x5x8xf32>
    }
    ```

    becomes, where the operands have a dimension of size 1 for the head,

    ```
    %o = attn.attention %q4, %k4, %v4 scale 0.25 layout key [batch, head, feature, sequence]
      mask (%b: index, %h: index, %i: index, %j: index) {
        %0 = attn.causal %i, %j
        attn.yield %0 : i1
      }
    ```

    `leave` switches parts off: `attention`, `mask` (masks stay -inf in the score region), `grouping` (repeated heads stay repeated),
    `rotary` (rotary embeddings), `linear` (linear attention), `cache` (cache updates), `products`
    (their order).
  }];
  let dependentDialects = ["arith::ArithDialect", "attn::AttnDialect", "linalg::LinalgDialect", "math::MathDialect",
                           "tensor::TensorDialect"];
  let options = [
    ListOption<"leave", "leave", "std::string", "Kinds of rewrites that are not done: attention, mask, grouping, rotary, linear, cache, products">
  ];
}

def UseStaticCaches : Pass<"attn-use-static-caches", "ModuleOp"> {
  let summary = "Give caches of keys and values a capacity, instead of a new tensor for each step";
  let description = [{
    Precondition: a public function with a cache: an argument that a result continues along one dynamic dimension, and of which nothing
    else reads elements; no function calls it. Effect: the argument and the result are the whole memory of the cache, of any capacity,
    whose beginning holds what is there. The function gets a last argument for each name of such a dimension: how much is there. It has
    the name of the dimension, which is now called after it with `_capacity`; where another argument has this name, `_length` is put
    behind it. The result shares the argument's memory (`attn.shares`, see `attn-share-caches`). A module without any cache is an error.

    ```mlir
    func.func @append(%new: tensor<2x?x8xf32>,
                      %past: tensor<2x?x8xf32> {attn.name = "keys", attn.dim_names = ["", "past", ""]})
        -> tensor<2x?x8xf32> {
      %0 = tensor.concat dim(1) %past, %new : (tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
      return %0 : tensor<2x?x8xf32>
    }
    ```

    becomes a function of `%new`, `%keys` and `%past: tensor<i64>` that first checks that `%new` fits behind `%past` elements, and whose
    result is `tensor.insert_slice %new into %keys[0, %past, 0] [2, %n, 8] [1, 1, 1]`.

    What else read the continued cache, such as attention, reads its beginning, a `tensor.extract_slice` of `%past + %n` elements.
  }];
  let dependentDialects = ["arith::ArithDialect", "cf::ControlFlowDialect", "tensor::TensorDialect"];
}

def ShareCaches : Pass<"attn-share-caches", "ModuleOp"> {
  let summary = "Say which outputs may have the memory of an input";
  let description = [{
    A result of a public function that is an argument with changes (`attn.cache_update`, `tensor.insert_slice`, and other ops in
    destination style) gets the attribute `attn.shares`, the argument's number. The artifact then computes in the memory of the output:
    where the caller gives it the memory of that input, nothing but the changes is written; otherwise the input is copied there first. An
    argument is shared once, by the first result. The header and the JSON say so. A result that is a slice of a changed argument, and is
    all of it (its sizes may be those of another argument whose dimensions have the same names), is returned without the slice.

    ```mlir
    func.func @write(%cache: tensor<2x4x16x8xf32>, %new: tensor<2x4x1x8xf32>, %n: tensor<2xindex>) -> tensor<2x4x16x8xf32> {
      %0 = attn.cache_update %cache, %new at %n axis 2
        : tensor<2x4x16x8xf32>, tensor<2x4x1x8xf32>, at tensor<2xindex>
      return %0 : tensor<2x4x16x8xf32>
    }
    // -> (tensor<2x4x16x8xf32> {attn.shares = 0 : i64})
    ```
  }];
}

def RoundAttention : Pass<"attn-round-attention"> {
  let summary = "Round queries, keys and values of f32 to a narrower type";
  let description = [{
    Effect: attention on queries, keys and values of f32 that the graph computes reads them rounded to bf16 or f16, as `precision` says. Scores, the
    softmax, sums and the output stay f32. What computes them takes the rounding into its loop later, so that nothing passes over them
    again. Left as it is, with a remark: attention on keys or values that are stored (an argument, a cache, or joined from parts), which
    would be rounded as a whole each time.

    ```mlir
    func.func @scale(%q: tensor<1x4x128x64xf32>, %s: tensor<1x4x128x64xf32>) -> tensor<1x4x128x64xf32> {
      %k = arith.mulf %q, %s : tensor<1x4x128x64xf32>
      %o = attn.attention %k, %k, %k : tensor<1x4x128x64xf32>, tensor<1x4x128x64xf32>, tensor<1x4x128x64xf32> -> (tensor<1x4x128x64xf32>)
      return %o : tensor<1x4x128x64xf32>
    }
    ```

    becomes

    ```
    %k = arith.mulf %q, %s : tensor<1x4x128x64xf32>
    %n = arith.truncf %k : tensor<1x4x128x64xf32> to tensor<1x4x128x64xbf16>
    %o = attn.attention %n, %n, %n : tensor<1x4x128x64xbf16>, tensor<1x4x128x64xbf16>, tensor<1x4x128x64xbf16> -> (tensor<1x4x128x64xf32>)
    ```
  }];
  let options = [
    Option<"precision", "precision", "::mlir::attn::Precision", /*default=*/"::mlir::attn::Precision::BF16",
           "What they are rounded to",
           [{::llvm::cl::values(clEnumValN(::mlir::attn::Precision::F32, "f32", "they stay"),
                                clEnumValN(::mlir::attn::Precision::BF16, "bf16", "bf16"),
                                clEnumValN(::mlir::attn::Precision::F16, "f16", "f16"))}]>];
  let dependentDialects = ["arith::ArithDialect"];
}

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_GRAPHPASSES_TD
