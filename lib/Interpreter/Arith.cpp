//===- Arith.cpp - The arith dialect --------------------------------------===//

#include "Frame.h"
#include "Handlers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/UB/IR/UBOps.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace mlir::attn::interpreter {

using arith::CmpFPredicate;
using arith::CmpIPredicate;

/// An elementwise op by its name and an expression of operands a, b, c.
template <typename Op> static void add(Handlers &handlers, ScalarFunction f) {
  handlers[Op::getOperationName()] = {runElementwise, f};
}

#define ATTN_FLOAT(OP, EXPRESSION)                                             \
  add<OP>(handlers, [](const Step &, const Scalar *in, Scalar &out) {          \
    [[maybe_unused]] const double a = in[0].f, b = in[1].f;                    \
    out.f = (EXPRESSION);                                                      \
    return static_cast<const char *>(nullptr);                                 \
  })

// Arithmetic is done unsigned, where it wraps.
#define ATTN_INTEGER(OP, EXPRESSION)                                           \
  add<OP>(handlers, [](const Step &step, const Scalar *in, Scalar &out) {      \
    [[maybe_unused]] const uint64_t a = in[0].i, b = in[1].i;                  \
    out.i = step.in.wrap(int64_t(EXPRESSION));                                 \
    return static_cast<const char *>(nullptr);                                 \
  })

static double maximum(double a, double b) {
  if (std::isnan(a) || std::isnan(b))
    return std::numeric_limits<double>::quiet_NaN();
  return a > b || (a == b && !std::signbit(a)) ? a : b;
}

static double minimum(double a, double b) { return -maximum(-a, -b); }

static bool compareFloats(CmpFPredicate predicate, double a, double b) {
  const bool unordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case CmpFPredicate::AlwaysFalse:
    return false;
  case CmpFPredicate::OEQ:
    return a == b;
  case CmpFPredicate::OGT:
    return a > b;
  case CmpFPredicate::OGE:
    return a >= b;
  case CmpFPredicate::OLT:
    return a < b;
  case CmpFPredicate::OLE:
    return a <= b;
  case CmpFPredicate::ONE:
    return !unordered && a != b;
  case CmpFPredicate::ORD:
    return !unordered;
  case CmpFPredicate::UEQ:
    return unordered || a == b;
  case CmpFPredicate::UGT:
    return unordered || a > b;
  case CmpFPredicate::UGE:
    return unordered || a >= b;
  case CmpFPredicate::ULT:
    return unordered || a < b;
  case CmpFPredicate::ULE:
    return unordered || a <= b;
  case CmpFPredicate::UNE:
    return unordered || a != b;
  case CmpFPredicate::UNO:
    return unordered;
  case CmpFPredicate::AlwaysTrue:
    return true;
  }
  return false;
}

static bool compareIntegers(CmpIPredicate predicate, const Element &type,
                            int64_t x, int64_t y) {
  const int64_t a = type.asSigned(x), b = type.asSigned(y);
  const uint64_t u = type.asUnsigned(x), v = type.asUnsigned(y);
  switch (predicate) {
  case CmpIPredicate::eq:
    return a == b;
  case CmpIPredicate::ne:
    return a != b;
  case CmpIPredicate::slt:
    return a < b;
  case CmpIPredicate::sle:
    return a <= b;
  case CmpIPredicate::sgt:
    return a > b;
  case CmpIPredicate::sge:
    return a >= b;
  case CmpIPredicate::ult:
    return u < v;
  case CmpIPredicate::ule:
    return u <= v;
  case CmpIPredicate::ugt:
    return u > v;
  case CmpIPredicate::uge:
    return u >= v;
  }
  return false;
}

static void addFloats(Handlers &handlers) {
  ATTN_FLOAT(arith::AddFOp, a + b);
  ATTN_FLOAT(arith::SubFOp, a - b);
  ATTN_FLOAT(arith::MulFOp, a * b);
  ATTN_FLOAT(arith::DivFOp, a / b);
  ATTN_FLOAT(arith::RemFOp, std::fmod(a, b));
  ATTN_FLOAT(arith::NegFOp, -a);
  ATTN_FLOAT(arith::MaximumFOp, maximum(a, b));
  ATTN_FLOAT(arith::MinimumFOp, minimum(a, b));
  ATTN_FLOAT(arith::MaxNumFOp, std::fmax(a, b));
  ATTN_FLOAT(arith::MinNumFOp, std::fmin(a, b));
  add<arith::CmpFOp>(
      handlers, [](const Step &step, const Scalar *in, Scalar &out) {
        out.i = compareFloats(CmpFPredicate(step.predicate), in[0].f, in[1].f);
        return static_cast<const char *>(nullptr);
      });
}

