//===- ErrorFunction.cpp - erf --------------------------------------------===//
// x p(x^2) up to 1, and 1 - q(x) beyond. The polynomials' largest errors are
// least (found by Remez exchange): relative for p, 1.2e-9, absolute for q,
// 2.9e-8.
//===----------------------------------------------------------------------===//
#include "MathBuilder.h"

using namespace mlir;
using namespace mlir::attn;

static const double small[] = {1.1283791657267235,   -0.3761262582422411,
                               0.11283585148549699,  -0.02685381193619697,
                               0.005188327694144102, -0.0008010193752183485,
                               7.853861925125722e-05};

/// erfc on 1 to 3.875, of t from -1 to 1.
static const double large[] = {
    0.0005665144612615618, -0.004263188662109724,  0.014940864654378348,
    -0.03196073125576569,  0.045656260011502026,   -0.0442093900101193,
    0.02673971678750762,   -0.004898796440349242,  -0.008266153633274197,
    0.008192905317499248,  -0.0016978608030366821, -0.0015104106206943423,
    0.0007102833037759368};

Value MathBuilder::erf(Value x) {
  Value magnitude = abs(x);
  Value inner = mul(x, polynomial(mul(x, x), small));
  Value t =
      multiplyAdd(magnitude, constant(2 / 2.875), constant(-2 / 2.875 - 1));
  Value outer = sub(constant(1), polynomial(t, large));
  // 1 to the last digit from there on; NaN stays.
  Value isOne = compare(arith::CmpFPredicate::OGE, magnitude, 3.875);
  outer = select(isOne, constant(1), outer);
  Value isInner = compare(arith::CmpFPredicate::OLT, magnitude, 1);
  return select(isInner, inner, math::CopySignOp::create(*this, outer, x));
}
