//===- Captures.cpp - What regions read instead of computing it -----------===//
#include "Captures.h"
#include "Emitter.h"

using namespace mlir;
using namespace mlir::attn::recognize;

/// The position of a distance, beside the roles.
static constexpr int64_t distanceNumber = 6;

/// Anything in `expr`, once.
static bool holds(Expr expr, DenseMap<Expr, bool> &known,
                  llvm::function_ref<bool(Expr)> test) {
  auto it = known.find(expr);
  if (it != known.end())
    return it->second;
  bool result = test(expr);
  for (Expr operand : expr->operands)
    result =
        result || (expr->kind != Kind::Position && holds(operand, known, test));
  for (const Term &term : expr->terms)
    for (Expr atom : term.atoms)
      result = result || holds(atom, known, test);
  known[expr] = result;
  return result;
}

bool CaptureTables::holdsProduct(Expr expr) {
  return holds(expr, product, [&](Expr e) { return e == parts.product; });
}

/// An index that vectors of keys can follow, or that is the same for a whole
/// head.
bool CaptureTables::isSimpleIndex(Expr index) {
  auto isPlain = [](Expr e) {
    return e->kind == Kind::Position || e->kind == Kind::Size ||
           e->kind == Kind::Scalar;
  };
  if (isPlain(index))
    return true;
  if (!goesByPair(index))
    return !isExpensive(index);
  return index->kind == Kind::Sum && llvm::all_of(index->terms, [&](Term t) {
           return llvm::all_of(t.atoms, isPlain);
         });
}

bool CaptureTables::goesByPair(Expr expr) {
  return expr->dependsOn(parts.queryDims[2]) ||
         expr->dependsOn(parts.keyDims[2]);
}

/// Functions, divisions, and reads where data says.
bool CaptureTables::isExpensive(Expr expr) {
  return holds(expr, expensive, [&](Expr e) {
    if (e->isRead())
      return !llvm::all_of(e->operands,
                           [&](Expr index) { return isSimpleIndex(index); });
    return e->kind == Kind::Op &&
           (e->name.getValue().starts_with("math.") ||
            e->is<arith::FPToSIOp>() || e->is<arith::DivFOp>() ||
            (e->is<arith::FloorDivSIOp>() && goesByPair(e)));
  });
}

Expr CaptureTables::capture(Expr expr) {
  return c.rewrite(expr, [&](Expr e) -> Expr {
    if (e == parts.product)
      return e;
    if (!e->positions || e->kind == Kind::Position || holdsProduct(e) ||
        !isExpensive(e))
      return nullptr;
    return tabulate(e);
  });
}

/// `expr` in terms of the distance, or null where it goes by more.
Expr CaptureTables::byDistance(Expr expr, Expr distance) {
  Expr query = parts.queryDims[2], key = parts.keyDims[2];
  Expr first = c.sub(query->getExtent(), c.integer(1));
  Expr keyAt = c.add(query, c.sub(distance, first));
  Expr result = c.rewrite(
      expr, [&](Expr e) -> Expr { return e == key ? keyAt : nullptr; });
  return result->dependsOn(query) || result->dependsOn(key) ? nullptr : result;
}

Expr CaptureTables::tabulate(Expr expr) {
  if (!expr->type.isIntOrIndexOrFloat())
    return nullptr;
  const Dims &q = parts.queryDims;
  Expr query = q[2], key = parts.keyDims[2];
  bool goesBy[] = {expr->dependsOn(q[0]), expr->dependsOn(q[1]),
                   expr->dependsOn(query), expr->dependsOn(key)};
  SmallVector<Expr> positions, at;
  Expr table = expr;
  for (unsigned n : {0, 1})
    if (goesBy[n]) {
      positions.push_back(q[n]);
      at.push_back(q[n]);
    }
  if (goesBy[2] && goesBy[3]) {
    Expr first = c.sub(query->getExtent(), c.integer(1));
    Expr distance = c.position(distanceNumber, c.add(first, key->getExtent()));
    if (ExprContext::getInteger(distance))
      return nullptr;
    table = byDistance(expr, distance);
    if (!table)
      return nullptr;
    positions.push_back(distance);
    at.push_back(c.add(c.sub(key, query), first));
  } else if (goesBy[2] || goesBy[3]) {
    positions.push_back(goesBy[2] ? query : key);
    at.push_back(positions.back());
  }
  if (positions.empty())
    return nullptr;
  Value &tensor = tables[{table, parts.output.op->getBlock()}];
  if (!tensor)
    tensor = buildTable(table, positions, parts.output.op);
  return c.read(tensor, at);
}