static void addIntegers(Handlers &handlers) {
  ATTN_INTEGER(arith::AddIOp, a + b);
  ATTN_INTEGER(arith::SubIOp, a - b);
  ATTN_INTEGER(arith::MulIOp, a * b);
  ATTN_INTEGER(arith::AndIOp, a & b);
  ATTN_INTEGER(arith::OrIOp, a | b);
  ATTN_INTEGER(arith::XOrIOp, a ^ b);
  ATTN_INTEGER(arith::MaxSIOp,
               step.in.asSigned(a) > step.in.asSigned(b) ? a : b);
  ATTN_INTEGER(arith::MinSIOp,
               step.in.asSigned(a) < step.in.asSigned(b) ? a : b);
  ATTN_INTEGER(arith::MaxUIOp,
               step.in.asUnsigned(a) > step.in.asUnsigned(b) ? a : b);
  ATTN_INTEGER(arith::MinUIOp,
               step.in.asUnsigned(a) < step.in.asUnsigned(b) ? a : b);
  add<arith::CmpIOp>(handlers,
                     [](const Step &step, const Scalar *in, Scalar &out) {
                       out.i = compareIntegers(CmpIPredicate(step.predicate),
                                               step.in, in[0].i, in[1].i);
                       return static_cast<const char *>(nullptr);
                     });
}

//===----------------------------------------------------------------------===//
// Division
//===----------------------------------------------------------------------===//

/// Quotients rounded towards zero, down and up.
static int64_t divide(int64_t a, int64_t b) { return a / b; }
static int64_t remainderOf(int64_t a, int64_t b) { return a % b; }
static int64_t floorDivide(int64_t a, int64_t b) {
  return divide(a, b) - (remainderOf(a, b) != 0 && (a < 0) != (b < 0));
}
static int64_t ceilDivide(int64_t a, int64_t b) {
  return divide(a, b) + (remainderOf(a, b) != 0 && (a < 0) == (b < 0));
}

template <int64_t (*Divide)(int64_t, int64_t)>
static const char *signedDivision(const Step &step, const Scalar *in,
                                  Scalar &out) {
  const int64_t a = step.in.asSigned(in[0].i), b = step.in.asSigned(in[1].i);
  if (b == 0)
    return "expected a divisor other than 0, got 0";
  // The smallest number is the only one that equals its negative, but for 0.
  if (b == -1 && a != 0 && step.in.wrap(a) == step.in.wrap(-uint64_t(a)))
    return "expected a quotient that its type can hold, got the smallest "
           "number divided by -1";
  out.i = step.in.wrap(Divide(a, b));
  return nullptr;
}

static uint64_t divideUnsigned(uint64_t a, uint64_t b) { return a / b; }
static uint64_t remainderUnsigned(uint64_t a, uint64_t b) { return a % b; }
static uint64_t ceilDivideUnsigned(uint64_t a, uint64_t b) {
  return a / b + (a % b != 0);
}

template <uint64_t (*Divide)(uint64_t, uint64_t)>
static const char *unsignedDivision(const Step &step, const Scalar *in,
                                    Scalar &out) {
  const uint64_t b = step.in.asUnsigned(in[1].i);
  if (b == 0)
    return "expected a divisor other than 0, got 0";
  out.i = step.in.wrap(int64_t(Divide(step.in.asUnsigned(in[0].i), b)));
  return nullptr;
}

static void addDivisions(Handlers &handlers) {
  add<arith::DivSIOp>(handlers, signedDivision<divide>);
  add<arith::RemSIOp>(handlers, signedDivision<remainderOf>);
  add<arith::FloorDivSIOp>(handlers, signedDivision<floorDivide>);
  add<arith::CeilDivSIOp>(handlers, signedDivision<ceilDivide>);
  add<arith::DivUIOp>(handlers, unsignedDivision<divideUnsigned>);
  add<arith::RemUIOp>(handlers, unsignedDivision<remainderUnsigned>);
  add<arith::CeilDivUIOp>(handlers, unsignedDivision<ceilDivideUnsigned>);
}

//===----------------------------------------------------------------------===//
// Shifts and casts
//===----------------------------------------------------------------------===//

// A shift by the width or more shifts every bit out.
static void addShifts(Handlers &handlers) {
  ATTN_INTEGER(arith::ShLIOp, b < step.in.width ? a << b : 0);
  ATTN_INTEGER(arith::ShRUIOp,
               b < step.in.width ? step.in.asUnsigned(a) >> b : 0);
  ATTN_INTEGER(arith::ShRSIOp,
               step.in.asSigned(a) >> std::min<uint64_t>(b, 63));
}

