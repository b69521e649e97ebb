//===- Passes.td - Passes that show what analyses find ---------*- tablegen -*-===//
#ifndef ATTN_ANALYSIS_PASSES_TD
#define ATTN_ANALYSIS_PASSES_TD

include "mlir/Pass/PassBase.td"

def AttnPrintMaskAnalysis : Pass<"attn-print-mask-analysis"> {
  let summary = "Print what the masks of attention mean for tiles";
  let description = [{
    Precondition: verified attn.attention ops on tensors. Effect: none on the program. For each attention, on the
    standard output: the key tiles J that query tile I visits and those that hold a masked pair, as closed forms; what is proved; and, where
    lengths and symbols are known or given, the tiles of each class and the share that is skipped.
    `d0 = b`, `d1 = h`, and the lengths are called Sq and Sk. `attn-opt --mask-picture=FILE.png` draws the counted tiles.

    ```mlir
    func.func @causal(%q: tensor<1x2x128x16xf32>, %k: tensor<1x2x128x16xf32>, %v: tensor<1x2x128x16xf32>)
        -> tensor<1x2x128x16xf32> {
      %o = attn.attention %q, %k, %v
        mask (%b: index, %h: index, %i: index, %j: index) {
          %0 = attn.causal %i, %j
          attn.yield %0 : i1
        }
        : tensor<1x2x128x16xf32>, tensor<1x2x128x16xf32>, tensor<1x2x128x16xf32> -> tensor<1x2x128x16xf32>
      return %o : tensor<1x2x128x16xf32>
    }
    ```

    prints, among others,

    ```
    visited: 0 <= J < I + 1 (exact)
    masked:  I <= J < 2 (exact)
    proved:  no row is empty
    tiles:   1 full, 2 partial, 1 empty of 4; 25.0 % skipped
    ```
  }];
  let options = [
    Option<"tileQuery", "tile-query", "int64_t", "64", "Queries of a tile">,
    Option<"tileKey", "tile-key", "int64_t", "64", "Keys of a tile">,
    Option<"query", "query", "int64_t", "-1", "Sq to count tiles for, where it is dynamic">,
    Option<"key", "key", "int64_t", "-1", "Sk to count tiles for, where it is dynamic">,
    Option<"batch", "batch", "int64_t", "0", "b to count tiles for">,
    Option<"head", "head", "int64_t", "0", "h to count tiles for">,
    ListOption<"symbols", "symbols", "int64_t", "Values of the printed symbols after Sq and Sk, to count tiles for">,
    Option<"effort", "effort", "int64_t", "60000000", "Operations to spend on one mask: what they do not suffice for is not known, and its tiles are partial">];
}

def AttnClassifyTiles : Pass<"attn-classify-tiles", "func::FuncOp"> {
  let summary = "Replace attention by the classes of its tiles";
  let description = [{
    Precondition: a function whose entry block holds one attn.attention on tensors. Effect: the function returns, instead of
    its results, two tensors<batch x heads x query tiles x key tiles x i8>, computed when run by the code that tiling puts around each
    tile: the classes by intervals (0 empty, 1 not decided, 2 full), and the visits by closed forms (0 not visited, 1 visited with the
    mask, 2 without). To look at, and to test, what is decided at run time.

    ```mlir
    func.func @documents(%q: tensor<1x2x?x16xf32>, %k: tensor<1x2x?x16xf32>, %v: tensor<1x2x?x16xf32>,
        %segments: tensor<1x?xi32>) -> tensor<1x2x?x16xf32> {
      %o = attn.attention %q, %k, %v
        mask (%b: index, %h: index, %i: index, %j: index) {
          %0 = attn.same_segment %segments, %segments at %b, %i, %j : tensor<1x?xi32>, tensor<1x?xi32>
          attn.yield %0 : i1
        }
        : tensor<1x2x?x16xf32>, tensor<1x2x?x16xf32>, tensor<1x2x?x16xf32> -> tensor<1x2x?x16xf32>
      return %o : tensor<1x2x?x16xf32>
    }
    ```

    becomes a function with results `tensor<?x?x?x?xi8>, tensor<?x?x?x?xi8>`: tables of the smallest and largest segment of each
    block, and loops over tiles that compare them.
  }];
  let dependentDialects = ["affine::AffineDialect", "linalg::LinalgDialect", "scf::SCFDialect", "tensor::TensorDialect"];
  let options = [
    Option<"tileQuery", "tile-query", "int64_t", "64", "Queries of a tile">,
    Option<"tileKey", "tile-key", "int64_t", "64", "Keys of a tile">];
}

#endif // ATTN_ANALYSIS_PASSES_TD
