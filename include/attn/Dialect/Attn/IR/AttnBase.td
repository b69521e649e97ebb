//===- AttnBase.td - The attn dialect and its shared definitions --------===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNBASE
#define ATTN_DIALECT_ATTN_IR_ATTNBASE

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Attn_Dialect : Dialect {
  let name = "attn";
  let cppNamespace = "::mlir::attn";
  let summary = "Attention: softmax and linear, with masks and score modifiers as code on positions";
  let description = [{
    The dialect says what the attention part of a model *means*. A mask is a
    predicate on `(batch, head, query, key)` positions and a score modifier is a
    function of the score and those positions; both are regions that the compiler
    reads. Projections, normalization and feed-forward layers stay in `linalg`.

    Every rule has a label (`D1` ... `D21`) in docs/Spec.md; verifiers and tests
    name it. All graph-level ops work on ranked tensors and are pure. Dimensions
    are named `batch`, `head`, `sequence` (query or key position) and `feature`.

    A module says what it is compiled for in the attribute `attn.target`, which the dialect verifies. Ops in `attn.x86` are
    instructions of a target and views of memory that the lowering to LLVM takes apart, after all that is about attention.
  }];
  // What folds, canonicalizations and expansions of ops on positions write.
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
  let hasConstantMaterializer = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let extraClassDeclaration = [{
    /// Of a module: what it is compiled for.
    static constexpr ::llvm::StringLiteral kTarget = "attn.target";
  }];
}

class Attn_Op<string mnemonic, list<Trait> traits = []>
    : Op<Attn_Dialect, mnemonic, traits>;

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

def Attn_Float : AnyTypeOf<[F16, BF16, F32, F64], "f16, bf16, f32 or f64">;
def Attn_Integer : AnyTypeOf<[I8, I16, I32, I64, Index], "i8, i16, i32, i64 or index">;
// Scores, statistics and probabilities: f64 when an input is f64, else f32 (D5).
def Attn_Score : AnyTypeOf<[F32, F64], "f32 or f64">;

def Attn_FloatTensor4D : RankedTensorOf<[Attn_Float],
    [HasAnyRankOfPred<[4]>], "4-D tensor of f16, bf16, f32 or f64">;
def Attn_ScoreTensor4D : RankedTensorOf<[Attn_Score],
    [HasAnyRankOfPred<[4]>], "4-D tensor of f32 or f64">;
def Attn_ScoreTensor3D : RankedTensorOf<[Attn_Score],
    [HasAnyRankOfPred<[3]>], "3-D tensor of f32 or f64">;
def Attn_ScoreTensor2D : RankedTensorOf<[Attn_Score],
    [HasAnyRankOfPred<[2]>], "2-D tensor of f32 or f64">;
def Attn_FloatTensor1D : RankedTensorOf<[Attn_Float],
    [HasAnyRankOfPred<[1]>], "1-D tensor of f16, bf16, f32 or f64">;
def Attn_FloatTensor : RankedTensorOf<[Attn_Float]>;
// What one-shot bufferization makes of the above.
def Attn_FloatMemRef4D : MemRefRankOf<[Attn_Float], [4]>;
def Attn_ScoreMemRef4D : MemRefRankOf<[Attn_Score], [4]>;
def Attn_ScoreMemRef2D : MemRefRankOf<[Attn_Score], [2]>;
def Attn_ScoreMemRef3D : MemRefRankOf<[Attn_Score], [3]>;
// Ops that bufferization keeps.
def Attn_FloatShaped4D : AnyTypeOf<[Attn_FloatTensor4D, Attn_FloatMemRef4D]>;
def Attn_ScoreShaped4D : AnyTypeOf<[Attn_ScoreTensor4D, Attn_ScoreMemRef4D]>;
def Attn_ScoreShaped3D : AnyTypeOf<[Attn_ScoreTensor3D, Attn_ScoreMemRef3D]>;
def Attn_ScoreShaped2D : AnyTypeOf<[Attn_ScoreTensor2D, Attn_ScoreMemRef2D]>;
def Attn_FloatShaped : AnyTypeOf<[Attn_FloatTensor, MemRefOf<[Attn_Float]>]>;
def Attn_IntegerTensor : RankedTensorOf<[Attn_Integer]>;
def Attn_IntegerTensor1D : RankedTensorOf<[Attn_Integer],
    [HasAnyRankOfPred<[1]>], "1-D tensor of integers or index">;
def Attn_IntegerTensor2D : RankedTensorOf<[Attn_Integer],
    [HasAnyRankOfPred<[2]>], "2-D tensor of integers or index">;

// Permutation of the canonical dimension names: tensor dimension p holds the
// canonical dimension layout[p]. Absent means canonical order.
def Attn_LayoutAttr : OptionalAttr<DenseI64ArrayAttr>;

//===----------------------------------------------------------------------===//
// Enums
//===----------------------------------------------------------------------===//

def Attn_ScoresStage : I32EnumAttr<"ScoresStage",
    "the point at which the scores are returned", [
      I32EnumAttrCase<"scaled", 0>,       // scale * Q K^T
      I32EnumAttrCase<"intermediate", 1>, // second value yielded by the score region
      I32EnumAttrCase<"modified", 2>,     // after the score region, -inf where masked
      I32EnumAttrCase<"weights", 3>       // after softmax (and the prob region)
    ]> {
  let cppNamespace = "::mlir::attn";
}

def Attn_LinearRule : I32EnumAttr<"LinearRule",
    "the state update of linear attention", [
      I32EnumAttrCase<"linear", 0>,
      I32EnumAttrCase<"gated", 1>,
      I32EnumAttrCase<"delta", 2>,
      I32EnumAttrCase<"gated_delta", 3>
    ]> {
  let cppNamespace = "::mlir::attn";
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNBASE
