//===- EmitPredicates.cpp - Comparisons of positions as masks -------------===//
#include "Emitter.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Utils/Building.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

namespace {
/// byQuery * i + byKey * j + constant + the other terms.
struct PositionSum {
  int64_t byQuery = 0, byKey = 0, constant = 0;
  SmallVector<Term> others;
};
} // namespace

static std::optional<PositionSum> readSum(Expr sum, Expr query, Expr key) {
  PositionSum result;
  if (sum->kind != Kind::Sum)
    return std::nullopt;
  for (const Term &term : sum->terms) {
    if (term.atoms.empty()) {
      result.constant = term.coefficient;
      continue;
    }
    Expr atom = term.atoms[0];
    if (term.atoms.size() == 1 && atom == query)
      result.byQuery = term.coefficient;
    else if (term.atoms.size() == 1 && atom == key)
      result.byKey = term.coefficient;
    else if (llvm::any_of(term.atoms, [&](Expr e) {
               return e->dependsOn(query) || e->dependsOn(key);
             }))
      return std::nullopt;
    else
      result.others.push_back(term);
  }
  return result;
}

/// attn.causal, attn.window, attn.prefix, attn.same_segment; null for others.
Value Emitter::emitPredicate(Expr expr) {
  Expr query = predicateDims[1], key = predicateDims[2];
  if (expr->kind == Kind::IsZero)
    return emitSegments(expr);
  if (ExprContext::getInteger(key))
    return {};
  std::optional<PositionSum> sum = readSum(expr->operands[0], query, key);
  if (!sum)
    return {};
  auto offsetOf = [&](bool negated, int64_t constant) -> Value {
    if (sum->others.empty() && constant == 0)
      return {};
    SmallVector<Term> terms(sum->others);
    if (constant)
      terms.push_back({{}, negated ? -constant : constant});
    return emitTerms(terms, negated);
  };
  // i + offset - j >= 0.
  if (sum->byQuery == 1 && sum->byKey == -1)
    return CausalOp::create(b, loc, emit(query), emit(key),
                            offsetOf(false, sum->constant));
  // j - (i + offset) + left >= 0.
  if (sum->byQuery == -1 && sum->byKey == 1 && sum->constant >= 0)
    return WindowOp::create(b, loc, emit(query), emit(key), offsetOf(true, 0),
                            sum->constant, -1);
  // length - 1 - j >= 0.
  if (sum->byQuery == 0 && sum->byKey == -1)
    if (Value length = offsetOf(false, sum->constant + 1))
      return PrefixOp::create(b, loc, emit(key), length);
  return {};
}

/// cap * tanh(s / cap), or with s * (1 / cap); null for anything else.
Value Emitter::emitSoftcap(Expr expr) {
  if (!withSoftcap || !expr->is<arith::MulFOp>())
    return {};
  for (bool first : {true, false}) {
    std::optional<double> cap =
        ExprContext::getFloat(expr->operands[first ? 0 : 1]);
    Expr bounded = expr->operands[first ? 1 : 0];
    if (!cap || !(*cap > 0) || !bounded->is<math::TanhOp>())
      continue;
    Expr ratio = bounded->operands[0];
    if (ratio->operands.size() != 2)
      continue;
    std::optional<double> by = ExprContext::getFloat(ratio->operands[1]);
    bool divided = ratio->is<arith::DivFOp>() && by == cap;
    bool multiplied =
        ratio->is<arith::MulFOp>() && by && std::abs(*by * *cap - 1) < 1e-7;
    if (divided || multiplied)
      return SoftcapOp::create(b, loc, emit(ratio->operands[0]),
                               b.getF64FloatAttr(*cap));
  }
  return {};
}

/// a[b, i] == c[b, j].
Value Emitter::emitSegments(Expr expr) {
  Expr sum = expr->operands[0];
  if (sum->kind != Kind::Sum || sum->terms.size() != 2)
    return {};
  Expr rows = nullptr, columns = nullptr;
  for (const Term &term : sum->terms) {
    if (term.atoms.size() != 1 || !term.atoms[0]->isRead() ||
        std::abs(term.coefficient) != 1)
      return {};
    Expr read = term.atoms[0];
    if (read->operands.size() != 2 || read->operands[0] != predicateDims[0])
      return {};
    if (read->operands[1] == predicateDims[1])
      rows = read;
    if (read->operands[1] == predicateDims[2])
      columns = read;
  }
  if (!rows || !columns ||
      sum->terms[0].coefficient == sum->terms[1].coefficient)
    return {};
  return SameSegmentOp::create(b, loc, rows->value, columns->value,
                               emit(predicateDims[0]), emit(predicateDims[1]),
                               emit(predicateDims[2]));
}
