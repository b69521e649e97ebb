//===- ScalarBuilder.h - Arithmetic on elements -----------------*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_CORE_SCALARBUILDER_H
#define ATTN_LIB_IMPORT_ONNX_CORE_SCALARBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"

namespace mlir::attn::onnx {

/// Builds scalar code, folding constants on the way: the same functions make
/// the bodies of loops and compute constants.
class ScalarBuilder {
public:
  ScalarBuilder(OpBuilder &builder, Location loc, bool isUnsigned = false)
      : b(builder), loc(loc), isUnsigned(isUnsigned) {}

  OpBuilder &b;
  Location loc;
  /// How integers of the first operand are to be read.
  bool isUnsigned;

  template <typename OpT, typename... Args> Value make(Args &&...args) {
    return b.createOrFold<OpT>(loc, std::forward<Args>(args)...);
  }

  /// A function of floats; in f32 for the 16-bit types, then rounded.
  template <typename OpT, typename... Args> Value math(Value x, Args... more) {
    Type type = x.getType();
    if (type.getIntOrFloatBitWidth() >= 32)
      return make<OpT>(x, more...);
    Type wide = b.getF32Type();
    return make<arith::TruncFOp>(type,
                                 make<OpT>(make<arith::ExtFOp>(wide, x),
                                           make<arith::ExtFOp>(wide, more)...));
  }

  Value floating(Type type, double value);
  Value integer(Type type, int64_t value);
  /// 0 or 1 and the like, of whichever kind `type` is.
  Value number(Type type, int64_t value);
  Value index(int64_t value);
  Value boolean(bool value);

  Value add(Value lhs, Value rhs);
  Value sub(Value lhs, Value rhs);
  Value mul(Value lhs, Value rhs);
  /// Integers: rounds to zero; a zero divisor gives the dividend, without trap.
  Value div(Value lhs, Value rhs);
  Value less(Value lhs, Value rhs, bool orEqual);
  Value equal(Value lhs, Value rhs);
  Value select(Value condition, Value yes, Value no);
  Value logicalNot(Value condition);
  /// Between element types as ONNX's Cast has it: floats to integers round to
  /// zero and saturate, NaN gives 0; to bool is `!= 0`.
  Value convert(Value value, Type to, bool fromUnsigned, bool toUnsigned);
  /// An integer element as an index.
  Value toIndex(Value integer, bool fromUnsigned = false);

private:
  Value floatToInt(Value value, IntegerType to, bool toUnsigned);
  Value convertFloat(Value value, FloatType to);
};

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_CORE_SCALARBUILDER_H
