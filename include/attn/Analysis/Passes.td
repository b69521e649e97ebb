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
    `d0 = b`, `d1 = h`, and the lengths are called Sq and Sk.

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
    Option<"picture", "picture", "std::string", "", "A PNG file to draw the counted tiles in: empty dark, partial green, full yellow">];
}

#endif // ATTN_ANALYSIS_PASSES_TD
