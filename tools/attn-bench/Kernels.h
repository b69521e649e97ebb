//===- Kernels.h - Our own kernels as machine code --------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_KERNELS_H
#define ATTN_TOOLS_ATTN_BENCH_KERNELS_H

#include "attn/Support/Result.h"

#include "llvm/Target/TargetMachine.h"

#include <memory>
#include <string>

namespace mlir::attn::bench {

/// A shared library of functions written in the func, scf, arith, vector and
/// llvm dialects, called by plain pointers.
class KernelLibrary {
public:
  static ::attn::Result<KernelLibrary> compile(const std::string &text,
                                               llvm::TargetMachine &machine);

  /// The function called `name`, which is there.
  template <typename Function> Function *get(const char *name) const {
    return reinterpret_cast<Function *>(lookup(name));
  }

private:
  void *lookup(const char *name) const;
  struct Close {
    void operator()(void *library) const;
  };
  std::unique_ptr<void, Close> library;
};

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_KERNELS_H
