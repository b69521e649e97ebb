//===- Layout.h - The order in which a tensor holds dimensions --*- C++ -*-===//

#ifndef ATTN_REFERENCE_LAYOUT_H
#define ATTN_REFERENCE_LAYOUT_H

#include "attn/Support/Tensor.h"

namespace attn::reference {

/// Tensor dimension p holds the canonical dimension layout[p]; an empty layout
/// is the canonical order. Canonical are [batch, head, sequence, feature] for
/// operands and outputs, [batch, head, query] for LSE, and
/// [batch, head, query, key] for scores.
using Layout = std::vector<int64_t>;

/// Whether `layout` is empty or a permutation of 0 .. rank-1; `name` says whose
/// it is in the message.
Status checkLayout(const Layout &layout, int64_t rank, const std::string &name);

/// The tensor in canonical order and as f64, or what is wrong with its rank,
/// type or layout.
Result<Tensor> toCanonical(const Tensor &tensor, const Layout &layout,
                           int64_t rank, const std::string &name);

/// A canonical tensor in the order of `layout`, rounded once to `type`.
/// The layout must have been checked.
Tensor fromCanonical(const Tensor &canonical, const Layout &layout, DType type);

} // namespace attn::reference

#endif // ATTN_REFERENCE_LAYOUT_H
