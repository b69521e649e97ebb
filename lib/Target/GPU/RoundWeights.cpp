//===- RoundWeights.cpp - Weights of products in a narrower type ----------===//

#include "attn/Dialect/Attn/IR/AttnDialect.h"
#include "attn/Dialect/Attn/IR/AttnPacked.h"
#include "attn/Target/GPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ROUNDWEIGHTS
#include "attn/Target/GPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Smaller ones are not worth the pass.
static constexpr int64_t kSmallest = 1024;

/// The elements of `value` if it is a constant matrix of f32 that differ.
static ElementsAttr getMatrix(Value value) {
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  if (!constant ||
      !isa<DenseElementsAttr, DenseResourceElementsAttr>(constant.getValue()))
    return nullptr;
  auto elements = cast<ElementsAttr>(constant.getValue());
  auto type = cast<ShapedType>(elements.getType());
  const bool isWeight = type.getElementType().isF32() && type.getRank() == 2 &&
                        !elements.isSplat() &&
                        type.getNumElements() >= kSmallest;
  return isWeight ? elements : nullptr;
}

/// Whether a product multiplies by it, or something reads its elements one by
/// one.
static bool isRead(OpOperand &use) {
  if (isa<tensor::ExtractOp>(use.getOwner()))
    return true;
  auto product = dyn_cast<linalg::LinalgOp>(use.getOwner());
  return product && linalg::isaContractionOpInterface(product) &&
         product.isDpsInput(&use);
}

static OpOperand *findRead(Value matrix) {
  for (OpOperand &use : matrix.getUses())
    if (isRead(use))
      return &use;
  return nullptr;
}

/// The matrix as it lies, one panel of all columns, rounded where an artifact
/// is written.
static Value createRounded(OpBuilder &b, Value matrix, Type narrow) {
  Location loc = matrix.getLoc();
  auto type = cast<RankedTensorType>(matrix.getType());
  auto panel = RankedTensorType::get(
      {1, type.getDimSize(0), type.getDimSize(1)}, narrow);
  Value packed = arith::ConstantOp::create(
      b, loc, panel,
      PackedAttr::get(b.getContext(), getMatrix(matrix), /*transposed=*/false,
                      panel));
  return tensor::CollapseShapeOp::create(
      b, loc, type.clone(narrow), packed,
      ArrayRef<ReassociationIndices>{{0, 1}, {2}});
}

/// Has `use` read `rounded`, and widen what it reads.
static void redirect(OpOperand &use, Value rounded, RewriterBase &rewriter) {
  Operation *op = use.getOwner();
  Type wide = getElementTypeOrSelf(use.get().getType());
  if (auto read = dyn_cast<tensor::ExtractOp>(op)) {
    rewriter.setInsertionPoint(read);
    Value element = tensor::ExtractOp::create(rewriter, op->getLoc(), rounded,
                                              read.getIndices());
    rewriter.replaceOpWithNewOp<arith::ExtFOp>(read, wide, element);
    return;
  }
  auto product = cast<linalg::LinalgOp>(op);
  const unsigned number = use.getOperandNumber();
  if (!isa<linalg::GenericOp>(op)) {
    rewriter.setInsertionPoint(op);
    product = *linalg::generalizeNamedOp(rewriter, product);
  }
  OpOperand &operand = product->getOpOperand(number);
  BlockArgument element = product.getMatchingBlockArgument(&operand);
  operand.set(rounded);
  element.setType(getElementTypeOrSelf(rounded.getType()));
  rewriter.setInsertionPointToStart(product.getBlock());
  auto widened =
      arith::ExtFOp::create(rewriter, product.getLoc(), wide, element);
  rewriter.replaceAllUsesExcept(element, widened, widened);
}

namespace {
struct RoundWeights : attn::impl::RoundWeightsBase<RoundWeights> {
  using RoundWeightsBase::RoundWeightsBase;

  void runOnOperation() override {
    if (precision == Precision::F32)
      return;
    Builder builder(&getContext());
    Type narrow = precision == Precision::BF16 ? Type(builder.getBF16Type())
                                               : builder.getF16Type();
    SmallVector<Value> weights;
    getOperation()->walk([&](arith::ConstantOp op) {
      if (getMatrix(op))
        weights.push_back(op);
    });
    for (Value matrix : weights)
      round(matrix, narrow);
  }

private:
  static void round(Value matrix, Type narrow) {
    auto describe = [](StringRef name) {
      return remark::RemarkOpts::name(name).category("attn-round-weights");
    };
    for (OpOperand &use : matrix.getUses())
      if (!isRead(use) && !isOpTriviallyDead(use.getOwner())) {
        remark::missed(matrix.getLoc(), describe("Declined"))
            << ("expected products and reads of elements alone, got '" +
                use.getOwner()->getName().getStringRef() + "'")
                   .str();
        return;
      }
    remark::passed(matrix.getLoc(), describe("Rounded")) << "weights";
    IRRewriter rewriter(matrix.getContext());
    rewriter.setInsertionPointAfterValue(matrix);
    Value rounded = createRounded(rewriter, matrix, narrow);
    while (OpOperand *use = findRead(matrix))
      redirect(*use, rounded, rewriter);
    if (matrix.use_empty())
      rewriter.eraseOp(matrix.getDefiningOp());
  }
};
} // namespace
