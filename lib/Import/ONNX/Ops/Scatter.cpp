//===- Scatter.cpp - Writing by index -------------------------------------===//

#include "Ops/Indexing.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn::onnx;

Operand mlir::attn::onnx::updateLoop(
    Node &n, const Operand &data, const Sizes &sizes,
    llvm::function_ref<Value(ScalarBuilder &, Value, ValueRange)> body) {
  SmallVector<Value> lower, upper, steps;
  ScalarBuilder s(n.b, n.loc);
  for (OpFoldResult size : sizes) {
    lower.push_back(s.index(0));
    upper.push_back(n.math.materialize(size));
    steps.push_back(s.index(1));
  }
  if (sizes.empty())
    return makeOperand(n, body(s, data.value, {}), data.shape, data.isUnsigned);
  auto nest = scf::buildLoopNest(
      n.b, n.loc, lower, upper, steps, data.value,
      [&](OpBuilder &nested, Location loc, ValueRange at, ValueRange tensors) {
        ScalarBuilder inner(nested, loc);
        return scf::ValueVector{body(inner, tensors.front(), at)};
      });
  return operandWithSizes(n, nest.results.front(), data.shape, data.isUnsigned);
}

namespace {
/// What happens to an element that is there.
enum class Update { Replace, Add, Mul, Min, Max };
} // namespace

static FailureOr<Update> readUpdate(Node &n) {
  std::string name = n.stringAttr("reduction", "none");
  auto update = llvm::StringSwitch<std::optional<Update>>(name)
                    .Case("none", Update::Replace)
                    .Case("add", Update::Add)
                    .Case("mul", Update::Mul)
                    .Case("min", Update::Min)
                    .Case("max", Update::Max)
                    .Default(std::nullopt);
  if (!update)
    return n.error() << "expected reduction none, add, mul, min or max, got '"
                     << Importer::printable(name) << "'";
  if (n.input(0).isBool() && update != Update::Replace)
    return n.error() << "expected numbers to reduce, got " << n.input(0).type();
  return *update;
}

static Value applyUpdate(ScalarBuilder &s, Update update, Value old,
                         Value value) {
  bool isFloat = isa<FloatType>(value.getType());
  switch (update) {
  case Update::Replace:
    return value;
  case Update::Add:
    return s.add(old, value);
  case Update::Mul:
    return s.mul(old, value);
  case Update::Min:
    return isFloat        ? s.make<arith::MinimumFOp>(old, value)
           : s.isUnsigned ? s.make<arith::MinUIOp>(old, value)
                          : s.make<arith::MinSIOp>(old, value);
  case Update::Max:
    return isFloat        ? s.make<arith::MaximumFOp>(old, value)
           : s.isUnsigned ? s.make<arith::MaxUIOp>(old, value)
                          : s.make<arith::MaxSIOp>(old, value);
  }
  return value;
}

/// Every element of `updates` goes to where `target` says.
static LogicalResult
emitScatter(Node &n, Update update, const Operand &updates,
            llvm::function_ref<SmallVector<Value>(ScalarBuilder &, ValueRange)>
                target) {
  const Operand &data = n.input(0);
  Operand result = updateLoop(
      n, data, updates.shape,
      [&](ScalarBuilder &s, Value tensor, ValueRange at) -> Value {
        s.isUnsigned = data.isUnsigned;
        SmallVector<Value> to = target(s, at);
        Value value = tensor::ExtractOp::create(s.b, s.loc, updates.value, at);
        if (update != Update::Replace)
          value = applyUpdate(s, update,
                              tensor::ExtractOp::create(s.b, s.loc, tensor, to),
                              value);
        return tensor::InsertOp::create(s.b, s.loc, value, tensor, to);
      });
  return n.setOutput(0, result);
}

static LogicalResult importScatterElements(Node &n) {
  const Operand &data = n.input(0), &indices = n.input(1),
                &updates = n.input(2);
  FailureOr<int64_t> axis = n.axis(n.intAttr("axis", 0), data.rank());
  FailureOr<Update> update = readUpdate(n);
  if (failed(axis) || failed(update) || failed(checkIndexType(n, 1)) ||
      failed(checkElementIndices(n, data, indices, *axis)))
    return failure();
  if (updates.elementType() != data.elementType() ||
      updates.rank() != indices.rank())
    return n.error() << "expected updates like the indices, of "
                     << data.elementType() << ", got " << updates.type();
  for (int64_t d = 0; d < indices.rank(); ++d)
    if (failed(requireEqualDims(n, updates, d, indices, d)))
      return failure();
  if (failed(requireInRange(n, indices, data.shape[*axis],
                            "expected the indices '" + indices.name +
                                "' to lie within dimension " + Twine(*axis) +
                                " of '" + data.name + "'")))
    return failure();
  Value limit = n.math.materialize(data.shape[*axis]);
  return emitScatter(n, *update, updates, [&](ScalarBuilder &s, ValueRange at) {
    Value element = tensor::ExtractOp::create(s.b, s.loc, indices.value, at);
    SmallVector<Value> to(at);
    to[*axis] = clampIndex(s, wrapIndex(s, element, limit), limit);
    return to;
  });
}

static LogicalResult importScatterND(Node &n) {
  const Operand &data = n.input(0), &indices = n.input(1),
                &updates = n.input(2);
  FailureOr<Update> update = readUpdate(n);
  if (failed(update) || failed(checkIndexType(n, 1)))
    return failure();
  FailureOr<int64_t> width = checkTuples(n, data, indices, 0);
  if (failed(width))
    return failure();
  int64_t tuple = indices.rank() - 1;
  if (updates.elementType() != data.elementType() ||
      updates.rank() != tuple + data.rank() - *width)
    return n.error() << "expected updates of " << data.elementType()
                     << " and rank " << tuple + data.rank() - *width << ", got "
                     << updates.type();
  for (int64_t d = 0; d < updates.rank(); ++d) {
    LogicalResult same =
        d < tuple ? requireEqualDims(n, updates, d, indices, d)
                  : requireEqualDims(n, updates, d, data, d - tuple + *width);
    if (failed(same))
      return failure();
  }
  SmallVector<Value> limits;
  for (int64_t k = 0; k < *width; ++k)
    limits.push_back(n.math.materialize(data.shape[k]));
  return emitScatter(n, *update, updates, [&](ScalarBuilder &s, ValueRange at) {
    SmallVector<Value> to = readTuple(s, indices, at.take_front(tuple), limits);
    llvm::append_range(to, at.drop_front(tuple));
    return to;
  });
}

ArrayRef<OpEntry> mlir::attn::onnx::scatterOps() {
  static const OpEntry table[] = {
      {"Scatter", importScatterElements, 3, 3},
      {"ScatterElements", importScatterElements, 3, 3},
      {"ScatterND", importScatterND, 3, 3},
  };
  return table;
}
