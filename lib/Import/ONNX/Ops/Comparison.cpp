//===- Comparison.cpp - Comparisons, logic, selection, casts --------------===//

#include "Core/Elementwise.h"
#include "Core/TensorData.h"

using namespace mlir;
using namespace mlir::attn::onnx;

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

static Value scalarEqual(ScalarBuilder &s, ValueRange x) {
  return s.equal(x[0], x[1]);
}
static Value scalarLess(ScalarBuilder &s, ValueRange x) {
  return s.less(x[0], x[1], false);
}
static Value scalarLessOrEqual(ScalarBuilder &s, ValueRange x) {
  return s.less(x[0], x[1], true);
}
static Value scalarGreater(ScalarBuilder &s, ValueRange x) {
  return s.less(x[1], x[0], false);
}
static Value scalarGreaterOrEqual(ScalarBuilder &s, ValueRange x) {
  return s.less(x[1], x[0], true);
}

/// Sizes that are equal, or of which one is negative, as in `Equal(shape, -1)`.
static OpFoldResult indexEqual(IndexMath &math, ArrayRef<OpFoldResult> x) {
  if (math.equal(x[0], x[1]))
    return math.constant(1);
  for (auto [one, other] : {std::pair(x[0], x[1]), std::pair(x[1], x[0])})
    if (constantOf(one).value_or(0) < 0 && math.isNonNegative(other))
      return math.constant(0);
  return math.compare(arith::CmpIPredicate::eq, x[0], x[1]);
}

template <arith::CmpIPredicate predicate>
static OpFoldResult indexCompare(IndexMath &math, ArrayRef<OpFoldResult> x) {
  return math.compare(predicate, x[0], x[1]);
}

template <Value (*scalar)(ScalarBuilder &, ValueRange),
          OpFoldResult (*index)(IndexMath &, ArrayRef<OpFoldResult>) = nullptr>
static LogicalResult importComparison(Node &n) {
  if (failed(checkUniform(n, Kinds::Any)))
    return failure();
  return importElementwise(n, n.b.getI1Type(), scalar, index);
}

static LogicalResult importIsNaN(Node &n) {
  if (failed(checkUniform(n, Kinds::Floats)))
    return failure();
  return importElementwise(
      n, n.b.getI1Type(),
      [](ScalarBuilder &s, ValueRange x) {
        return s.make<arith::CmpFOp>(arith::CmpFPredicate::UNO, x[0], x[0]);
      },
      nullptr);
}

static LogicalResult importIsInf(Node &n) {
  if (failed(checkUniform(n, Kinds::Floats)))
    return failure();
  bool positive = n.intAttr("detect_positive", 1) != 0;
  bool negative = n.intAttr("detect_negative", 1) != 0;
  auto scalar = [=](ScalarBuilder &s, ValueRange x) {
    double infinity = std::numeric_limits<double>::infinity();
    Value result = s.boolean(false);
    for (auto [wanted, limit] :
         {std::pair(positive, infinity), std::pair(negative, -infinity)})
      if (wanted)
        result = s.make<arith::OrIOp>(
            result, s.equal(x[0], s.floating(x[0].getType(), limit)));
    return result;
  };
  return importElementwise(n, n.b.getI1Type(), scalar, nullptr);
}

//===----------------------------------------------------------------------===//
// Logic
//===----------------------------------------------------------------------===//

static Value scalarNot(ScalarBuilder &s, ValueRange x) {
  return s.logicalNot(x[0]);
}

static Value scalarBitwiseNot(ScalarBuilder &s, ValueRange x) {
  return s.make<arith::XOrIOp>(x[0], s.integer(x[0].getType(), -1));
}

template <typename OpT>
static Value scalarBits(ScalarBuilder &s, ValueRange x) {
  return s.make<OpT>(x[0], x[1]);
}

static OpFoldResult indexNot(IndexMath &math, ArrayRef<OpFoldResult> x) {
  return math.sub(math.constant(1), x[0]);
}
static OpFoldResult indexAnd(IndexMath &math, ArrayRef<OpFoldResult> x) {
  return math.mul(x[0], x[1]);
}
static OpFoldResult indexOr(IndexMath &math, ArrayRef<OpFoldResult> x) {
  return math.max(x[0], x[1]);
}

template <Value (*scalar)(ScalarBuilder &, ValueRange),
          OpFoldResult (*index)(IndexMath &, ArrayRef<OpFoldResult>) = nullptr>
static LogicalResult importLogic(Node &n) {
  return importUniform(n, Kinds::Booleans, scalar, index);
}

