//===- MaskValue.cpp - An index as cases of affine expressions ------------===//
#include "MaskValue.h"

using namespace mlir;
using namespace mlir::attn;

/// Products with factors up to 2^20 of constants up to 2^40 stay within 64
/// bits, and so do the sums of a region.
static constexpr int64_t maxConstant = int64_t(1) << 40;
static constexpr unsigned maxDivisions = 6;

static bool isModest(AffineExpr expr) {
  unsigned divisions = 0;
  bool modest = true;
  expr.walk([&](AffineExpr part) {
    if (auto constant = dyn_cast<AffineConstantExpr>(part))
      modest &= std::abs(constant.getValue() / 2) <= maxConstant / 2;
    divisions += part.getKind() == AffineExprKind::Mod ||
                 part.getKind() == AffineExprKind::FloorDiv ||
                 part.getKind() == AffineExprKind::CeilDiv;
  });
  return modest && divisions <= maxDivisions;
}

void MaskValue::add(const MaskPredicate &guard, AffineExpr expr) {
  if (!guard.isConstant(false))
    cases.push_back({guard, expr && isModest(expr) ? expr : AffineExpr()});
}

MaskValue MaskValue::limited() const {
  return cases.empty() || cases.size() > maxCases ? MaskValue() : *this;
}

MaskValue::MaskValue(AffineExpr expr) {
  add(MaskPredicate::constant(true), expr);
}

MaskValue MaskValue::select(const MaskPredicate &condition,
                            const MaskValue &ifTrue, const MaskValue &ifFalse) {
  MaskValue result;
  result.cases.clear();
  for (const Case &part : ifTrue.cases)
    result.add(condition && part.guard, part.expr);
  for (const Case &part : ifFalse.cases)
    result.add(!condition && part.guard, part.expr);
  return result.limited();
}

bool MaskValue::isUnderstood() const {
  return llvm::all_of(cases, [](const Case &part) {
    return part.expr && !part.guard.hasUnknown();
  });
}

std::optional<int64_t> MaskValue::getConstant() const {
  if (cases.size() != 1 || !cases.front().expr)
    return std::nullopt;
  auto constant = dyn_cast<AffineConstantExpr>(cases.front().expr);
  return constant ? std::optional(constant.getValue()) : std::nullopt;
}

MaskValue MaskValue::apply(function_ref<AffineExpr(AffineExpr)> map) const {
  MaskValue result;
  result.cases.clear();
  for (const Case &part : cases)
    result.add(part.guard, part.expr ? map(part.expr) : AffineExpr());
  return result.limited();
}

MaskValue
MaskValue::combine(const MaskValue &lhs, const MaskValue &rhs,
                   function_ref<AffineExpr(AffineExpr, AffineExpr)> map) {
  MaskValue result;
  result.cases.clear();
  for (const Case &a : lhs.cases)
    for (const Case &b : rhs.cases)
      result.add(a.guard && b.guard,
                 a.expr && b.expr ? map(a.expr, b.expr) : AffineExpr());
  return result.limited();
}

MaskPredicate
MaskValue::compare(const MaskValue &lhs, const MaskValue &rhs,
                   function_ref<MaskPredicate(AffineExpr, AffineExpr)> test) {
  MaskPredicate result = MaskPredicate::constant(false);
  for (const Case &a : lhs.cases)
    for (const Case &b : rhs.cases)
      result = result || (a.guard && b.guard &&
                          (a.expr && b.expr ? test(a.expr, b.expr)
                                            : MaskPredicate::unknown()));
  return result;
}
