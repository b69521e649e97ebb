//===- TilePasses.td - Passes from graphs to loops ---------*- tablegen -*-===//
#ifndef ATTN_DIALECT_ATTN_TRANSFORMS_TILEPASSES_TD
#define ATTN_DIALECT_ATTN_TRANSFORMS_TILEPASSES_TD

include "mlir/Pass/PassBase.td"

def TileAttention : Pass<"attn-tile"> {
  let summary = "Tile attention over queries and keys, with an online softmax";
  let description = [{
    Precondition: attn.attention on tensors, with static feature dimensions. Effect: each becomes an `scf.forall` over
    (batch, query head, query tile) around a loop over key tiles that carries the attention state, so that memory grows
    with the tile and not with Sq x Sk. Mask analysis bounds the loop: key tiles that no query of the tile attends to (EMPTY)
    are not visited, and those that all attend to (FULL) are visited without the mask; a union becomes several loops. Where data
    decides, and finding out costs less than applying the mask, a tile's class is computed when run, from tables of the data's
    blocks, and branches around the tile. Query tiles are visited from the last: with a causal mask those take longest.

    Where the queries of a kv head's whole group fit into one tile, and the mask does not look at the head, the tile has all
    heads of the group: keys and values are read once for them. Where, besides, there are few (batch, kv head) and many or
    unknown keys, the forall also runs over parts of the keys, 1024 or more each; their states go to a tensor and are merged
    in order, so that results depend on the shape and not on the number of threads.

    The sizes are those of the target's tiling policy (attn/Analysis/TilingPolicy.h), where the options do not say others: of tiles,
    of parts of the keys, and of what one attend takes where no key needs the mask.

    For a CPU, attention with a dynamic number of queries becomes branches on whether there is one, as in a
    model that decodes, or few, as where it verifies what it drafted: so many that the heads of a group fill two thirds of a
    tile together. Each branch has tiles of its own. A mask that goes by `i floordiv n`, as that of a table of blocks, gets tiles
    that lie in one block: of as many queries as divide n, up to those of a tile and at least a third of them. A band around the
    diagonal with no more keys than twelve tiles have gets tiles of two thirds of these queries. So does f32 of static lengths
    where such tiles compute less beyond the last query and on the diagonal of a causal mask: for 128 queries in vectors of 8,
    say, tiles of 32, since tiles of 48 come in blocks of 24.

    For a GPU, all tiles but the last are of as many queries, and the parallel loops are mapped to blocks of threads.

    The query and the state of a tile live in `#attn.scratch`, memory of the kernels. Other values are tensors as any.

    Regions see positions in the whole attention: in a tile they add its origin at their entry, and what depends on batch
    and head alone is computed before the loop over keys. Ops on positions in them are expanded, and tensors that they read
    are checked once, before all loops. What they compare, or make numbers of, is computed in 32 bits where static sizes and
    constants prove that every value on the way fits.

    Declined, with a remark: a prob region or a scores result, which need whole rows; regions with side effects, or with reads
    that only the read itself can check.

    ```mlir
    func.func @causal(%q: tensor<1x8x4096x64xf32>, %k: tensor<1x2x4096x64xf32>, %v: tensor<1x2x4096x64xf32>)
        -> tensor<1x8x4096x64xf32> {
      %o = attn.attention %q, %k, %v
        mask (%b: index, %h: index, %i: index, %j: index) {
          %0 = attn.causal %i, %j
          attn.yield %0 : i1
        }
        : tensor<1x8x4096x64xf32>, tensor<1x2x4096x64xf32>, tensor<1x2x4096x64xf32> -> tensor<1x8x4096x64xf32>
      return %o : tensor<1x8x4096x64xf32>
    }
    ```

    becomes, with tiles of 96 queries and 64 keys,

    ```
    %o = scf.forall (%b, %h, %n) in (1, 8, 43) shared_outs(%out = %empty) {
      %i = (42 - %n) * 96                                          // the first query
      %qs = tensor.extract_slice %q[%b, %h, %i, 0] ...
      %qt = bufferization.alloc_tensor() copy(%qs) {memory_space = #attn.scratch}
      %s0:3 = attn.init_state in scratch
      %s1:3 = scf.for %j = 0 to D step 64 iter_args(%s0) {         // FULL tiles, before the diagonal
        %kt, %vt = tensor.extract_slice %k, %v[%b, %h floordiv 4, %j, 0] ...
        attn.attend %qt, %kt, %vt into %a, %m, %l
      }
      %s2:3 = scf.for %j = D to E step 64 iter_args(%s1) {         // PARTIAL tiles, on the diagonal
        attn.attend %qt, %kt, %vt into %a, %m, %l mask (%bt, %ht, %it, %jt) { %jt + %j <= %it + %i }
      }
      %ot = attn.finalize_state %s2
      scf.forall.in_parallel { tensor.parallel_insert_slice %ot into %out[%b, %h, %i, 0] ... }
    }
    ```
  }];
  let options = [
    Option<"tileQuery", "tile-query", "int64_t", "0", "Queries of a tile, 1 to 2^20 (0: as suits the target)">,
    Option<"tileKey", "tile-key", "int64_t", "0", "Keys of a tile, 1 to 2^20 (0: as suits the target)">
  ];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect", "bufferization::BufferizationDialect",
                           "cf::ControlFlowDialect", "gpu::GPUDialect", "linalg::LinalgDialect", "math::MathDialect",
                           "scf::SCFDialect", "tensor::TensorDialect"];
}

