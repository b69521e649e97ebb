//===- AttnPackedAttrs.td - Constants in the order of their use ---------===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNPACKEDATTRS
#define ATTN_DIALECT_ATTN_IR_ATTNPACKEDATTRS

include "attn/Dialect/Attn/IR/AttnBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"

def Attn_PackedAttr : AttrDef<Attn_Dialect, "Packed", [ElementsAttrInterface]> {
  let mnemonic = "packed";
  let summary = "A constant matrix in panels of columns";
  let description = [{
    `packed[p, k, c] = matrix[k, p * C + c]`, or `matrix[p * C + c, k]` where it is transposed, rounded to the elements of the
    type `[P, K, C]`; 0 beyond the last column. `attn.contract` reads it from end to end.

    Of a type `[P, D, C, 2]`, where D is at least half of K, it is in pairs, as tiles of AMX multiply:
    `packed[p, d, c, n] = matrix[2 * d + n, p * C + c]`, 0 beyond the last row, too.

    The elements are those of `matrix`, wherever these are; they are put into this order where an artifact is written
    (attn/Target/Artifact/Parameters.h), not before. `matrix` is dense or a resource, of floats, and no splat.

    Example:

    ```mlir
    func.func @weights() -> tensor<2x2x4xbf16> {
      %0 = arith.constant #attn.packed<matrix = dense<[[1., 2., 3., 4., 5.], [6., 7., 8., 9., 10.]]> : tensor<2x5xf32>>
        : tensor<2x2x4xbf16>
      return %0 : tensor<2x2x4xbf16>
    }
    func.func @pairs() -> tensor<2x1x4x2xbf16> {
      %0 = arith.constant #attn.packed<matrix = dense<[[1., 2., 3., 4., 5.], [6., 7., 8., 9., 10.]]> : tensor<2x5xf32>>
        : tensor<2x1x4x2xbf16>
      return %0 : tensor<2x1x4x2xbf16>
    }
    ```
  }];
  let parameters = (ins
    "::mlir::ElementsAttr":$matrix,
    DefaultValuedParameter<"bool", "false", "whether columns of the product are rows of it">:$transposed,
    AttributeSelfTypeParameter<"", "::mlir::RankedTensorType">:$type);
  let assemblyFormat = "`<` struct($matrix, $transposed) `>`";
  let extraClassDeclaration = [{
    int64_t getPanels() const { return getType().getDimSize(0); }
    int64_t getPanelColumns() const { return getType().getDimSize(2); }
    bool isInPairs() const { return getType().getRank() == 4; }
    /// Steps of the sum that a panel has room for.
    int64_t getPanelDepth() const { return getType().getDimSize(1) * (isInPairs() ? 2 : 1); }
    /// Of the matrix that is multiplied by: steps of the sum, and columns.
    int64_t getDepth() const {
      return getMatrix().getShapedType().getDimSize(getTransposed() ? 1 : 0);
    }
    int64_t getColumns() const {
      return getMatrix().getShapedType().getDimSize(getTransposed() ? 0 : 1);
    }
  }];
  let genVerifyDecl = 1;
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNPACKEDATTRS
