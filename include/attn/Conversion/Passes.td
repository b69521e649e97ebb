//===- Passes.td - Conversions out of the attn dialect ---------*- tablegen -*-===//
#ifndef ATTN_CONVERSION_PASSES_TD
#define ATTN_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertAttnToLinalg : Pass<"convert-attn-to-linalg", "ModuleOp"> {
  let summary = "Lower attn ops to linalg on tensors, scores as whole tensors";
  let description = [{
    The slow and obvious path that every other one is compared with. Precondition: verified attn ops on tensors, static or
    dynamic. Effect: no attn op is left. Attention becomes a product, a pass that applies the score region and the mask,
    row maxima, weights, row sums and a second product, each a `linalg.generic` over `[batch, kv head, head in group, query, key]`.
    Sizes that only a run can tell apart become `cf.assert`s, indices from data are checked and clamped (D21).

    ```mlir
    func.func @causal(%q: tensor<2x4x?x8xf32>, %k: tensor<2x2x?x8xf32>, %v: tensor<2x2x?x8xf32>) -> tensor<2x4x?x8xf32> {
      %o = attn.attention %q, %k, %v
        mask (%b: index, %h: index, %i: index, %j: index) {
          %0 = attn.causal %i, %j
          attn.yield %0 : i1
        }
        : tensor<2x4x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32> -> tensor<2x4x?x8xf32>
      return %o : tensor<2x4x?x8xf32>
    }
    ```

    becomes

    ```
    %s = linalg.generic ... ins(%q5, %k) { mulf, addf }        // scale * Q K^T
    %t = linalg.generic ... outs(%s) { select %mask, %s, -inf }  // score and mask regions
    %m = linalg.generic ... { maximumf }                        // row maximum
    %p = linalg.generic ... { exp(s - m), 0 where s = -inf }
    %l = linalg.generic ... { addf }                            // row sum
    %o = linalg.generic ... ins(%p, %v) { select, mulf, addf }   // P V / l
    ```
  }];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect", "cf::ControlFlowDialect",
                           "linalg::LinalgDialect", "math::MathDialect", "scf::SCFDialect",
                           "tensor::TensorDialect"];
}

#endif // ATTN_CONVERSION_PASSES_TD
