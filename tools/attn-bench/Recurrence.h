//===- Recurrence.h - Linear attention, token by token ----------*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// The yardstick for linear attention in chunks: the recurrence as it is
// defined, in vector code for the target, with as few passes over the state as
// the rule allows (one, or two with a delta). Two orders of work:
//
// - sequential: the whole state for a token, then the next token;
// - blocked: all tokens for a block of the state's columns, which do not depend
//   on each other and then stay in the first-level cache.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_BENCH_RECURRENCE_H
#define ATTN_TOOLS_ATTN_BENCH_RECURRENCE_H

#include "Case.h"
#include "Threads.h"
#include "attn/Target/X86/TargetOptions.h"

#include <memory>

namespace mlir::attn::bench {

class Recurrence {
public:
  enum class Order { Sequential, Blocked };

  /// Compiles it for f32. The size of V's heads must be a multiple of the
  /// target's vectors.
  static ::attn::Result<std::unique_ptr<Recurrence>>
  create(const TargetOptions &target, const Case::Recurrence &shape);
  ~Recurrence();

  /// `inputs` are q, k, v [1, H, S, D] and decay and beta [1, H, S] where the
  /// rule has them, in this order; `output` is [1, H, S, Dv]. Heads are shared
  /// out to the threads.
  void run(const std::vector<::attn::Tensor> &inputs, ::attn::Tensor &output,
           Order order, unsigned threads, const ThreadTeam &team);

private:
  Recurrence();
  struct Implementation;
  std::unique_ptr<Implementation> implementation;
};

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_RECURRENCE_H
