//===- Interpreter.cpp - What a function means, element by element --------===//

#include "attn/Interpreter/Interpreter.h"
#include "Constants.h"
#include "Frame.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace mlir::attn {

using namespace interpreter;

//===----------------------------------------------------------------------===//
// What can be interpreted
//===----------------------------------------------------------------------===//

static std::string describe(Operation *op, Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << op->getName() << " on " << type;
  return text;
}

/// Terminators that only yield need no handler; branches have none.
static bool isKnown(Operation *op) {
  if (op->hasTrait<OpTrait::IsTerminator>())
    return op->getNumSuccessors() == 0;
  return getHandlers().contains(op->getName().getStringRef());
}

/// Why `op` itself cannot be interpreted.
static std::optional<std::string> findObstacle(Operation *op) {
  if (!isKnown(op))
    return op->getName().getStringRef().str();
  for (TypeRange types :
       {TypeRange(op->getOperandTypes()), TypeRange(op->getResultTypes())})
    for (Type type : types)
      if (!Element::of(type))
        return describe(op, type);
  auto constant = dyn_cast<arith::ConstantOp>(op);
  if (constant && !isReadable(constant.getValue()))
    return describe(op, constant.getType());
  return std::nullopt;
}

namespace {

/// Looks at each function once.
class Search {
public:
  std::optional<std::string> visit(func::FuncOp function) {
    if (!visited.insert(function).second)
      return std::nullopt;
    if (function.isExternal())
      return "func.func '" + function.getName().str() + "' without a body";
    function->walk([&](Operation *op) {
      if (op == function.getOperation())
        return WalkResult::advance();
      found = findObstacle(op);
      if (auto call = dyn_cast<func::CallOp>(op); call && !found)
        found = visit(SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
            call, call.getCalleeAttr()));
      return found ? WalkResult::interrupt() : WalkResult::advance();
    });
    return found;
  }

private:
  llvm::DenseSet<Operation *> visited;
  std::optional<std::string> found;
};

} // namespace

std::optional<std::string> findUninterpretable(func::FuncOp function) {
  return Search().visit(function);
}

//===----------------------------------------------------------------------===//
// Across the function's boundary
//===----------------------------------------------------------------------===//

static std::optional<DType> toUnsigned(DType type) {
  switch (type) {
  case DType::i8:
    return DType::u8;
  case DType::i16:
    return DType::u16;
  case DType::i32:
    return DType::u32;
  case DType::i64:
    return DType::u64;
  default:
    return std::nullopt;
  }
}

/// The dtype that a caller sees of a type.
static DType outsideType(Type type, bool isUnsigned) {
  const DType inside = Element::of(type)->dtype;
  return isUnsigned ? toUnsigned(inside).value_or(inside) : inside;
}

static FailureOr<Datum> enter(func::FuncOp function, unsigned n,
                              const Tensor &input) {
  auto type = dyn_cast<RankedTensorType>(function.getArgumentTypes()[n]);
  auto error = [&]() {
    return function.emitError()
           << "expected argument " << n << " to be "
           << function.getArgumentTypes()[n] << ", got " << input.typeString();
  };
  if (!type || !Element::of(type))
    return function.emitError()
           << "expected argument " << n << " to be a ranked tensor, got "
           << function.getArgumentTypes()[n];
  const bool isUnsigned = bool(function.getArgAttr(n, "attn.unsigned"));
  if (input.rank() != type.getRank() ||
      input.dtype() != outsideType(type, isUnsigned))
    return error();
  for (auto [size, actual] : llvm::zip_equal(type.getShape(), input.shape()))
    if (!ShapedType::isDynamic(size) && size != actual)
      return error();
  Datum datum;
  // Between integers of one width the bits stay.
  datum.tensor =
      std::make_shared<const Tensor>(input.cast(Element::of(type)->dtype));
  return datum;
}

FailureOr<std::vector<Tensor>> interpret(func::FuncOp function,
                                         ArrayRef<Tensor> inputs) {
  if (auto obstacle = findUninterpretable(function))
    return function.emitError()
           << "expected ops that the interpreter knows, got " << *obstacle;
  if (inputs.size() != function.getNumArguments())
    return function.emitError() << "expected " << function.getNumArguments()
                                << " inputs, got " << inputs.size();
  std::vector<Datum> arguments;
  for (auto [n, input] : llvm::enumerate(inputs)) {
    auto datum = enter(function, n, input);
    if (failed(datum))
      return failure();
    arguments.push_back(std::move(*datum));
  }
  Library library;
  auto results = callFunction(library, function, std::move(arguments), 0);
  if (failed(results))
    return failure();
  std::vector<Tensor> outputs;
  for (auto [n, result] : llvm::enumerate(*results)) {
    Type type = function.getResultTypes()[n];
    if (!result.tensor)
      return function.emitError() << "expected result " << n
                                  << " to be a ranked tensor, got " << type;
    const bool isUnsigned = bool(function.getResultAttr(n, "attn.unsigned"));
    outputs.push_back(result.tensor->cast(outsideType(type, isUnsigned)));
  }
  return outputs;
}

} // namespace mlir::attn