def ChunkLinearAttention : Pass<"attn-chunk-linear-attention"> {
  let summary = "Run linear attention in chunks, batches, heads and parts of heads in parallel";
  let description = [{
    Precondition: attn.linear_attention on tensors, with static feature dimensions. Effect: each becomes an `scf.forall` over
    (batch, kv head) around a loop over chunks of tokens that carries the output and the state, which lies in f32 (f64 for f64).
    What happens in a chunk is `attn.linear_chunk`, which `convert-attn-to-vector` lowers to matrix products.

    The code for a chunk goes on in smaller blocks, whose size the registers decide; it keeps the state in scratch for the whole
    chunk.

    Where batches and kv heads may be fewer than threads (at most 32 of them, or unknown), a third dimension of the `scf.forall`
    divides the value features among as many tasks as make no more than there are threads, which a run asks the runtime for. No
    column of the state depends on another, under a delta rule neither, and each is computed by the same operations in any part:
    results are the same bits for any number of threads. Parts repeat the packing of tokens and the scores within blocks, a quarter
    of a head's work without a delta; the rest is divided, so that each task takes less time than the whole. Parts are whole register
    tiles of columns (16 of f32 with AVX2), which `TilingPolicy::getLinearColumns` tells; short runs of tokens, and bf16 on tiles of
    AMX, stay whole.

    Declined, with a remark: dynamic head sizes, more features than the target has code for (a CPU: 512, of f64 256), and tensors
    without elements.

    ```mlir
    func.func @gated(%q: tensor<1x4x4096x128xf32>, %k: tensor<1x2x4096x128xf32>, %v: tensor<1x2x4096x128xf32>,
        %g: tensor<1x2x4096xf32>) -> tensor<1x4x4096x128xf32> {
      %o = attn.linear_attention gated %q, %k, %v decay %g
        : tensor<1x4x4096x128xf32>, tensor<1x2x4096x128xf32>, tensor<1x2x4096x128xf32>, decay tensor<1x2x4096xf32>
        -> tensor<1x4x4096x128xf32>
      return %o : tensor<1x4x4096x128xf32>
    }
    ```

    becomes

    ```
    %o:2 = scf.forall (%b, %h) in (1, 2) shared_outs(%out = %empty, %states = %zeros) {
      %r:2 = scf.for %i = 0 to 4096 step 512 iter_args(%o = %out[%b, %h * 2, 0, 0], %s = %states[%b, %h, 0, 0]) {
        %qc, %kc, %vc, %gc, %oc = tensor.extract_slice ... // 512 tokens
        %on, %sn = attn.linear_chunk gated %qc, %kc, %vc decay %gc into %oc, %s
        scf.yield (tensor.insert_slice %on into %o), %sn
      }
      scf.forall.in_parallel { tensor.parallel_insert_slice %r ... }
    }
    ```
  }];
  let options = [Option<"chunk", "chunk", "int64_t", "512", "Tokens of a chunk, 1 to 2^20">];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect", "cf::ControlFlowDialect", "func::FuncDialect",
                           "gpu::GPUDialect", "linalg::LinalgDialect", "scf::SCFDialect", "tensor::TensorDialect"];
}

