//===- Passes.td - Conversions out of the attn dialect ---------*- tablegen -*-===//
#ifndef ATTN_CONVERSION_PASSES_TD
#define ATTN_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertAttnToLinalg : Pass<"convert-attn-to-linalg", "ModuleOp"> {
  let summary = "Lower attn ops to linalg on tensors, scores as whole tensors";
  let description = [{
    The naive lowering that every other one is compared with. Precondition: verified attn ops on tensors, static or
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
  let options = [
    Option<"keepAttend", "keep-attend", "bool", "false",
           "for a target with code for attn.attend, attn.linear_chunk and products of matrices: leave these ops, of attend those with "
           "head sizes that are known and not too large, and write P V as a product where all of V is finite">
  ];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect", "bufferization::BufferizationDialect",
                           "cf::ControlFlowDialect", "linalg::LinalgDialect", "math::MathDialect", "scf::SCFDialect",
                           "tensor::TensorDialect"];
}

def ConvertAttnToVector : Pass<"convert-attn-to-vector", "ModuleOp"> {
  let summary = "Lower attn.attend and attn.linear_chunk to vector code";
  let description = [{
    Precondition: `attn.attend`, `attn.linear_chunk` and `attn.contract` on memrefs of any strides, in a module for a CPU. Effect:
    of attn, instructions of the target are left (`attn.x86`), and no memref in `#attn.scratch`. Registers,
    instructions and the accuracy of exp are those of the module's `attn.target`.

    A state in `#attn.scratch` lives on the stack of the thread, in the layout of its kernel. Any other state is copied there
    before the op, and back after it. A query in scratch is packed in place of the copy that fills it, for all ops that read it;
    any other is packed before each op.

    Where ops are for tiles of AMX, the body of the parallel loop around them becomes a branch between itself and a copy for
    vectors, by a call of the runtime, which knows what the machine has and the system permits.

    ```mlir
    func.func @tile(%q: memref<1x1x48x4xf32>, %k: memref<1x1x64x4xf32>, %o: memref<1x1x48x4xf32>) {
      %zero = arith.constant 0.0 : f32
      %none = arith.constant 0xFF800000 : f32
      %query = memref.alloc() : memref<1x1x48x4xf32, #attn.scratch>
      %acc = memref.alloc() : memref<1x1x48x4xf32, #attn.scratch>
      %max = memref.alloc() : memref<1x1x48xf32, #attn.scratch>
      %sum = memref.alloc() : memref<1x1x48xf32, #attn.scratch>
      memref.copy %q, %query : memref<1x1x48x4xf32> to memref<1x1x48x4xf32, #attn.scratch>
      linalg.fill ins(%zero : f32) outs(%acc : memref<1x1x48x4xf32, #attn.scratch>)
      linalg.fill ins(%none : f32) outs(%max : memref<1x1x48xf32, #attn.scratch>)
      linalg.fill ins(%zero : f32) outs(%sum : memref<1x1x48xf32, #attn.scratch>)
      attn.attend %query, %k, %k into %acc, %max, %sum : memref<1x1x48x4xf32, #attn.scratch>, memref<1x1x64x4xf32>,
        memref<1x1x64x4xf32> -> memref<1x1x48x4xf32, #attn.scratch>, memref<1x1x48xf32, #attn.scratch>
      linalg.copy ins(%acc : memref<1x1x48x4xf32, #attn.scratch>) outs(%o : memref<1x1x48x4xf32>)
      return
    }
    ```

    Scores are computed transposed: a lane is a query, a row of vectors is a key. Keys and values are then read as scalars
    that are broadcast, in place and in any layout, and row maxima, row sums, masks and the rescaling of the state are
    vertical. Only the queries are packed. One op becomes, for each block of 64 keys and each block of query vectors:

    ```
    for 8 keys at a time:  s[8][3 vectors] += broadcast(k[key][d]) * q^T[d][3 vectors]   // over d; 24 accumulators
    s -> scale, score region, mask region (vectorized inline), running maximum
    p = exp(s - max), running sum
    for 8 features at a time: acc^T[8][3 vectors] = acc^T * exp(old - new max) + broadcast(v[key][f]) * p[key][3 vectors]
    ```

    All but the regions is in private functions, which loops over the same kinds of blocks share: a mask makes several loops
    over keys of one attention, and compiling each on its own took most of the time.

    ```
    %max:3 = func.call @__attn_scores(…)       // the first product
    scf.for %key = … { /* the regions */ }
    func.call @__attn_add_block(…, %max#0, …)  // exp, sums, the second product
    ```

    A region of more than 256 operations is functions too, of as many operations each, with a remark: what depends on a row
    alone is then computed for each pair. Copied into loops it would fill registers with it, and LLVM's time grows with the
    square of a block.

    With at most 8 queries (those of all heads of a group count), and keys and values whose features lie side by side, lanes
    are features instead: each key and each value is loaded once, as a vector, for all queries, and scores lie with keys in
    lanes, where regions and exp apply.

    ```
    for 16 / queries keys at a time: s[queries][keys] = sum of lanes of (k[key][16 features] * q[query][16 features] over the features)
    p = exp(s - max), 16 keys at a time
    for each key: acc[query][features] += broadcast(p[query][key]) * v[key][features]
    ```

    Pairs that do not attend weigh exactly 0; where a value of the block is not finite, products with weight 0 are left
    out (D3). f16 and bf16 keys and values are widened once a block.

    With AMX and registers of 512 bits, bf16 with head sizes up to 256 (of V: whole tiles of 16) stays bf16 in both products,
    which run on tiles, 32 queries and 64 keys at a time. K is read as it lies; V is transposed once for up to 512 keys:

    ```
    s[64][32]  = amx.tile_mulf k[16 keys][32 d], q^T[16 pairs of d][16 queries x 2]       // 2 x 2 tiles, over d
    s -> scale, score region, mask region, maximum          // references follow maxima when these grew by more than 2^8
    p[32 pairs of keys][32 x 2] = bf16(exp(s - reference)), running sum in f32
    acc^T[d][32] = amx.tile_mulf v^T[16 d][32 keys], p[16 pairs of keys][16 queries x 2]  // + acc^T, 2 x 2 tiles
    ```

    Without regions, the scores of the next block are computed among the weights of this one, in one straight line of code.
    Blocks with a value that is not finite accumulate on vectors, leaving out weights of 0. The maximum in the state is exact after the op.

    `attn.linear_chunk` on memrefs: its tokens in blocks of 32 (16 with a decay for each feature), copied to scratch and widened.
    With c the cumulated decays and D their quotients, both products of `exp(decay)` from the block's start or from a token on:

    ```
    W = tril(D * Q K^T), A = tril(beta * D * K K^T, -1)   // rows up to the diagonal only
    V' = (I + A)^-1 beta (V - c K S)                      // with a delta; forward substitution in register tiles
    O = scale (c Q S + W V');  S = c_n S + (D_n K)^T V'
    ```
  }];
  let dependentDialects = ["affine::AffineDialect", "amx::AMXDialect", "arith::ArithDialect", "attn::AttnDialect",
                           "linalg::LinalgDialect", "LLVM::LLVMDialect", "math::MathDialect", "memref::MemRefDialect", "scf::SCFDialect",
                           "vector::VectorDialect"];
}

