//===- Emitter.h - Expressions back to ops ----------------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_EMITTER_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_EMITTER_H

#include "Expr.h"
#include "mlir/IR/Builders.h"

namespace mlir::attn::recognize {

/// Writes expressions as scalar ops. Integers become index, floats `floatType`.
class Emitter {
public:
  /// Sizes of tensors are read before `outside`.
  Emitter(OpBuilder &builder, Location loc, Type floatType, Operation *outside)
      : b(builder), loc(loc), floatType(floatType), outside(outside) {}

  /// What a position, or any other expression, is.
  void bind(Expr expr, Value value) { values[expr] = value; }

  Value emit(Expr expr);

  /// cap * tanh(s / cap) becomes attn.softcap.
  void useSoftcap() { withSoftcap = true; }

  /// Comparisons of these become predicates of the dialect.
  void usePredicates(Expr batch, Expr query, Expr key) {
    predicateDims = {batch, query, key};
  }

private:
  Value emitPredicate(Expr expr);
  Value emitSegments(Expr expr);
  Value emitTerms(ArrayRef<Term> terms, bool negated);
  Value emitComparison(Expr expr);
  Value emitRead(Expr expr);
  Value emitOp(Expr expr);
  Value emitSoftcap(Expr expr);
  Value convert(Value value, Type type);

  OpBuilder &b;
  Location loc;
  Type floatType;
  Operation *outside;
  DenseMap<Expr, Value> values;
  bool withSoftcap = false;
  /// Batch, query and key where predicates are used.
  SmallVector<Expr, 3> predicateDims;
};

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_EMITTER_H