def TileContractions : Pass<"attn-tile-contractions"> {
  let summary = "Tile dense products over rows and columns, with what follows them";
  let description = [{
    Precondition: products of two tensors summed over one or more loops, as linalg ops on tensors: `linalg.matmul`, its
    batched, transposed and general forms, and `linalg.generic`; into f32 or f64, of operands that are no wider. Effect:
    each becomes an `scf.forall` over batches, blocks of rows and blocks of columns around `attn.contract`. What fills its
    destination, and elementwise ops that are the only users of the product, one after another, go into the loop: bias,
    activation, residual, cast are applied to a block while it is in the cache, where it lies if they do not change its type.
    No sum is split between blocks, so that results do not depend on blocks or threads.

    A long sum for up to eight rows, of weights that lie row by row and are no constants, is eight or four parts of it, of equal
    size (by shape alone), and an op that adds them up: threads then share whole rows of the weights, which are read from end to
    end, and not pieces of each. `c[m, n] = sum over k of x[m, k] w[k, n]` becomes

    ```
    %xp = tensor.expand_shape %x [[0], [1, 2]]        // [m, k] as [m, part, k in part]
    %wp = tensor.expand_shape %w [[0, 1], [2]]        // [k, n] as [part, k in part, n]
    %p = p[part, m, n] = sum over k of xp[m, part, k] wp[part, k, n]   // tiled: part in (8)
    %c = c[m, n] += sum over part of p[part, m, n]    // and what followed the product
    ```

    Columns are the last dimension of the result, whichever operand has it. A transpose of an operand is read in place.
    Batches that read the other operand alike, `[batch, row, k]` times `[k, column]`, are rows of one product with what follows it,
    so that the other operand is read once for all of them; a caller's buffer takes them as they are.

    Convolutions over any number of dimensions, as operands say that are read at `stride * position + dilation * tap`, are
    products of kernels, `[kernel, channel * tap]`, and patches, `[channel * tap, position]`; or of rows of patches and kernels, where
    channels come last. Patches are copied in the loops, for a block of positions. Where one kernel alone reads a window, as in
    depthwise ones, there is no copy, and no product of matrices.

    Blocks are of whole register tiles of the target (attn/Analysis/TilingPolicy.h).

    With `pack-weights`, constant matrices that are multiplied by become constants in panels of so many columns (`#attn.packed`),
    which products read from end to end, if nothing else reads them but element by element (the embedding table that logits
    share, which then is there once); with `precision=bf16` or `f16`, those of f32 are rounded to that, and what they multiply may be.
    Where tiles of AMX multiply both factors, panels are of pairs of steps. Left as they are, with a remark: those that something else reads, that two products read
    in different orientations, or whose panels would be a quarter empty.

    Declined, with a remark: a last dimension that both operands or neither has, products of integers, sums in a narrow type.

    ```mlir
    func.func @linear(%x: tensor<512x768xf32>, %w: tensor<768x3072xf32>, %b: tensor<3072xf32>) -> tensor<512x3072xf32> {
      %zero = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<512x3072xf32>
      %f = linalg.fill ins(%zero : f32) outs(%e : tensor<512x3072xf32>) -> tensor<512x3072xf32>
      %p = linalg.matmul ins(%x, %w : tensor<512x768xf32>, tensor<768x3072xf32>) outs(%f : tensor<512x3072xf32>)
        -> tensor<512x3072xf32>
      %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
          iterator_types = ["parallel", "parallel"]} ins(%p, %b : tensor<512x3072xf32>, tensor<3072xf32>)
          outs(%e : tensor<512x3072xf32>) {
      ^bb0(%a: f32, %c: f32, %o: f32):
        %s = arith.addf %a, %c : f32
        linalg.yield %s : f32
      } -> tensor<512x3072xf32>
      return %r : tensor<512x3072xf32>
    }
    ```

    becomes

    ```
    %r = scf.forall (%i, %j) = (0, 0) to (512, 3072) step (512, 96) shared_outs(%out = %e) {
      %xt, %wt, %bt, %t = tensor.extract_slice ...
      %f = linalg.fill ins(%zero) outs(%t)
      %p = attn.contract %xt, %wt into %f
      %s = linalg.generic ins(%bt) outs(%p) { addf }
      scf.forall.in_parallel { tensor.parallel_insert_slice %s into %out[%i, %j] ... }
    }
    ```
  }];
  let options = [
    Option<"weights", "pack-weights", "bool", /*default=*/"false", "Pack constant matrices at compile time">,
    Option<"precision", "precision", "::mlir::attn::Precision", /*default=*/"::mlir::attn::Precision::F32",
           "What packed matrices of f32 are rounded to",
           [{::llvm::cl::values(clEnumValN(::mlir::attn::Precision::F32, "f32", "they stay"),
                                clEnumValN(::mlir::attn::Precision::BF16, "bf16", "bf16"),
                                clEnumValN(::mlir::attn::Precision::F16, "f16", "f16"))}]>];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect", "attn::AttnDialect",
                           "bufferization::BufferizationDialect", "linalg::LinalgDialect", "memref::MemRefDialect",
                           "scf::SCFDialect", "tensor::TensorDialect"];
}

