//===- BuildRotary.cpp - From parts to an attn.rotary_embedding -----------===//
#include "Rotary.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

std::optional<OperandView>
mlir::attn::recognize::findRotaryInput(TensorReader &reader,
                                       const RotaryParts &parts) {
  Type element = getElementTypeOrSelf(parts.root.getType());
  std::vector<OperandView> views = findViews(reader, parts.input, parts.dims);
  llvm::erase_if(views, [&](const OperandView &view) {
    return view.group != 1 || view.factor != 1 ||
           getElementTypeOrSelf(view.tensor.getType()) != element;
  });
  return views.empty() ? std::nullopt : std::optional(views.back());
}

/// cos or sin at [batch, sequence, pair], shared by what is rotated alike.
static Value buildAngles(ExprContext &c, const RotaryParts &parts, Expr expr,
                         Tables &tables) {
  // Positions whose numbers do not depend on the root's order of dimensions.
  SmallVector<Expr> at;
  for (auto [number, dim] : {std::pair<int64_t, int64_t>(0, 0), {2, 2}}) {
    Expr from = parts.dims[dim];
    if (ExprContext::getInteger(from)) {
      at.push_back(from);
      continue;
    }
    Expr to = c.position(number, from->getExtent());
    expr = c.rewrite(expr,
                     [&](Expr e) -> Expr { return e == from ? to : nullptr; });
    at.push_back(to);
  }
  at.push_back(parts.pair);
  Operation *root = parts.root.getDefiningOp();
  SmallVector<Expr> held(at);
  held.push_back(expr);
  Expr key = c.op(StringAttr::get(root->getContext(), "attn.angles"),
                  expr->type, held, DictionaryAttr::get(root->getContext()));
  Value &table = tables[{key, root->getBlock()}];
  if (!table)
    table = makeTensor(c, expr, at, root);
  return table;
}

void mlir::attn::recognize::buildRotary(TensorReader &reader,
                                        const RotaryParts &parts,
                                        const OperandView &input,
                                        Tables &tables) {
  Operation *root = parts.root.getDefiningOp();
  Location loc = root->getLoc();
  Value cos = buildAngles(reader.c, parts, parts.cos, tables);
  Value sin = buildAngles(reader.c, parts, parts.sin, tables);
  OpBuilder builder(root);
  Operand operand = makeOperand(builder, loc, input);
  auto type = cast<RankedTensorType>(operand.tensor.getType());
  int64_t features = type.getDimSize(getTensorDim(operand.layout, Feature));
  auto op = RotaryEmbeddingOp::create(
      builder, loc, type, operand.tensor, cos, sin, Value(),
      builder.getI64IntegerAttr(parts.rotated == features ? 0 : parts.rotated),
      parts.interleaved ? builder.getUnitAttr() : UnitAttr(),
      builder.getF64FloatAttr(10000.0),
      getLayoutAttr(builder.getContext(), operand.layout));
  Value result =
      toDims(builder, loc, op.getOutput(), operand.layout, parts.rootDims);
  if (result.getType() != parts.root.getType())
    result = tensor::CastOp::create(builder, loc, parts.root.getType(), result);
  Value(parts.root).replaceAllUsesWith(result);
}
