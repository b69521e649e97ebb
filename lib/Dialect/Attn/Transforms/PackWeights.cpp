//===- PackWeights.cpp - Constants in the order in which products read ----===//
#include "Contraction.h"
#include "attn/Dialect/Attn/IR/AttnPacked.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// Smaller ones go by in a cache.
static constexpr int64_t smallest = 1024;

/// The elements of `value` if it is a matrix of floats that differ.
static ElementsAttr getMatrix(Value value) {
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  if (!constant)
    return nullptr;
  auto elements = dyn_cast<ElementsAttr>(constant.getValue());
  if (!isa_and_nonnull<DenseElementsAttr, DenseResourceElementsAttr>(elements))
    return nullptr;
  auto type = cast<ShapedType>(elements.getType());
  const bool isWeight = isa<FloatType>(type.getElementType()) &&
                        type.getRank() == 2 && !elements.isSplat() &&
                        type.getNumElements() >= smallest;
  return isWeight ? elements : nullptr;
}

/// Whether columns of the product are rows of rhs; none where rhs has other
/// loops as well.
static std::optional<bool> isTransposed(const Contraction &c) {
  const AffineMap map = c.getMap(c.rhs);
  auto is = [&](unsigned first, unsigned second) {
    MLIRContext *context = map.getContext();
    return map.getResults() == ArrayRef{getAffineDimExpr(first, context),
                                        getAffineDimExpr(second, context)};
  };
  if (is(c.inner, c.column))
    return false;
  if (is(c.column, c.inner))
    return true;
  return std::nullopt;
}

namespace {

/// A constant and what reads it.
struct Weights {
  Value matrix;
  SmallVector<Contraction *> products;
  SmallVector<tensor::ExtractOp> reads;

  PackedAttr getPacked(int64_t columns, Type narrow) const;
  std::string findObstacle(int64_t columns) const;
  void replace(PackedAttr packed, RewriterBase &rewriter) const;
};

} // namespace

PackedAttr Weights::getPacked(int64_t columns, Type narrow) const {
  const bool transposed = *isTransposed(*products.front());
  ElementsAttr elements = getMatrix(matrix);
  ArrayRef<int64_t> shape = elements.getShapedType().getShape();
  const int64_t panels = llvm::divideCeil(shape[transposed ? 0 : 1], columns);
  Type element = elements.getElementType();
  auto type =
      RankedTensorType::get({panels, shape[transposed ? 1 : 0], columns},
                            narrow && element.isF32() ? narrow : element);
  return PackedAttr::get(matrix.getContext(), elements, transposed, type);
}

std::string Weights::findObstacle(int64_t columns) const {
  const std::optional<bool> transposed = isTransposed(*products.front());
  if (!transposed)
    return "expected a matrix of columns and one sum";
  for (const Contraction *product : products) {
    Type sums = getElementTypeOrSelf(product->init().get().getType());
    if (!sums.isF32())
      return "expected sums in f32";
    if (isTransposed(*product) != transposed)
      return "expected products that read it in one orientation";
  }
  for (OpOperand &use : matrix.getUses()) {
    Operation *user = use.getOwner();
    const bool isRead =
        llvm::is_contained(reads, dyn_cast<tensor::ExtractOp>(user)) ||
        llvm::any_of(products, [&](const Contraction *product) {
          return product->rhs == &use;
        });
    if (!isRead && !isOpTriviallyDead(user))
      return ("expected products and reads of elements alone, got '" +
              user->getName().getStringRef() + "'")
          .str();
  }
  PackedAttr packed = getPacked(columns, nullptr);
  if (4 * packed.getColumns() < 3 * packed.getPanels() * columns)
    return "expected panels that are three quarters full";
  return "";
}

/// The element's place in the panels.
static void redirect(tensor::ExtractOp read, Value panels, PackedAttr packed,
                     RewriterBase &rewriter) {
  rewriter.setInsertionPoint(read);
  Location loc = read.getLoc();
  Value column = read.getIndices()[packed.getTransposed() ? 0 : 1];
  Value step = read.getIndices()[packed.getTransposed() ? 1 : 0];
  Value width =
      arith::ConstantIndexOp::create(rewriter, loc, packed.getPanelColumns());
  Value panel = arith::DivUIOp::create(rewriter, loc, column, width);
  Value inside = arith::RemUIOp::create(rewriter, loc, column, width);
  auto element = tensor::ExtractOp::create(rewriter, loc, panels,
                                           ValueRange{panel, step, inside});
  element->setDiscardableAttrs(read->getDiscardableAttrDictionary());
  Value result = element;
  if (result.getType() != read.getType())
    result = arith::ExtFOp::create(rewriter, loc, read.getType(), result);
  rewriter.replaceOp(read, result);
}

void Weights::replace(PackedAttr packed, RewriterBase &rewriter) const {
  rewriter.setInsertionPointAfterValue(matrix);
  Value panels = arith::ConstantOp::create(rewriter, matrix.getLoc(),
                                           packed.getType(), packed)
                     .getResult();
  for (Contraction *product : products)
    product->panels = panels;
  for (tensor::ExtractOp read : reads)
    redirect(read, panels, packed, rewriter);
}

/// What folds to a constant must not ask for an element of packed ones.
static bool isVariable(tensor::ExtractOp read) {
  return llvm::any_of(read.getIndices(), [](Value index) {
    return !index.getDefiningOp<arith::ConstantOp>();
  });
}

void attn::packWeights(MutableArrayRef<Contraction> contractions,
                       int64_t columns, Type narrow, RewriterBase &rewriter) {
  llvm::MapVector<Value, Weights> found;
  for (Contraction &c : contractions)
    if (getMatrix(c.rhs->get())) {
      Weights &weights = found[c.rhs->get()];
      weights.matrix = c.rhs->get();
      weights.products.push_back(&c);
    }
  for (auto &[matrix, weights] : found) {
    for (Operation *user : matrix.getUsers())
      if (auto read = dyn_cast<tensor::ExtractOp>(user);
          read && isVariable(read))
        weights.reads.push_back(read);
    auto describe = [&](StringRef name) {
      return remark::RemarkOpts::name(name).category("attn-tile-contractions");
    };
    const std::string obstacle = weights.findObstacle(columns);
    if (!obstacle.empty()) {
      remark::missed(matrix.getLoc(), describe("Unpacked")) << obstacle;
      continue;
    }
    PackedAttr packed = weights.getPacked(columns, narrow);
    remark::passed(matrix.getLoc(), describe("Packed"))
        << (Twine(packed.getPanels()) + " panels of " + Twine(columns) +
            " columns, read by " + Twine(weights.products.size()) +
            " products and " + Twine(weights.reads.size()) + " other ops")
               .str();
    weights.replace(packed, rewriter);
  }
}