def TileRows : Pass<"attn-tile-rows"> {
  let summary = "Run norms, softmax and elementwise chains row by row";
  let description = [{
    Precondition: `linalg.generic` ops on tensors, products already in loops of their own. Effect: ops whose first loops are
    the same rows, each reading of the others' results its own row alone, become one `scf.forall` over blocks of rows: a row is read
    once, and what is computed of it stays in the cache. A block has about 8192 elements. In a block, elementwise ops go into
    those that read them, twice if they are cheap, so that a norm is one loop for each sum and one for the result. Rows are
    never split, so that results depend on neither blocks nor threads.

    A `tensor.insert_slice` of what the caller gave, such as what a cache holds already, becomes such a loop too, those of equal
    sizes in a row one loop; a row is the last dimension, and a block as many of the others as make up its elements. What is
    inserted into the result is computed behind it, where it can be in its place.

    Left alone: less than two blocks, ops in loops, and ops without parallel loops that come first; of copies those with strides.

    ```mlir
    func.func @center(%x: tensor<512x768xf32>) -> tensor<512x768xf32> {
      %zero = arith.constant 0.0 : f32
      %n = arith.constant 768.0 : f32
      %e = tensor.empty() : tensor<512xf32>
      %f = linalg.fill ins(%zero : f32) outs(%e : tensor<512xf32>) -> tensor<512xf32>
      %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
          iterator_types = ["parallel", "reduction"]} ins(%x : tensor<512x768xf32>) outs(%f : tensor<512xf32>) {
      ^bb0(%a: f32, %o: f32):
        %0 = arith.addf %o, %a : f32
        linalg.yield %0 : f32
      } -> tensor<512xf32>
      %d = tensor.empty() : tensor<512x768xf32>
      %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
          iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<512x768xf32>, tensor<512xf32>)
          outs(%d : tensor<512x768xf32>) {
      ^bb0(%a: f32, %t: f32, %o: f32):
        %0 = arith.divf %t, %n : f32
        %1 = arith.subf %a, %0 : f32
        linalg.yield %1 : f32
      } -> tensor<512x768xf32>
      return %r : tensor<512x768xf32>
    }
    ```

    becomes

    ```
    %r = scf.forall (%i) = (0) to (512) step (10) shared_outs(%out = %d) {
      %xt, %t = tensor.extract_slice %x[%i, 0] [%count, 768], %out[%i, 0] [%count, 768]
      %s = linalg.generic ins(%xt) outs(%filled) { addf }
      %c = linalg.generic ins(%xt, %s) outs(%t) { divf, subf }
      scf.forall.in_parallel { tensor.parallel_insert_slice %c into %out[%i, 0] [%count, 768] }
    }
    ```
  }];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect", "linalg::LinalgDialect", "scf::SCFDialect",
                           "tensor::TensorDialect"];
}

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_TILEPASSES_TD
