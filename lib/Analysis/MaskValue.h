//===- MaskValue.h - An index as cases of affine expressions ----*- C++ -*-===//
#ifndef ATTN_LIB_ANALYSIS_MASKVALUE_H
#define ATTN_LIB_ANALYSIS_MASKVALUE_H

#include "attn/Analysis/MaskPredicate.h"

namespace mlir::attn {

/// An integer as a list of cases, of which exactly one guard is true. A null
/// expression is a value that is not understood.
class MaskValue {
public:
  struct Case {
    MaskPredicate guard;
    AffineExpr expr;
  };

  MaskValue(AffineExpr expr = {});
  static MaskValue select(const MaskPredicate &condition,
                          const MaskValue &ifTrue, const MaskValue &ifFalse);

  ArrayRef<Case> getCases() const { return cases; }
  bool isUnderstood() const;
  std::optional<int64_t> getConstant() const;

  /// `map` on each case. An expression with large constants or many divisions
  /// is not kept: it would only make everything after it slow.
  MaskValue apply(function_ref<AffineExpr(AffineExpr)> map) const;
  /// `map` on each pair of cases.
  static MaskValue
  combine(const MaskValue &lhs, const MaskValue &rhs,
          function_ref<AffineExpr(AffineExpr, AffineExpr)> map);
  /// `test` on each pair of cases, unknown where one is not understood.
  static MaskPredicate
  compare(const MaskValue &lhs, const MaskValue &rhs,
          function_ref<MaskPredicate(AffineExpr, AffineExpr)> test);

private:
  static constexpr unsigned maxCases = 8;
  void add(const MaskPredicate &guard, AffineExpr expr);
  MaskValue limited() const;
  SmallVector<Case, 1> cases;
};

} // namespace mlir::attn

#endif // ATTN_LIB_ANALYSIS_MASKVALUE_H
