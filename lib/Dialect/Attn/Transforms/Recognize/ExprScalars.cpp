//===- ExprScalars.cpp - Conditions, selections and floats ----------------===//
#include "Expr.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn::recognize;

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

static bool isNot(Expr e) {
  return e->is<arith::XOrIOp>() &&
         ExprContext::getBoolean(e->operands[1]) == true;
}

Expr ExprContext::notOf(Expr a) {
  // Of what a condition joins, each part is negated again with each condition
  // that it is in. Within a proof less is proved.
  if (Expr known = negations.lookup(a))
    return known;
  Expr result = negate(a);
  if (proofDepth == 0)
    negations[a] = result;
  return result;
}

Expr ExprContext::negate(Expr a) {
  if (std::optional<bool> value = getBoolean(a))
    return boolean(!*value);
  if (isNot(a))
    return a->operands[0];
  if (a->kind == Kind::AtLeastZero)
    return atLeastZero(sub(integer(-1), a->operands[0]));
  // Not is taken inside, so that equal conditions are the same.
  if (a->is<arith::OrIOp>())
    return andOf(notOf(a->operands[0]), notOf(a->operands[1]));
  if (a->is<arith::AndIOp>())
    return orOf(notOf(a->operands[0]), notOf(a->operands[1]));
  return plainOp(StringAttr::get(context, arith::XOrIOp::getOperationName()),
                 IntegerType::get(context, 1), {a, boolean(true)},
                 DictionaryAttr::get(context));
}

/// Whether `part` is one of the conditions that `all` joins by op OpTy.
template <typename OpTy> static bool joins(Expr all, Expr part) {
  if (all == part)
    return true;
  return all->is<OpTy>() && (joins<OpTy>(all->operands[0], part) ||
                             joins<OpTy>(all->operands[1], part));
}

Expr ExprContext::andOf(Expr a, Expr b) {
  for (auto [x, y] : {std::pair(a, b), std::pair(b, a)}) {
    if (std::optional<bool> value = getBoolean(x))
      return *value ? y : x;
    if (joins<arith::AndIOp>(x, y))
      return x;
    if (joins<arith::AndIOp>(x, notOf(y)))
      return boolean(false);
  }
  return plainOp(StringAttr::get(context, arith::AndIOp::getOperationName()),
                 IntegerType::get(context, 1), {a, b},
                 DictionaryAttr::get(context));
}

Expr ExprContext::orOf(Expr a, Expr b) {
  for (auto [x, y] : {std::pair(a, b), std::pair(b, a)}) {
    if (std::optional<bool> value = getBoolean(x))
      return *value ? x : y;
    if (joins<arith::OrIOp>(x, y))
      return x;
    if (joins<arith::OrIOp>(x, notOf(y)))
      return boolean(true);
  }
  return plainOp(StringAttr::get(context, arith::OrIOp::getOperationName()),
                 IntegerType::get(context, 1), {a, b},
                 DictionaryAttr::get(context));
}

/// What `expr` is where `condition` says that it is a constant.
static Expr getWhere(Expr condition, bool holds, Expr expr) {
  if (!isa<FloatType>(expr->type))
    return expr;
  if (isNot(condition))
    return getWhere(condition->operands[0], !holds, expr);
  if (!condition->is<arith::CmpFOp>() || condition->operands[0] != expr ||
      !ExprContext::getFloat(condition->operands[1]))
    return expr;
  using P = arith::CmpFPredicate;
  auto predicate = static_cast<P>(
      cast<IntegerAttr>(condition->attributes.get("predicate")).getInt());
  bool equal = holds ? predicate == P::OEQ : predicate == P::UNE;
  return equal ? condition->operands[1] : expr;
}

Expr ExprContext::select(Expr condition, Expr a, Expr b) {
  if (std::optional<bool> value = getBoolean(condition))
    return *value ? a : b;
  if (isNot(condition))
    return select(condition->operands[0], b, a);
  a = getWhere(condition, true, a);
  b = getWhere(condition, false, b);
  // What is decided again inside is decided.
  auto resolve = [&](Expr e, bool holds) {
    while (e->is<arith::SelectOp>()) {
      bool isSame = e->operands[0] == condition;
      if (!isSame && e->operands[0] != notOf(condition))
        break;
      e = e->operands[isSame == holds ? 1 : 2];
    }
    return e;
  };
  a = resolve(a, true);
  b = resolve(b, false);
  if (a == b)
    return a;
  if (a->type.isInteger(1)) {
    std::optional<bool> x = getBoolean(a), y = getBoolean(b);
    if (x)
      return *x ? orOf(condition, b) : andOf(notOf(condition), b);
    if (y)
      return *y ? orOf(notOf(condition), a) : andOf(condition, a);
  }
  return plainOp(StringAttr::get(context, arith::SelectOp::getOperationName()),
                 a->type, {condition, a, b}, DictionaryAttr::get(context));
}

