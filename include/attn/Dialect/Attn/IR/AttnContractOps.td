//===- AttnContractOps.td - Products of matrices ------------------------===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNCONTRACTOPS
#define ATTN_DIALECT_ATTN_IR_ATTNCONTRACTOPS

include "attn/Dialect/Attn/IR/AttnBase.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"

def Attn_ContractOp : Attn_Op<"contract", [
    DestinationStyleOpInterface,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface, ["getEffects"]>]> {
  let summary = "Adds the product of two matrices to a third";
  let description = [{
    `acc[m, n] += sum over k of lhs[m, k] * rhs[k, n]`. `lhs` is `[M, K]`, or `[K, M]` after `transposed`; `rhs` is
    `[K, N]`, or `[N, K]`, or packed, `[P, K, C]` as `#attn.packed` is: P panels of C columns, the last of which may go beyond N;
    or in pairs, `[P, D, C, 2]`, where 2 D may go beyond K. With `round_lhs`, `lhs` may be rounded to the elements of `rhs`
    before, where the target multiplies such. `acc` is `[M, N]`, of f32, or of f64 where the operands are. Products and sums are of the type of `acc`. The order of the sum depends on the sizes alone. This is a tile of what `attn-tile-contractions` finds in a graph.

    On memrefs, after bufferization, it has no result and updates `acc` where it lies, which must not overlap the operands;
    any strides are allowed.

    Example:

    ```mlir
    func.func @tile(%a: tensor<5x8xf32>, %b: tensor<7x8xbf16>, %c: tensor<5x7xf32>) -> tensor<5x7xf32> {
      %0 = attn.contract %a, transposed %b into %c
        : tensor<5x8xf32>, tensor<7x8xbf16> into tensor<5x7xf32> -> tensor<5x7xf32>
      return %0 : tensor<5x7xf32>
    }
    func.func @packed(%a: tensor<5x8xf32>, %b: tensor<2x8x48xbf16>, %c: tensor<5x60xf32>) -> tensor<5x60xf32> {
      %0 = attn.contract %a, %b into %c : tensor<5x8xf32>, tensor<2x8x48xbf16> into tensor<5x60xf32> -> tensor<5x60xf32>
      return %0 : tensor<5x60xf32>
    }
    func.func @pairs(%a: tensor<5x8xf32>, %b: tensor<2x4x32x2xbf16>, %c: tensor<5x60xf32>) -> tensor<5x60xf32> {
      %0 = attn.contract %a, %b into %c {round_lhs}
        : tensor<5x8xf32>, tensor<2x4x32x2xbf16> into tensor<5x60xf32> -> tensor<5x60xf32>
      return %0 : tensor<5x60xf32>
    }
    func.func @in_place(%a: memref<8x5xf32>, %b: memref<8x7xf32>, %c: memref<5x7xf32>) {
      attn.contract transposed %a, %b into %c : memref<8x5xf32>, memref<8x7xf32> into memref<5x7xf32>
      return
    }
    ```
  }];
  let arguments = (ins UnitAttr:$lhs_transposed, Attn_FloatShaped:$lhs,
    UnitAttr:$rhs_transposed, Attn_FloatShaped:$rhs, Attn_ScoreShaped2D:$acc,
    UnitAttr:$round_lhs);
  let results = (outs Optional<AnyRankedTensor>:$new_acc);
  let assemblyFormat = [{
    (`transposed` $lhs_transposed^)? $lhs `,` (`transposed` $rhs_transposed^)? $rhs `into` $acc
    attr-dict `:` type($lhs) `,` type($rhs) `into` type($acc) (`->` type($new_acc)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getAccMutable(); }
    /// The positions of rows and columns in operands that may be transposed.
    int64_t getLhsRowDim() { return getLhsTransposed() ? 1 : 0; }
    int64_t getRhsColumnDim() { return getRhsTransposed() ? 0 : 1; }
  }];
  let hasVerifier = 1;
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNCONTRACTOPS
