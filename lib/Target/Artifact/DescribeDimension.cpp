//===- DescribeDimension.cpp - Output sizes in terms of input sizes -------===//

#include "DescribeDimension.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

class Description {
public:
  Description(Value dimensions, ArrayRef<Dimension> inputs)
      : dimensions(dimensions), inputs(inputs) {}

  /// Text, "" where there is none. `inner` terms get parentheses.
  std::string get(Value value, bool inner = false) {
    if (std::optional<int64_t> number = getConstantIntValue(value))
      return std::to_string(*number);
    Operation *op = value.getDefiningOp();
    if (!op)
      return {};
    return llvm::TypeSwitch<Operation *, std::string>(op)
        .Case([&](arith::IndexCastOp op) { return get(op.getIn(), inner); })
        .Case([&](memref::LoadOp op) { return getInput(op); })
        .Case([&](arith::AddIOp op) { return getBinary(op, " + ", inner); })
        .Case([&](arith::SubIOp op) { return getBinary(op, " - ", inner); })
        .Case([&](arith::MulIOp op) { return getBinary(op, " * ", inner); })
        .Case([&](affine::AffineApplyOp op) { return getApplied(op, inner); })
        .Default(std::string());
  }

private:
  std::string getInput(memref::LoadOp op) {
    std::optional<int64_t> index = getConstantIntValue(op.getIndices().front());
    if (op.getMemRef() != dimensions || !index)
      return {};
    const Dimension &input = inputs[*index];
    return input.isDynamic() ? input.name : std::to_string(input.size);
  }

  static std::string join(std::string lhs, StringRef sign, std::string rhs,
                          bool inner) {
    if (lhs.empty() || rhs.empty())
      return {};
    std::string text = lhs + sign.str() + rhs;
    return inner ? "(" + text + ")" : text;
  }

  std::string getBinary(Operation *op, StringRef sign, bool inner) {
    return join(get(op->getOperand(0), true), sign,
                get(op->getOperand(1), true), inner);
  }

  std::string getApplied(affine::AffineApplyOp op, bool inner) {
    AffineMap map = op.getAffineMap();
    return getExpression(map.getResult(0), op.getMapOperands(),
                         map.getNumDims(), inner);
  }

  std::string getExpression(AffineExpr expr, ValueRange operands,
                            unsigned numDims, bool inner) {
    if (auto number = dyn_cast<AffineConstantExpr>(expr))
      return std::to_string(number.getValue());
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      return get(operands[dim.getPosition()], inner);
    if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
      return get(operands[numDims + symbol.getPosition()], inner);
    auto binary = cast<AffineBinaryOpExpr>(expr);
    return join(getExpression(binary.getLHS(), operands, numDims, true),
                getSign(expr.getKind()),
                getExpression(binary.getRHS(), operands, numDims, true), inner);
  }

  static StringRef getSign(AffineExprKind kind) {
    switch (kind) {
    case AffineExprKind::Add:
      return " + ";
    case AffineExprKind::Mul:
      return " * ";
    case AffineExprKind::Mod:
      return " mod ";
    case AffineExprKind::FloorDiv:
      return " floordiv ";
    default:
      return " ceildiv ";
    }
  }

  Value dimensions;
  ArrayRef<Dimension> inputs;
};

} // namespace

std::optional<Dimension> attn::describeDimension(Value size, Value dimensions,
                                                 ArrayRef<Dimension> inputs) {
  if (std::optional<int64_t> number = getConstantIntValue(size))
    return Dimension{*number, {}};
  std::string text = Description(dimensions, inputs).get(size);
  if (text.empty())
    return std::nullopt;
  return Dimension{ShapedType::kDynamic, text};
}