/// Truncates to an integer, or to the nearest one that there is; 0 for NaN.
template <bool isSigned>
static const char *floatToInteger(const Step &step, const Scalar *in,
                                  Scalar &out) {
  const double value = std::trunc(in[0].f);
  const unsigned bits = step.out.width - isSigned;
  const uint64_t largest = bits ? ~uint64_t(0) >> (64 - bits) : 0;
  if (std::isnan(value))
    out.i = 0;
  else if (value >= std::ldexp(1.0, bits))
    out.i = step.out.wrap(int64_t(largest));
  else if (value >= 0)
    out.i = step.out.wrap(int64_t(uint64_t(value)));
  else
    out.i = !isSigned ? 0
                      : step.out.wrap(value > -std::ldexp(1.0, bits)
                                          ? int64_t(value)
                                          : int64_t(~largest));
  return nullptr;
}

/// The same bits as another type of the same width.
static const char *bitcast(const Step &step, const Scalar *in, Scalar &out) {
  alignas(8) char bits[8] = {};
  if (step.in.isFloat)
    ::attn::encode(step.in.dtype, in[0].f, bits);
  else
    std::memcpy(bits, &in[0].i, sizeof(bits));
  if (step.out.isFloat) {
    out.f = ::attn::decode(step.out.dtype, bits);
    return nullptr;
  }
  int64_t integer;
  std::memcpy(&integer, bits, sizeof(integer));
  out.i = step.out.wrap(integer);
  return nullptr;
}

static const char *extendFloat(const Step &, const Scalar *in, Scalar &out) {
  out.f = in[0].f;
  return nullptr;
}
static const char *truncateFloat(const Step &step, const Scalar *in,
                                 Scalar &out) {
  out.f = step.out.round(in[0].f);
  return nullptr;
}
static const char *signedToFloat(const Step &step, const Scalar *in,
                                 Scalar &out) {
  out.f = step.out.round(double(step.in.asSigned(in[0].i)));
  return nullptr;
}
static const char *unsignedToFloat(const Step &step, const Scalar *in,
                                   Scalar &out) {
  out.f = step.out.round(double(step.in.asUnsigned(in[0].i)));
  return nullptr;
}
static const char *castSigned(const Step &step, const Scalar *in, Scalar &out) {
  out.i = step.out.wrap(step.in.asSigned(in[0].i));
  return nullptr;
}
static const char *castUnsigned(const Step &step, const Scalar *in,
                                Scalar &out) {
  out.i = step.out.wrap(int64_t(step.in.asUnsigned(in[0].i)));
  return nullptr;
}
static const char *select(const Step &, const Scalar *in, Scalar &out) {
  out = in[0].i ? in[1] : in[2];
  return nullptr;
}

static void addCasts(Handlers &handlers) {
  add<arith::ExtFOp>(handlers, extendFloat);
  add<arith::TruncFOp>(handlers, truncateFloat);
  add<arith::SIToFPOp>(handlers, signedToFloat);
  add<arith::UIToFPOp>(handlers, unsignedToFloat);
  add<arith::FPToSIOp>(handlers, floatToInteger<true>);
  add<arith::FPToUIOp>(handlers, floatToInteger<false>);
  add<arith::ExtSIOp>(handlers, castSigned);
  add<arith::ExtUIOp>(handlers, castUnsigned);
  add<arith::TruncIOp>(handlers, castUnsigned);
  add<arith::IndexCastOp>(handlers, castSigned);
  add<arith::IndexCastUIOp>(handlers, castUnsigned);
  add<arith::BitcastOp>(handlers, bitcast);
}

/// select may also choose between whole tensors by one condition.
static LogicalResult runSelect(const Step &step, Frame &frame) {
  const bool whole = !frame[step.operands[0]].tensor;
  if (!whole)
    return runElementwise(step, frame);
  frame[step.results[0]] =
      frame[step.operands[frame.integer(step.operands[0]) ? 1 : 2]];
  return success();
}

static LogicalResult runConstant(const Step &step, Frame &frame) {
  Type type = step.op->getResult(0).getType();
  if (isa<TensorType>(type) && !step.constant.tensor)
    return step.op->emitOpError()
           << "failed: expected a constant that fits in memory, got " << type;
  frame[step.results[0]] = step.constant;
  return success();
}

/// A value that nothing is known of is 0.
static LogicalResult runPoison(const Step &step, Frame &frame) {
  if (step.out.isFloat)
    frame.scalar(step.results[0]).f = 0;
  else
    frame.scalar(step.results[0]).i = 0;
  return success();
}

void addArithHandlers(Handlers &handlers) {
  addFloats(handlers);
  addIntegers(handlers);
  addDivisions(handlers);
  addShifts(handlers);
  addCasts(handlers);
  handlers[arith::SelectOp::getOperationName()] = {runSelect, select};
  handlers[arith::ConstantOp::getOperationName()] = {runConstant, nullptr};
  handlers[ub::PoisonOp::getOperationName()] = {runPoison, nullptr};
}

} // namespace mlir::attn::interpreter
