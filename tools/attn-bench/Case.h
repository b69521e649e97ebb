//===- Case.h - One line of the benchmark -----------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_CASE_H
#define ATTN_TOOLS_ATTN_BENCH_CASE_H

#include "attn/Support/Tensor.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mlir::attn::bench {

/// What bounds a case: arithmetic, or reading K and V.
enum class Bound { Compute, Memory };

/// Fills the input called `name` of the case's function.
using FillInput = std::function<void(const std::string &name,
                                     ::attn::Tensor &tensor, uint64_t seed)>;

/// A module with one function, `main`, and values for what it takes.
struct Program {
  std::string text; // MLIR
  /// Fills weights as well: resources that the text names and gives no
  /// contents.
  FillInput fill;
};

struct Case {
  std::string suite;
  /// What tells it apart within its suite: `S1024 D64 causal`.
  std::string name;
  ::attn::DType type = ::attn::DType::f32;
  Program program;
  /// The same on a size that the oracle can compute.
  Program small;

  Bound bound = Bound::Compute;
  /// FLOP of one run, or bytes that it has to read.
  double work = 0;
  /// Bytes of input that are read anew in each run; 0 where the same input may
  /// stay in the caches.
  double coldBytes = 0;

  /// The name of the case in this suite whose time is the unit of this one's,
  /// and the share of that time which the tiles that are not empty would take.
  std::string baseline;
  std::optional<double> expectedShare;
  /// For linear attention: sizes of the sequential recurrence to compare with.
  struct Recurrence {
    std::string rule; // linear, gated, delta, gated_delta
    int64_t heads = 0, length = 0, keySize = 0, valueSize = 0;
  };
  std::optional<Recurrence> recurrence, smallRecurrence;
};

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_CASE_H
