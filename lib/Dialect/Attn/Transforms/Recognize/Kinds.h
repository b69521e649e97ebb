//===- Kinds.h - Rewrites that can be switched off --------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_KINDS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_KINDS_H

#include "llvm/ADT/StringRef.h"

namespace mlir::attn::recognize {

/// Which rewrites are done.
struct RecognizedKinds {
  bool attention = true;
  /// Masks become predicates on positions, not scores of -inf.
  bool mask = true;
  /// Repeated key and value heads become grouped heads.
  bool grouping = true;
  /// Rotated pairs of features become an op.
  bool rotary = true;
  /// Recurrences over a state of keys and values become an op.
  bool linear = true;
  /// Writes at a position become cache updates.
  bool cache = true;
  /// (Q K^T) V without a softmax becomes Q (K^T V).
  bool products = true;
};

struct KindName {
  llvm::StringLiteral name;
  bool RecognizedKinds::*flag;
};

inline constexpr KindName kindNames[] = {
    {"attention", &RecognizedKinds::attention},
    {"mask", &RecognizedKinds::mask},
    {"grouping", &RecognizedKinds::grouping},
    {"rotary", &RecognizedKinds::rotary},
    {"linear", &RecognizedKinds::linear},
    {"cache", &RecognizedKinds::cache},
    {"products", &RecognizedKinds::products}};

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_KINDS_H