//===----------------------------------------------------------------------===//
// Folding
//===----------------------------------------------------------------------===//

static Expr makeFloat(ExprContext &c, Type type, double value) {
  APFloat number(value);
  bool lost;
  number.convert(cast<FloatType>(type).getFloatSemantics(),
                 APFloat::rmNearestTiesToEven, &lost);
  return c.constant(FloatAttr::get(type, number));
}

static bool evaluateFloatCompare(arith::CmpFPredicate predicate, double a,
                                 double b) {
  using P = arith::CmpFPredicate;
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case P::AlwaysFalse:
    return false;
  case P::OEQ:
    return !unordered && a == b;
  case P::OGT:
    return !unordered && a > b;
  case P::OGE:
    return !unordered && a >= b;
  case P::OLT:
    return !unordered && a < b;
  case P::OLE:
    return !unordered && a <= b;
  case P::ONE:
    return !unordered && a != b;
  case P::ORD:
    return !unordered;
  case P::UEQ:
    return unordered || a == b;
  case P::UGT:
    return unordered || a > b;
  case P::UGE:
    return unordered || a >= b;
  case P::ULT:
    return unordered || a < b;
  case P::ULE:
    return unordered || a <= b;
  case P::UNE:
    return unordered || a != b;
  case P::UNO:
    return unordered;
  case P::AlwaysTrue:
    return true;
  }
  llvm_unreachable("all predicates are handled");
}

/// f(a) or f(a, b), computed in double and rounded once: exact for one op on
/// f32 and narrower.
static std::optional<double> evaluateFloat(StringRef name, ArrayRef<double> x) {
  double a = x[0], b = x.size() > 1 ? x[1] : 0;
  return llvm::StringSwitch<std::optional<double>>(name)
      .Case("arith.addf", a + b)
      .Case("arith.subf", a - b)
      .Case("arith.mulf", a * b)
      .Case("arith.divf", a / b)
      .Case("arith.negf", -a)
      .Case("arith.maximumf",
            std::isnan(a) || std::isnan(b) ? a + b : std::max(a, b))
      .Case("arith.minimumf",
            std::isnan(a) || std::isnan(b) ? a + b : std::min(a, b))
      .Cases({"arith.extf", "arith.truncf"}, a)
      .Case("math.sqrt", std::sqrt(a))
      .Case("math.rsqrt", 1 / std::sqrt(a))
      .Case("math.powf", std::pow(a, b))
      .Case("math.absf", std::fabs(a))
      .Default(std::nullopt);
}

Expr ExprContext::foldConstants(StringRef name, Type type, ArrayRef<Expr> x,
                                DictionaryAttr attributes) {
  if (name == arith::SIToFPOp::getOperationName() ||
      name == arith::UIToFPOp::getOperationName()) {
    if (x[0]->type.isInteger(1))
      return select(
          x[0],
          makeFloat(*this, type,
                    name == arith::UIToFPOp::getOperationName() ? 1 : -1),
          makeFloat(*this, type, 0));
    std::optional<int64_t> value = getInteger(x[0]);
    return value ? makeFloat(*this, type, static_cast<double>(*value))
                 : nullptr;
  }
  SmallVector<double> values;
  for (Expr operand : x) {
    std::optional<double> value = getFloat(operand);
    if (!value)
      return nullptr;
    values.push_back(*value);
  }
  if (values.empty() || values.size() > 2)
    return nullptr;
  if (name == arith::CmpFOp::getOperationName())
    return boolean(evaluateFloatCompare(
        static_cast<arith::CmpFPredicate>(
            cast<IntegerAttr>(attributes.get("predicate")).getInt()),
        values[0], values[1]));
  if (!isa<FloatType>(type))
    return nullptr;
  std::optional<double> result = evaluateFloat(name, values);
  return result ? makeFloat(*this, type, *result) : nullptr;
}

static bool isConstant(Expr e) {
  return e->kind == Kind::Constant || ExprContext::getInteger(e);
}

