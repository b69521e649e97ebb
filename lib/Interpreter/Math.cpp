//===- Math.cpp - The math dialect ----------------------------------------===//

#include "Frame.h"
#include "Handlers.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include "llvm/ADT/bit.h"

#include <cmath>

namespace mlir::attn::interpreter {

template <typename Op> static void add(Handlers &handlers, ScalarFunction f) {
  handlers[Op::getOperationName()] = {runElementwise, f};
}

template <typename Op, double (*F)(double)>
static void addUnary(Handlers &handlers) {
  add<Op>(handlers,
          [](const Step &, const Scalar *in, Scalar &out) -> const char * {
            out.f = F(in[0].f);
            return nullptr;
          });
}

template <typename Op, double (*F)(double, double)>
static void addBinary(Handlers &handlers) {
  add<Op>(handlers,
          [](const Step &, const Scalar *in, Scalar &out) -> const char * {
            out.f = F(in[0].f, in[1].f);
            return nullptr;
          });
}

template <typename Op, bool (*F)(double)>
static void addTest(Handlers &handlers) {
  add<Op>(handlers,
          [](const Step &step, const Scalar *in, Scalar &out) -> const char * {
            // A value that its type cannot hold has become an infinity there.
            out.i = F(step.in.round(in[0].f));
            return nullptr;
          });
}

static double rsqrt(double x) { return 1 / std::sqrt(x); }

static void addExponentials(Handlers &handlers) {
  addUnary<math::ExpOp, std::exp>(handlers);
  addUnary<math::Exp2Op, std::exp2>(handlers);
  addUnary<math::ExpM1Op, std::expm1>(handlers);
  addUnary<math::LogOp, std::log>(handlers);
  addUnary<math::Log2Op, std::log2>(handlers);
  addUnary<math::Log10Op, std::log10>(handlers);
  addUnary<math::Log1pOp, std::log1p>(handlers);
  addUnary<math::SqrtOp, std::sqrt>(handlers);
  addUnary<math::RsqrtOp, rsqrt>(handlers);
  addUnary<math::CbrtOp, std::cbrt>(handlers);
  addBinary<math::PowFOp, std::pow>(handlers);
}

static void addTrigonometry(Handlers &handlers) {
  addUnary<math::SinOp, std::sin>(handlers);
  addUnary<math::CosOp, std::cos>(handlers);
  addUnary<math::TanOp, std::tan>(handlers);
  addUnary<math::AsinOp, std::asin>(handlers);
  addUnary<math::AcosOp, std::acos>(handlers);
  addUnary<math::AtanOp, std::atan>(handlers);
  addUnary<math::SinhOp, std::sinh>(handlers);
  addUnary<math::CoshOp, std::cosh>(handlers);
  addUnary<math::TanhOp, std::tanh>(handlers);
  addUnary<math::AsinhOp, std::asinh>(handlers);
  addUnary<math::AcoshOp, std::acosh>(handlers);
  addUnary<math::AtanhOp, std::atanh>(handlers);
  addUnary<math::ErfOp, std::erf>(handlers);
  addUnary<math::ErfcOp, std::erfc>(handlers);
  addBinary<math::Atan2Op, std::atan2>(handlers);
}

static void addRounding(Handlers &handlers) {
  addUnary<math::AbsFOp, std::fabs>(handlers);
  addUnary<math::CeilOp, std::ceil>(handlers);
  addUnary<math::FloorOp, std::floor>(handlers);
  addUnary<math::TruncOp, std::trunc>(handlers);
  addUnary<math::RoundOp, std::round>(handlers);
  // The default rounding mode is to nearest even.
  addUnary<math::RoundEvenOp, std::nearbyint>(handlers);
  addBinary<math::CopySignOp, std::copysign>(handlers);
}

static void addTests(Handlers &handlers) {
  addTest<math::IsNaNOp, std::isnan>(handlers);
  addTest<math::IsInfOp, std::isinf>(handlers);
  addTest<math::IsFiniteOp, std::isfinite>(handlers);
  addTest<math::IsNormalOp, std::isnormal>(handlers);
}

static const char *fusedMultiplyAdd(const Step &, const Scalar *in,
                                    Scalar &out) {
  out.f = std::fma(in[0].f, in[1].f, in[2].f);
  return nullptr;
}

/// base^exponent for floats and an integer exponent.
static const char *floatToInteger(const Step &, const Scalar *in, Scalar &out) {
  out.f = std::pow(in[0].f, double(in[1].i));
  return nullptr;
}

/// Wraps; a negative power is 0 except of 1 and -1.
static const char *integerToInteger(const Step &step, const Scalar *in,
                                    Scalar &out) {
  const int64_t base = step.in.asSigned(in[0].i);
  int64_t exponent = step.in.asSigned(in[1].i);
  if (exponent < 0 && base == 0)
    return "expected a base other than 0 for a negative power, got 0";
  if (exponent < 0) {
    out.i = base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
    out.i = step.out.wrap(out.i);
    return nullptr;
  }
  uint64_t result = 1, square = uint64_t(base);
  for (; exponent; exponent >>= 1, square *= square)
    if (exponent & 1)
      result *= square;
  out.i = step.out.wrap(int64_t(result));
  return nullptr;
}

static const char *absoluteInteger(const Step &step, const Scalar *in,
                                   Scalar &out) {
  const int64_t value = step.in.asSigned(in[0].i);
  out.i = step.out.wrap(value < 0 ? int64_t(0 - uint64_t(value)) : value);
  return nullptr;
}

static const char *countOnes(const Step &step, const Scalar *in, Scalar &out) {
  out.i = step.out.wrap(llvm::popcount(step.in.asUnsigned(in[0].i)));
  return nullptr;
}

static const char *leadingZeros(const Step &step, const Scalar *in,
                                Scalar &out) {
  out.i = step.out.wrap(llvm::countl_zero(step.in.asUnsigned(in[0].i)) -
                        int64_t(64 - step.in.width));
  return nullptr;
}

static const char *trailingZeros(const Step &step, const Scalar *in,
                                 Scalar &out) {
  out.i = step.out.wrap(std::min<int64_t>(
      llvm::countr_zero(step.in.asUnsigned(in[0].i)), step.in.width));
  return nullptr;
}

void addMathHandlers(Handlers &handlers) {
  addExponentials(handlers);
  addTrigonometry(handlers);
  addRounding(handlers);
  addTests(handlers);
  add<math::FmaOp>(handlers, fusedMultiplyAdd);
  add<math::FPowIOp>(handlers, floatToInteger);
  add<math::IPowIOp>(handlers, integerToInteger);
  add<math::AbsIOp>(handlers, absoluteInteger);
  add<math::CtPopOp>(handlers, countOnes);
  add<math::CountLeadingZerosOp>(handlers, leadingZeros);
  add<math::CountTrailingZerosOp>(handlers, trailingZeros);
}

} // namespace mlir::attn::interpreter
