//===- BuildLinear.cpp - From parts to an attn.linear_attention -----------===//
#include "Linear.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

namespace {
class LinearBuilder {
public:
  LinearBuilder(TensorReader &reader, LinearParts &parts)
      : r(reader), c(reader.c), parts(parts), root(getRoot(parts)),
        builder(root), loc(root->getLoc()) {}

  bool build();

private:
  static Operation *getRoot(LinearParts &parts) {
    return parts.loop ? parts.loop.getOperation()
                      : parts.output.getDefiningOp();
  }
  Operand makeOperand(Expr element, const Dims &dims, bool mayScale);
  Value makeGate(Expr expr, bool byFeature);
  Value toCanonical(Value state);
  bool isZero(Value state);

  TensorReader &r;
  ExprContext &c;
  LinearParts &parts;
  Operation *root;
  OpBuilder builder;
  Location loc;
};
} // namespace

Operand LinearBuilder::makeOperand(Expr element, const Dims &dims,
                                   bool mayScale) {
  std::vector<OperandView> views = findViews(r, element, dims);
  llvm::erase_if(views, [&](const OperandView &view) {
    return view.group != 1 || (!mayScale && view.factor != 1);
  });
  if (views.empty())
    return {buildTable(element, dims, root), {0, 1, 2, 3}};
  parts.scale *= views.back().factor;
  return recognize::makeOperand(builder, loc, views.back());
}

/// At [batch, head, token], or by features of the key too.
Value LinearBuilder::makeGate(Expr expr, bool byFeature) {
  if (!expr)
    return {};
  return makeTensor(c, expr,
                    ArrayRef<Expr>(parts.keyDims).take_front(byFeature ? 4 : 3),
                    root);
}

bool LinearBuilder::isZero(Value state) {
  SmallVector<Expr> at;
  for (int64_t dim = 0; dim < cast<RankedTensorType>(state.getType()).getRank();
       ++dim)
    at.push_back(c.position(dim, r.sizeOf(state, dim)));
  return ExprContext::getFloat(r.head(c.read(state, at))) == 0.0;
}

/// As [batch, head, key feature, value feature].
Value LinearBuilder::toCanonical(Value state) {
  OperandView view;
  view.tensor = state;
  view.dims = parts.stateDims;
  for (int64_t dim = 0; dim < static_cast<int64_t>(view.dims.size()); ++dim)
    view.groups.push_back({dim});
  Operand operand = recognize::makeOperand(builder, loc, view);
  return toDims(builder, loc, operand.tensor, operand.layout, {0, 1, 2, 3});
}

bool LinearBuilder::build() {
  bool zero = !parts.initialState || isZero(parts.initialState);
  Type stateType = getElementTypeOrSelf(parts.state.getType());
  Operand query = makeOperand(parts.query, parts.queryDims, true);
  Operand key = makeOperand(parts.key, parts.keyDims, false);
  Operand value = makeOperand(parts.value, parts.valueDims, false);
  // Without a state before, the state has the query's type.
  if (zero && getElementTypeOrSelf(query.tensor.getType()) != stateType)
    zero = false;
  if (!zero && !parts.initialState)
    return false;
  Value state = zero ? Value() : toCanonical(parts.initialState);
  bool byFeature = parts.decay && parts.decay->dependsOn(parts.keyDims[3]);
  if (parts.delta && !parts.beta)
    parts.beta = c.floating(builder.getF32Type(), 1);
  Value decay = makeGate(parts.decay, byFeature),
        beta = makeGate(parts.beta, false);
  LinearRule rule = parts.delta
                        ? (decay ? LinearRule::gated_delta : LinearRule::delta)
                        : (decay ? LinearRule::gated : LinearRule::linear);
  auto sizeOf = [&](const Operand &operand, int64_t dim) {
    return cast<RankedTensorType>(operand.tensor.getType())
        .getDimSize(getTensorDim(operand.layout, dim));
  };
  // Dimensions that the output lacks come first.
  SmallVector<int64_t> layout;
  for (int64_t dim = 0; dim < 4; ++dim)
    if (!llvm::is_contained(parts.outputDims, dim))
      layout.push_back(dim);
  llvm::append_range(layout, parts.outputDims);
  SmallVector<int64_t> shape;
  for (int64_t dim : layout)
    shape.push_back(sizeOf(dim == Feature ? value : query, dim));
  auto stateTensor =
      RankedTensorType::get({sizeOf(key, Batch), sizeOf(key, Head),
                             sizeOf(key, Feature), sizeOf(value, Feature)},
                            stateType);
  MLIRContext *context = builder.getContext();
  auto op = LinearAttentionOp::create(
      builder, loc,
      RankedTensorType::get(shape,
                            getElementTypeOrSelf(parts.output.getType())),
      stateTensor, rule, query.tensor, key.tensor, value.tensor, decay, beta,
      state, builder.getF64FloatAttr(parts.scale),
      getLayoutAttr(context, query.layout), getLayoutAttr(context, key.layout),
      getLayoutAttr(context, value.layout), getLayoutAttr(context, layout));
  auto replace = [&](Value old, Value result, ArrayRef<int64_t> from,
                     ArrayRef<int64_t> to) {
    Value fitted = toDims(builder, loc, result, from, to);
    if (fitted.getType() != old.getType())
      fitted = tensor::CastOp::create(builder, loc, old.getType(), fitted);
    old.replaceAllUsesWith(fitted);
  };
  // A state of one token is made before the output that reads it.
  if (parts.loop)
    replace(parts.state, op.getNewState(), {0, 1, 2, 3}, parts.stateDims);
  replace(parts.output, op.getOutput(), layout, parts.outputDims);
  if (!parts.loop) {
    Value after =
        toDims(builder, loc, op.getNewState(), {0, 1, 2, 3}, parts.stateDims);
    if (after.getType() != parts.state.getType())
      after =
          tensor::CastOp::create(builder, loc, parts.state.getType(), after);
    parts.state.replaceUsesWithIf(after, [&](OpOperand &use) {
      Operation *user = use.getOwner();
      return user->getBlock() == root->getBlock() &&
             root->isBeforeInBlock(user);
    });
  }
  return true;
}

bool mlir::attn::recognize::buildLinear(TensorReader &reader,
                                        LinearParts &parts) {
  return LinearBuilder(reader, parts).build();
}
