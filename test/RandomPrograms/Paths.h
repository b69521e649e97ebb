//===- Paths.h - What the compiler did with programs ------------*- C++ -*-===//

#ifndef ATTN_TEST_RANDOMPROGRAMS_PATHS_H
#define ATTN_TEST_RANDOMPROGRAMS_PATHS_H

#include <cstdint>
#include <string>

namespace mlir {
class MLIRContext;
} // namespace mlir

namespace attn::random_programs {

/// How often each kind of remark said that something was done, such as
/// `attn-tile-contractions: Packed`. Lies in memory that processes share.
struct Paths {
  static constexpr int most = 64;
  struct Path {
    char name[56];
    int64_t count;
  };
  Path paths[most];
  int used;

  void add(const std::string &name);
};

/// Lets `context` count in `paths`, which must live as long.
void countPaths(mlir::MLIRContext &context, Paths &paths);

} // namespace attn::random_programs

#endif // ATTN_TEST_RANDOMPROGRAMS_PATHS_H