/// op(select(c, x, y), constant) -> select(c, op(x), op(y)), where x and y are
/// constants (or selections of such): masks that are computed as numbers.
Expr ExprContext::foldOverSelect(StringAttr name, Type type, ArrayRef<Expr> x,
                                 DictionaryAttr attributes) {
  std::function<bool(Expr)> isChoice = [&](Expr e) {
    return isConstant(e) ||
           (e->is<arith::SelectOp>() && isChoice(e->operands[1]) &&
            isChoice(e->operands[2]));
  };
  Expr chosen = nullptr;
  for (Expr operand : x) {
    if (isConstant(operand) || operand == chosen)
      continue;
    if (chosen || !operand->is<arith::SelectOp>() || !isChoice(operand))
      return nullptr;
    chosen = operand;
  }
  if (!chosen)
    return nullptr;
  SmallVector<Expr> first, second;
  for (Expr operand : x) {
    first.push_back(operand == chosen ? chosen->operands[1] : operand);
    second.push_back(operand == chosen ? chosen->operands[2] : operand);
  }
  return select(chosen->operands[0], op(name, type, first, attributes),
                op(name, type, second, attributes));
}

Expr ExprContext::compare(arith::CmpFPredicate predicate, Expr a, Expr b) {
  Builder builder(context);
  return op(builder.getStringAttr(arith::CmpFOp::getOperationName()),
            builder.getI1Type(), {a, b},
            builder.getDictionaryAttr(builder.getNamedAttr(
                "predicate",
                builder.getI64IntegerAttr(static_cast<int64_t>(predicate)))));
}

/// So small that sums of two of them are exact in every type of float.
static std::optional<int64_t> getSmallInteger(Expr e) {
  std::optional<double> value = ExprContext::getFloat(e);
  if (!value || !(std::fabs(*value) <= 64) || *value != std::rint(*value))
    return std::nullopt;
  return static_cast<int64_t>(*value);
}

/// The integer whose float `e` is, or would be but for its rounding: n, n - a
/// or a - n. Null for other floats.
static Expr getRoundedInteger(ExprContext &c, Expr e) {
  auto converted = [](Expr x) -> Expr {
    return x->is<arith::SIToFPOp>() && isWideInteger(x->operands[0]->type)
               ? x->operands[0]
               : nullptr;
  };
  if (!e->is<arith::SubFOp>())
    return converted(e);
  Expr x = e->operands[0], y = e->operands[1];
  if (std::optional<int64_t> a = getSmallInteger(x); a && converted(y))
    return c.sub(c.integer(*a), converted(y));
  if (std::optional<int64_t> a = getSmallInteger(y); a && converted(x))
    return c.sub(converted(x), c.integer(*a));
  return nullptr;
}

/// Floats of integers compare as the integers do with a small one: rounding
/// keeps those that are no further from 0 apart from all others.
Expr ExprContext::compareIntegers(arith::CmpFPredicate predicate, Expr a,
                                  Expr b) {
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  Expr integer = getRoundedInteger(*this, a);
  std::optional<int64_t> bound = getSmallInteger(b);
  if (!integer || !bound)
    return nullptr;
  auto compared = [&](I as) {
    return compare(as, integer, this->integer(*bound));
  };
  switch (predicate) {
  case F::OEQ:
  case F::UEQ:
    return compared(I::eq);
  case F::ONE:
  case F::UNE:
    return compared(I::ne);
  case F::OGT:
  case F::UGT:
    return compared(I::sgt);
  case F::OGE:
  case F::UGE:
    return compared(I::sge);
  case F::OLT:
  case F::ULT:
    return compared(I::slt);
  case F::OLE:
  case F::ULE:
    return compared(I::sle);
  default:
    return nullptr;
  }
}

Expr ExprContext::simplifyFloat(StringRef name, Type type, ArrayRef<Expr> x,
                                DictionaryAttr attributes) {
  if (name == arith::AddFOp::getOperationName()) {
    if (getFloat(x[0]) == 0.0)
      return x[1];
    return getFloat(x[1]) == 0.0 ? x[0] : nullptr;
  }
  if (name == arith::SubFOp::getOperationName())
    return getFloat(x[1]) == 0.0 ? x[0] : nullptr;
  if (name == arith::MulFOp::getOperationName()) {
    if (getFloat(x[0]) == 1.0)
      return x[1];
    return getFloat(x[1]) == 1.0 ? x[0] : nullptr;
  }
  if (name == arith::DivFOp::getOperationName())
    return getFloat(x[1]) == 1.0 ? x[0] : nullptr;
  if (name == arith::CmpFOp::getOperationName())
    return compareIntegers(
        static_cast<arith::CmpFPredicate>(
            cast<IntegerAttr>(attributes.get("predicate")).getInt()),
        x[0], x[1]);
  return nullptr;
}