def ConvertLinalgToVector : Pass<"convert-linalg-to-vector", "ModuleOp"> {
  let summary = "Lower linalg ops on memrefs to loops over vectors";
  let description = [{
    Precondition: linalg ops on memrefs whose bodies compute elements, or reduce by one binary op for each result. Effect: the loop along
    which elements lie side by side, in every operand that moves with it, runs a vector at a time; its rest is masked. What does not
    move with it is computed once before. Reads of captured buffers in the body, along that loop, are vectors too: rows of an
    embedding. The code is a private function, which equal ops share. Inputs that such a loop, of known size, strides over are
    transposed a few rows at a time where their elements lie side by side along a loop around.

    Floating-point sums are taken in blocks of 64 vectors, or 32 elements where lanes are different sums: each block's sum is added
    with the error of that addition kept (TwoSum), and the errors are added at the end. So a long sum is as exact as a short one,
    and depends on sizes and vectors alone. Maxima, products and sums of integers need no such care.

    ```
    linalg.generic {maps = [(i, j) -> (i, j), (i, j) -> (i)], ["parallel", "reduction"]} ins(%x) outs(%s) { addf }
    ```

    becomes

    ```
    for %i {
      for %block: 1024 {                       // %sum, %error
        for %j: 64 { %p0..3 += vector.load %x[%i, %j + 0..3 * 16] }
        %sum, %error = two-sum(%sum, (%p0 + %p1) + (%p2 + %p3))
      }
      store %s[%i] + lanes of (%sum + %error), pairwise
    }
    ```

    Declined, with a remark, and left to scalar loops: elements side by side along no common loop, bodies with checks or branches that differ
    between lanes, memory of i1 along the loop.
  }];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect", "attn::AttnDialect", "memref::MemRefDialect", "scf::SCFDialect",
                           "LLVM::LLVMDialect", "vector::VectorDialect"];
}

#endif // ATTN_CONVERSION_PASSES_TD
