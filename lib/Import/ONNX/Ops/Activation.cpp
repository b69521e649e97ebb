//===- Activation.cpp - Activation functions ------------------------------===//

#include "Ops/Activation.h"

#include "Core/Broadcast.h"
#include "Core/Elementwise.h"

using namespace mlir;
using namespace mlir::attn::onnx;

/// A function of one float, in f32 for the 16-bit types, then rounded.
static LogicalResult importActivation(Node &n, ScalarFn wide) {
  auto scalar = [&](ScalarBuilder &s, ValueRange x) {
    Type type = x[0].getType();
    Value result =
        wide(s, s.convert(x[0], accumulatorType(s.b, type), false, false));
    return s.convert(result, type, false, false);
  };
  return importUniform(n, Kinds::Floats, scalar, nullptr);
}

static Value constantLike(ScalarBuilder &s, Value x, double value) {
  return s.floating(x.getType(), value);
}

static Value relu(ScalarBuilder &s, Value x) {
  return s.make<arith::MaximumFOp>(x, constantLike(s, x, 0));
}

// Both tails are right, as exp goes to 0 or to infinity.
Value mlir::attn::onnx::sigmoid(ScalarBuilder &s, Value x) {
  Value power = s.make<math::ExpOp>(s.make<arith::NegFOp>(x));
  Value one = constantLike(s, x, 1);
  return s.div(one, s.add(one, power));
}

static LogicalResult importRelu(Node &n) {
  auto scalar = [](ScalarBuilder &s, ValueRange x) -> Value {
    if (isa<FloatType>(x[0].getType()))
      return relu(s, x[0]);
    return s.make<arith::MaxSIOp>(x[0], s.integer(x[0].getType(), 0));
  };
  return importUniform(n, Kinds::Numbers, scalar, nullptr);
}

static LogicalResult importSigmoid(Node &n) {
  return importActivation(
      n, [](ScalarBuilder &s, ValueRange x) { return sigmoid(s, x[0]); });
}

Value mlir::attn::onnx::gelu(ScalarBuilder &s, Value x, bool approximate) {
  Value inner;
  if (!approximate) {
    inner = s.make<math::ErfOp>(
        s.mul(x, constantLike(s, x, 0.70710678118654752440)));
  } else {
    Value cubic = s.mul(constantLike(s, x, 0.044715), s.mul(x, s.mul(x, x)));
    inner = s.make<math::TanhOp>(
        s.mul(constantLike(s, x, 0.79788456080286535588), s.add(x, cubic)));
  }
  Value half = s.mul(constantLike(s, x, 0.5), x);
  return s.mul(half, s.add(constantLike(s, x, 1), inner));
}