template <Value (*scalar)(ScalarBuilder &, ValueRange)>
static LogicalResult importBitwise(Node &n) {
  if (n.input(0).isFloat())
    return n.error() << "expected integers, got " << n.input(0).type();
  return importUniform(n, Kinds::Numbers, scalar, nullptr);
}

//===----------------------------------------------------------------------===//
// Selection
//===----------------------------------------------------------------------===//

static OpFoldResult indexWhere(IndexMath &math, ArrayRef<OpFoldResult> x) {
  return math.select(x[0], x[1], x[2]);
}

static LogicalResult importWhere(Node &n) {
  const Operand &yes = n.input(1), &no = n.input(2);
  if (!n.input(0).isBool())
    return n.error() << "expected input 0 to hold booleans, got "
                     << n.input(0).type();
  if (yes.elementType() != no.elementType() || yes.isUnsigned != no.isUnsigned)
    return n.error() << "expected inputs 1 and 2 of one element type, got "
                     << yes.type() << " and " << no.type();
  FailureOr<Operand> result = elementwise(
      n, n.allInputs(), yes.elementType(),
      [](ScalarBuilder &s, ValueRange x) { return s.select(x[0], x[1], x[2]); },
      indexWhere);
  if (failed(result))
    return failure();
  result->isUnsigned = yes.isUnsigned;
  return n.setOutput(0, *result);
}

//===----------------------------------------------------------------------===//
// Casts
//===----------------------------------------------------------------------===//

static LogicalResult setCast(Node &n, Type type, bool isUnsigned) {
  // These matter for 8-bit floats only, which are refused by type.
  n.intAttr("saturate", 1);
  n.stringAttr("round_mode", "up");
  FailureOr<Operand> result = castTo(n, n.input(0), type, isUnsigned);
  if (succeeded(result))
    result->is4Bit = false;
  return n.setOutput(0, result);
}

FailureOr<std::pair<Type, bool>> mlir::attn::onnx::namedType(Node &n,
                                                             int64_t dataType) {
  bool isInRange = dataType >= INT32_MIN && dataType <= INT32_MAX;
  if (!isInRange || !pb::toDType(int32_t(dataType)))
    return n.error() << "element type " << pb::dataTypeName(int32_t(dataType))
                     << " is not supported";
  return n.importer.elementType(dataType, n.input(0).name, n.loc);
}

static LogicalResult importCast(Node &n) {
  FailureOr<std::pair<Type, bool>> type = namedType(n, n.intAttr("to", 0));
  return failed(type) ? failure() : setCast(n, type->first, type->second);
}

static LogicalResult importCastLike(Node &n) {
  if (n.input(1).is4Bit)
    return n.error() << "element types of 4 bits are not supported";
  return setCast(n, n.input(1).elementType(), n.input(1).isUnsigned);
}

ArrayRef<OpEntry> mlir::attn::onnx::comparisonOps() {
  static const OpEntry table[] = {
      {"Equal", importComparison<scalarEqual, indexEqual>, 2, 2},
      {"Less",
       importComparison<scalarLess, indexCompare<arith::CmpIPredicate::slt>>, 2,
       2},
      {"LessOrEqual",
       importComparison<scalarLessOrEqual,
                        indexCompare<arith::CmpIPredicate::sle>>,
       2, 2},
      {"Greater",
       importComparison<scalarGreater, indexCompare<arith::CmpIPredicate::sgt>>,
       2, 2},
      {"GreaterOrEqual",
       importComparison<scalarGreaterOrEqual,
                        indexCompare<arith::CmpIPredicate::sge>>,
       2, 2},
      {"IsNaN", importIsNaN, 1, 1},
      {"IsInf", importIsInf, 1, 1},
      {"Not", importLogic<scalarNot, indexNot>, 1, 1},
      {"And", importLogic<scalarBits<arith::AndIOp>, indexAnd>, 2, 2},
      {"Or", importLogic<scalarBits<arith::OrIOp>, indexOr>, 2, 2},
      {"Xor", importLogic<scalarBits<arith::XOrIOp>>, 2, 2},
      {"BitwiseNot", importBitwise<scalarBitwiseNot>, 1, 1},
      {"BitwiseAnd", importBitwise<scalarBits<arith::AndIOp>>, 2, 2},
      {"BitwiseOr", importBitwise<scalarBits<arith::OrIOp>>, 2, 2},
      {"BitwiseXor", importBitwise<scalarBits<arith::XOrIOp>>, 2, 2},
      {"Where", importWhere, 3, 3},
      {"Cast", importCast, 1, 1},
      {"CastLike", importCastLike, 2, 2},
  };
  return table;
}
