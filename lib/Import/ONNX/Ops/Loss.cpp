//===- Loss.cpp - Losses of classes ---------------------------------------===//

#include "Core/Elementwise.h"
#include "Ops/Indexing.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn::onnx;

namespace {
/// Logarithms of probabilities (batch, class, rest...), in f32 or f64, against
/// targets (batch, rest...).
struct Loss {
  Operand logs, targets;
  /// One for each class; may be left out.
  Operand weights;
  std::optional<int64_t> ignored;
  std::string reduction;
};
} // namespace

static FailureOr<Loss> readLoss(Node &n, const Operand &data) {
  Loss loss;
  loss.targets = n.input(1);
  loss.reduction = n.stringAttr("reduction", "mean");
  if (n.hasAttr("ignore_index"))
    loss.ignored = n.intAttr("ignore_index", 0);
  if (loss.reduction != "mean" && loss.reduction != "sum" &&
      loss.reduction != "none")
    return n.error() << "expected reduction mean, sum or none, got '"
                     << Importer::printable(loss.reduction) << "'";
  if (failed(checkIndexType(n, 1)))
    return failure();
  if (!data.isFloat() || data.rank() < 2 ||
      loss.targets.rank() != data.rank() - 1)
    return n.error() << "expected floats of rank 2 or more and targets without "
                        "their dimension 1, got "
                     << data.type() << " and " << loss.targets.type();
  for (int64_t d = 0; d < loss.targets.rank(); ++d)
    if (failed(requireEqualDims(n, loss.targets, d, data, d == 0 ? 0 : d + 1)))
      return failure();
  if (!n.hasInput(2))
    return loss;
  loss.weights = n.input(2);
  if (loss.weights.rank() != 1 ||
      loss.weights.elementType() != data.elementType())
    return n.error() << "expected weights of rank 1 of the input's type, got "
                     << loss.weights.type();
  if (failed(requireEqualDims(n, loss.weights, 0, data, 1)))
    return failure();
  return loss;
}

/// Null where no target is ignored.
static Value isIgnored(ScalarBuilder &s, const Loss &loss, Value target) {
  if (!loss.ignored)
    return nullptr;
  Value number = s.convert(target, s.b.getI64Type(), false, false);
  return s.equal(number, s.integer(s.b.getI64Type(), *loss.ignored));
}

/// Targets are classes, or ignored.
static void checkTargets(Node &n, const Loss &loss) {
  Value classes = n.math.materialize(loss.logs.shape[1]);
  ScalarBuilder s(n.b, n.loc);
  auto inside = [&](ScalarBuilder &s, Value target, Value accumulator) {
    Value at = s.toIndex(target);
    Value fits = s.make<arith::AndIOp>(s.less(s.index(0), at, true),
                                       s.less(at, classes, false));
    if (Value ignored = isIgnored(s, loss, target))
      fits = s.make<arith::OrIOp>(fits, ignored);
    return s.make<arith::AndIOp>(accumulator, fits);
  };
  auto axes = llvm::to_vector(llvm::seq(loss.targets.rank()));
  Operand all = reduce(n, loss.targets, axes, s.boolean(true), inside);
  emitAssert(n, extractScalar(n, all),
             "expected the targets '" + loss.targets.name +
                 "' to be classes, or ignored");
}

/// For each target its weight, 0 where it is ignored, times `factor` of its
/// position among the logarithms.
static Operand
weighTargets(Node &n, const Loss &loss,
             llvm::function_ref<Value(ScalarBuilder &, ValueRange)> factor) {
  Value classes = n.math.materialize(loss.logs.shape[1]);
  Type type = loss.logs.elementType();
  auto element = [&](ScalarBuilder &s, ValueRange at) {
    Value target =
        tensor::ExtractOp::create(s.b, s.loc, loss.targets.value, at);
    Value chosen = clampIndex(s, s.toIndex(target), classes);
    SmallVector<Value> from(at);
    from.insert(from.begin() + 1, chosen);
    Value result = factor(s, from);
    if (loss.weights) {
      Value weight = tensor::ExtractOp::create(s.b, s.loc, loss.weights.value,
                                               ValueRange{chosen});
      result = s.mul(result, s.convert(weight, type, false, false));
    }
    Value ignored = isIgnored(s, loss, target);
    return ignored ? s.select(ignored, s.floating(type, 0), result) : result;
  };
  return generate(n, loss.targets.shape, type, element);
}

static Operand sumAll(Node &n, const Operand &operand) {
  ScalarBuilder s(n.b, n.loc);
  return reduce(n, operand, llvm::to_vector(llvm::seq(operand.rank())),
                s.floating(operand.elementType(), 0),
                [](ScalarBuilder &s, Value x, Value accumulator) {
                  return s.add(accumulator, x);
                });
}

/// -w[t] * logs[t], for each target, their sum, or that over the sum of the
/// weights.
static LogicalResult setLoss(Node &n, const Loss &loss, Type type) {
  checkTargets(n, loss);
  Type wide = loss.logs.elementType();
  Operand each =
      weighTargets(n, loss, [&](ScalarBuilder &s, ValueRange from) -> Value {
        return s.make<arith::NegFOp>(
            tensor::ExtractOp::create(s.b, s.loc, loss.logs.value, from)
                .getResult());
      });
  if (loss.reduction == "none")
    return n.setOutput(0, castTo(n, each, type));
  Operand sum = sumAll(n, each);
  if (loss.reduction == "sum")
    return n.setOutput(0, castTo(n, sum, type));
  Operand weight =
      sumAll(n, weighTargets(n, loss, [&](ScalarBuilder &s, ValueRange) {
               return s.floating(wide, 1);
             }));
  return n.setOutput(
      0,
      elementwise(n, {sum, weight}, type, [&](ScalarBuilder &s, ValueRange x) {
        return s.convert(s.div(x[0], x[1]), type, false, false);
      }));
}

static LogicalResult importNegativeLogLikelihood(Node &n) {
  const Operand &data = n.input(0);
  FailureOr<Loss> loss = readLoss(n, data);
  if (failed(loss))
    return failure();
  FailureOr<Operand> logs =
      castTo(n, data, accumulatorType(n.b, data.elementType()));
  if (failed(logs))
    return failure();
  loss->logs = *logs;
  return setLoss(n, *loss, data.elementType());
}

/// The logarithm of the softmax over classes, which is output 1, and its loss.
static LogicalResult importSoftmaxCrossEntropy(Node &n) {
  const Operand &data = n.input(0);
  FailureOr<Loss> loss = readLoss(n, data);
  if (failed(loss))
    return failure();
  FailureOr<Operand> wide =
      castTo(n, data, accumulatorType(n.b, data.elementType()));
  if (failed(wide))
    return failure();
  FailureOr<Operand> logs = softmax(n, *wide, {1}, /*logarithm=*/true);
  if (failed(logs) ||
      failed(n.setOutput(1, castTo(n, *logs, data.elementType()))))
    return failure();
  loss->logs = *logs;
  return setLoss(n, *loss, data.elementType());
}

ArrayRef<OpEntry> mlir::attn::onnx::lossOps() {
  static const OpEntry table[] = {
      {"NegativeLogLikelihoodLoss", importNegativeLogLikelihood, 2, 3, 12},
      {"SoftmaxCrossEntropyLoss", importSoftmaxCrossEntropy, 2, 3, 12},
  };
  return table;
}
