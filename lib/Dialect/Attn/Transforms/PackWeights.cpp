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

  Type getElement(Type narrow) const;
  ProductPanels getPanels(const TilingPolicy &policy, Type narrow) const;
  PackedAttr getPacked(const ProductPanels &panels, Type narrow) const;
  std::string findObstacle(const ProductPanels &panels) const;
  void replace(PackedAttr packed, RewriterBase &rewriter) const;
};

} // namespace

/// Of the panels.
Type Weights::getElement(Type narrow) const {
  Type element = getElementTypeOrSelf(matrix.getType());
  return narrow && element.isF32() ? narrow : element;
}

/// As all of the products can read them: what they multiply by may be rounded
/// where the weights are.
ProductPanels Weights::getPanels(const TilingPolicy &policy,
                                 Type narrow) const {
  Type element = getElement(narrow), lhs = element;
  if (element == getElementTypeOrSelf(matrix.getType()))
    for (const Contraction *product : products)
      if (Type other = getElementTypeOrSelf(product->lhs->get().getType());
          other != element)
        lhs = other;
  return policy.getProductPanels(lhs, element);
}

PackedAttr Weights::getPacked(const ProductPanels &panels, Type narrow) const {
  const bool transposed = *isTransposed(*products.front());
  ElementsAttr elements = getMatrix(matrix);
  ArrayRef<int64_t> shape = elements.getShapedType().getShape();
  const int64_t columns = shape[transposed ? 0 : 1];
  const int64_t depth =
      llvm::alignTo(shape[transposed ? 1 : 0], panels.getDepthUnit());
  const int64_t count = llvm::divideCeil(columns, panels.columns);
  SmallVector<int64_t> packed{count, depth, panels.columns};
  if (panels.inPairs)
    packed = {count, depth / 2, panels.columns, 2};
  return PackedAttr::get(matrix.getContext(), elements, transposed,
                         RankedTensorType::get(packed, getElement(narrow)));
}

std::string Weights::findObstacle(const ProductPanels &panels) const {
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
  PackedAttr packed = getPacked(panels, nullptr);
  if (4 * packed.getColumns() < 3 * packed.getPanels() * panels.columns)
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
  SmallVector<Value> place{panel, step, inside};
  if (packed.isInPairs()) {
    Value two = arith::ConstantIndexOp::create(rewriter, loc, 2);
    place[1] = arith::DivUIOp::create(rewriter, loc, step, two);
    place.push_back(arith::RemUIOp::create(rewriter, loc, step, two));
  }
  auto element = tensor::ExtractOp::create(rewriter, loc, panels, place);
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
  for (Contraction *product : products) {
    product->panels = panels;
    product->isRounded =
        packed.getElementType() != packed.getMatrix().getElementType();
  }
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
                       const TilingPolicy &policy, Type narrow,
                       RewriterBase &rewriter) {
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
    const ProductPanels panels = weights.getPanels(policy, narrow);
    const std::string obstacle = weights.findObstacle(panels);
    if (!obstacle.empty()) {
      remark::missed(matrix.getLoc(), describe("Unpacked")) << obstacle;
      continue;
    }
    PackedAttr packed = weights.getPacked(panels, narrow);
    remark::passed(matrix.getLoc(), describe("Packed"))
        << (Twine(packed.getPanels()) + " panels of " + Twine(panels.columns) +
            " columns" + (panels.inPairs ? " in pairs" : "") + ", read by " +
            Twine(weights.products.size()) + " products and " +
            Twine(weights.reads.size()) + " other ops")
               .str();
    weights.replace(packed, rewriter);
  }
}
