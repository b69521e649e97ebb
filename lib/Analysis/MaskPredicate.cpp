//===- MaskPredicate.cpp - Predicates on positions ------------------------===//
#include "attn/Analysis/MaskPredicate.h"

using namespace mlir;
using namespace mlir::attn;

struct MaskPredicate::Node {
  Kind kind;
  AffineExpr expr;
  SmallVector<MaskPredicate, 2> children;
  unsigned size = 1;
  bool hasUnknown = false;
};

MaskPredicate MaskPredicate::leaf(Kind kind, AffineExpr expr) {
  Node node{kind, expr, {}, 1, kind == Kind::Unknown};
  return MaskPredicate(std::make_shared<const Node>(std::move(node)));
}

MaskPredicate MaskPredicate::branch(Kind kind, const MaskPredicate &lhs,
                                    const MaskPredicate &rhs) {
  const unsigned size = 1 + lhs.getSize() + rhs.getSize();
  if (size > maxSize)
    return unknown();
  Node node{kind, {}, {lhs, rhs}, size, lhs.hasUnknown() || rhs.hasUnknown()};
  return MaskPredicate(std::make_shared<const Node>(std::move(node)));
}

MaskPredicate MaskPredicate::constant(bool value) {
  return leaf(value ? Kind::True : Kind::False);
}

MaskPredicate MaskPredicate::unknown() { return leaf(Kind::Unknown); }

MaskPredicate MaskPredicate::atLeastZero(AffineExpr expr) {
  if (auto value = dyn_cast<AffineConstantExpr>(expr))
    return constant(value.getValue() >= 0);
  return leaf(Kind::AtLeastZero, expr);
}

MaskPredicate MaskPredicate::zero(AffineExpr expr) {
  if (auto value = dyn_cast<AffineConstantExpr>(expr))
    return constant(value.getValue() == 0);
  return leaf(Kind::Zero, expr);
}

MaskPredicate MaskPredicate::operator&&(const MaskPredicate &other) const {
  if (isConstant(false) || other.isConstant(true) || node == other.node)
    return *this;
  if (isConstant(true) || other.isConstant(false))
    return other;
  return branch(Kind::And, *this, other);
}

MaskPredicate MaskPredicate::operator||(const MaskPredicate &other) const {
  if (isConstant(true) || other.isConstant(false) || node == other.node)
    return *this;
  if (isConstant(false) || other.isConstant(true))
    return other;
  return branch(Kind::Or, *this, other);
}

MaskPredicate MaskPredicate::operator!() const {
  switch (getKind()) {
  case Kind::False:
  case Kind::True:
    return constant(isConstant(false));
  case Kind::Unknown:
    return *this;
  case Kind::AtLeastZero: // not e >= 0: -e - 1 >= 0
    return leaf(Kind::AtLeastZero, -getExpr() - 1);
  case Kind::Zero:
    return leaf(Kind::NonZero, getExpr());
  case Kind::NonZero:
    return leaf(Kind::Zero, getExpr());
  case Kind::And:
    return branch(Kind::Or, !getLhs(), !getRhs());
  case Kind::Or:
    return branch(Kind::And, !getLhs(), !getRhs());
  }
  llvm_unreachable("all kinds are handled");
}

MaskPredicate::Kind MaskPredicate::getKind() const { return node->kind; }

bool MaskPredicate::isConstant(bool value) const {
  return getKind() == (value ? Kind::True : Kind::False);
}

bool MaskPredicate::hasUnknown() const { return node->hasUnknown; }
AffineExpr MaskPredicate::getExpr() const { return node->expr; }
unsigned MaskPredicate::getSize() const { return node->size; }

const MaskPredicate &MaskPredicate::getLhs() const { return node->children[0]; }

const MaskPredicate &MaskPredicate::getRhs() const { return node->children[1]; }

SmallVector<AffineExpr> MaskReading::getDomain() const {
  SmallVector<AffineExpr> domain;
  const auto within = [&](unsigned dim, AffineExpr size) {
    AffineExpr position = getAffineDimExpr(dim, context);
    domain.push_back(position);
    if (size)
      domain.push_back(size - 1 - position);
  };
  const auto known = [&](std::optional<int64_t> size) {
    return size ? getAffineConstantExpr(*size, context) : AffineExpr();
  };
  within(MaskBatch, known(batch));
  within(MaskHead, known(heads));
  within(MaskQuery, queryLength);
  within(MaskKey, keyLength);
  for (auto [index, symbol] : llvm::enumerate(symbols)) {
    AffineExpr expr = getAffineSymbolExpr(index, context);
    if (symbol.lower)
      domain.push_back(expr - *symbol.lower);
    if (symbol.upper)
      domain.push_back(*symbol.upper - expr);
  }
  return domain;
}
