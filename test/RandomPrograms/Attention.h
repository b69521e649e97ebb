//===- Attention.h - Operands that attention programs share -----*- C++ -*-===//

#ifndef ATTN_TEST_RANDOMPROGRAMS_ATTENTION_H
#define ATTN_TEST_RANDOMPROGRAMS_ATTENTION_H

#include "Draw.h"
#include "Error.h"

#include <optional>

namespace attn::random_programs {

/// Query, key and value in canonical order.
struct Operands {
  DType type, valueType;
  Tensor query, key, value;
  std::optional<double> scale;
  double valueNorm; // the largest |value|, before any poison

  DType statistics() const {
    return type == DType::f64 || valueType == DType::f64 ? DType::f64
                                                         : DType::f32;
  }
};

Operands drawOperands(RandomSequence &random, const Sizes &sizes);
Operands drawOperands(RandomSequence &random, const Sizes &sizes, DType type,
                      DType valueType);
/// Of the scaled scores; to be called before keys are poisoned.
ScoreError errorOf(const Operands &operands);

/// A sink of one logit for each head, as an argument.
Value drawSink(ProgramWriter &writer, const Sizes &sizes, ScoreError &error);

struct ArgumentText {
  Value value;
  std::string layout; // ` query [batch, ...]`
};

/// One of q, k, v in the layout that its argument gets.
struct Operand {
  std::string name;
  const Tensor &tensor;
  Layout layout;
  bool staticFeatures = false;

  ArgumentText add(ProgramWriter &writer) const;
};

} // namespace attn::random_programs

#endif // ATTN_TEST_RANDOMPROGRAMS_ATTENTION_H