static LogicalResult importGelu(Node &n) {
  std::string approximate = n.stringAttr("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    return n.error() << "expected approximate to be none or tanh, got '"
                     << Importer::printable(approximate) << "'";
  return importActivation(n, [&](ScalarBuilder &s, ValueRange v) {
    return gelu(s, v[0], approximate == "tanh");
  });
}

/// x where it is positive, `negative` of it elsewhere.
static LogicalResult
importPiecewise(Node &n,
                llvm::function_ref<Value(ScalarBuilder &, Value)> negative) {
  return importActivation(n, [&](ScalarBuilder &s, ValueRange x) {
    Value zero = constantLike(s, x[0], 0);
    return s.select(s.less(x[0], zero, false), negative(s, x[0]), x[0]);
  });
}

static LogicalResult importLeakyRelu(Node &n) {
  double alpha = n.floatAttr("alpha", 0.01f);
  return importPiecewise(n, [=](ScalarBuilder &s, Value x) {
    return s.mul(x, constantLike(s, x, alpha));
  });
}

static LogicalResult importElu(Node &n) {
  double alpha = n.floatAttr("alpha", 1);
  return importPiecewise(n, [=](ScalarBuilder &s, Value x) {
    return s.mul(constantLike(s, x, alpha), s.make<math::ExpM1Op>(x));
  });
}

/// Elu with another slope at 0: alpha (exp(x / alpha) - 1).
static LogicalResult importCelu(Node &n) {
  double alpha = n.floatAttr("alpha", 1);
  return importPiecewise(n, [=](ScalarBuilder &s, Value x) {
    Value factor = constantLike(s, x, alpha);
    return s.mul(factor, s.make<math::ExpM1Op>(s.div(x, factor)));
  });
}

/// gamma x, and gamma alpha (exp(x) - 1) below 0.
static LogicalResult importSelu(Node &n) {
  double alpha = n.floatAttr("alpha", 1.67326319217681884765625f);
  double gamma = n.floatAttr("gamma", 1.05070102214813232421875f);
  return importActivation(n, [=](ScalarBuilder &s, ValueRange v) {
    Value x = v[0], zero = constantLike(s, x, 0);
    Value below = s.mul(constantLike(s, x, alpha), s.make<math::ExpM1Op>(x));
    return s.mul(constantLike(s, x, gamma),
                 s.select(s.less(x, zero, false), below, x));
  });
}

/// x where it is more than alpha, 0 elsewhere.
static LogicalResult importThresholdedRelu(Node &n) {
  double alpha = n.floatAttr("alpha", 1);
  return importActivation(n, [=](ScalarBuilder &s, ValueRange x) {
    Value above = s.less(constantLike(s, x[0], alpha), x[0], false);
    return s.select(above, x[0], constantLike(s, x[0], 0));
  });
}

/// max(0, min(1, alpha x + beta)).
static Value hardSigmoid(ScalarBuilder &s, Value x, double alpha, double beta) {
  Value line =
      s.add(s.mul(x, constantLike(s, x, alpha)), constantLike(s, x, beta));
  Value capped = s.make<arith::MinimumFOp>(line, constantLike(s, x, 1));
  return s.make<arith::MaximumFOp>(capped, constantLike(s, x, 0));
}

static LogicalResult importHardSigmoid(Node &n) {
  double alpha = n.floatAttr("alpha", 0.2f), beta = n.floatAttr("beta", 0.5);
  return importActivation(n, [=](ScalarBuilder &s, ValueRange x) {
    return hardSigmoid(s, x[0], alpha, beta);
  });
}

static LogicalResult importHardSwish(Node &n) {
  return importActivation(n, [](ScalarBuilder &s, ValueRange x) {
    return s.mul(x[0], hardSigmoid(s, x[0], 1.0 / 6, 0.5));
  });
}

/// x sigmoid(alpha x).
static LogicalResult importSwish(Node &n) {
  double alpha = n.floatAttr("alpha", 1);
  return importActivation(n, [=](ScalarBuilder &s, ValueRange x) {
    Value scaled = s.mul(x[0], constantLike(s, x[0], alpha));
    return s.mul(x[0], sigmoid(s, scaled));
  });
}

/// log(1 + exp(x)) without overflow: max(x, 0) + log1p(exp(-|x|)).
static Value softplus(ScalarBuilder &s, Value x) {
  Value small =
      s.make<math::ExpOp>(s.make<arith::NegFOp>(s.make<math::AbsFOp>(x)));
  return s.add(relu(s, x), s.make<math::Log1pOp>(small));
}

static LogicalResult importSoftplus(Node &n) {
  return importActivation(
      n, [](ScalarBuilder &s, ValueRange x) { return softplus(s, x[0]); });
}

static LogicalResult importMish(Node &n) {
  return importActivation(n, [](ScalarBuilder &s, ValueRange x) {
    return s.mul(x[0], s.make<math::TanhOp>(softplus(s, x[0])));
  });
}

static LogicalResult importSoftsign(Node &n) {
  return importActivation(n, [](ScalarBuilder &s, ValueRange x) {
    Value size = s.make<math::AbsFOp>(x[0]);
    return s.div(x[0], s.add(constantLike(s, x[0], 1), size));
  });
}

static LogicalResult importPRelu(Node &n) {
  auto scalar = [](ScalarBuilder &s, ValueRange x) {
    Value zero = s.number(x[0].getType(), 0);
    return s.select(s.less(x[0], zero, false), s.mul(x[0], x[1]), x[0]);
  };
  if (failed(requireBroadcastTo(n, n.input(1), n.input(0))))
    return failure();
  return importUniform(n, Kinds::Numbers, scalar, nullptr);
}

/// Inference: the input as it is, and a mask that keeps everything; before
/// opset 10 the mask had the input's type, before 12 the ratio was an
/// attribute.
static LogicalResult importDropout(Node &n) {
  n.intAttr("seed", 0);
  if (n.opset < 12)
    n.floatAttr("ratio", 0.5);
  if (n.hasInput(2) &&
      !(isConstant(n.input(2)) && n.input(2).elements->size() == 1 &&
        constantOf(n.input(2).elements->front()) == 0))
    return n.error() << "expected training_mode to be false";
  if (failed(n.setOutput(0, n.input(0))))
    return failure();
  if (!n.hasOutput(1))
    return success();
  ScalarBuilder s(n.b, n.loc);
  const Sizes &sizes = n.input(0).shape;
  Value kept =
      n.opset < 10 ? s.number(n.input(0).elementType(), 1) : s.boolean(true);
  return n.setOutput(1, makeOperand(n, filledTensor(n, sizes, kept), sizes));
}

ArrayRef<OpEntry> mlir::attn::onnx::activationOps() {
  static const OpEntry table[] = {
      {"Relu", importRelu, 1, 1},
      {"LeakyRelu", importLeakyRelu, 1, 1},
      {"PRelu", importPRelu, 2, 2},
      {"Elu", importElu, 1, 1},
      {"Celu", importCelu, 1, 1},
      {"Selu", importSelu, 1, 1},
      {"ThresholdedRelu", importThresholdedRelu, 1, 1},
      {"Sigmoid", importSigmoid, 1, 1},
      {"HardSigmoid", importHardSigmoid, 1, 1},
      {"HardSwish", importHardSwish, 1, 1},
      {"Swish", importSwish, 1, 1},
      {"Gelu", importGelu, 1, 1},
      {"Softplus", importSoftplus, 1, 1},
      {"Softsign", importSoftsign, 1, 1},
      {"Mish", importMish, 1, 1},
      {"Dropout", importDropout, 1, 3},
  };
  return table;
}
