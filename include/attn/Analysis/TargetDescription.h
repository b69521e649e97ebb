//===- TargetDescription.h - What code is fitted to -------------*- C++ -*-===//
//
// What tiles and kernels are chosen by, in one place: made from an LLVM target
// machine (attn/Target/X86), printed, and overridden. The names that it is
// printed with are those of the pipelines' options.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_TARGETDESCRIPTION_H
#define ATTN_ANALYSIS_TARGETDESCRIPTION_H

#include "mlir/Support/LLVM.h"

#include "llvm/Support/raw_ostream.h"

#include <string>

namespace mlir::attn {

/// How exact the exp of scores is: relative errors of at most 2e-7 and 1e-4
/// (test/Conversion/AttnToVector measures both). f64's exact one is 1e-15.
enum class ExpAccuracy { Exact, Fast };

StringRef stringify(ExpAccuracy accuracy);

/// The CPU that code is made for, and what is made of it. The defaults fit
/// every x86-64.
struct TargetDescription {
  /// A vector register, and how many of these there are.
  int64_t vectorBits = 128;
  int64_t registers = 16;
  /// Multiplies and adds in one instruction.
  bool fma = false;
  /// Tile products of bf16.
  bool amx = false;
  /// Queries and keys of a tile of attention, 1 to 2^20.
  int64_t tileQuery = getTileQuery(128);
  int64_t tileKey = 64;
  ExpAccuracy exp = ExpAccuracy::Exact;

  /// Two blocks of rows share each block of keys while it is in the cache:
  /// three vectors of f32 each, as many as the kernels have accumulators for.
  static constexpr int64_t getTileQuery(int64_t vectorBits) {
    return 2 * 3 * (vectorBits / 32);
  }
};

/// Whether `size` can be the queries or keys of a tile.
inline bool isTileSize(int64_t size) {
  return size >= 1 && size <= (int64_t(1) << 20);
}

/// One `name = value` a line, the names being those of the pipelines' options.
void print(llvm::raw_ostream &os, const TargetDescription &target);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_TARGETDESCRIPTION_H
