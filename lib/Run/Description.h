//===- Description.h - Reading an artifact's JSON ---------------*- C++ -*-===//

#ifndef ATTN_LIB_RUN_DESCRIPTION_H
#define ATTN_LIB_RUN_DESCRIPTION_H

#include "attn/Run/Artifact.h"

namespace mlir::attn {

/// What tells one library from another, or from half of it.
struct LibraryChecksum {
  /// Of the file, and of what CRC-32 covers at its beginning, in bytes:
  /// constant weights lie behind that.
  int64_t size = 0, codeSize = 0;
  int64_t crc32 = 0;
};

struct Description {
  std::vector<FunctionSignature> functions;
  /// Whether it computes on a GPU.
  bool isForGPU = false;
  /// Nothing in descriptions of versions that wrote none, or where the library
  /// was changed on purpose and this was taken out.
  std::optional<LibraryChecksum> library;
};

/// Reads what attn-compile wrote beside the library at `path`: the same name
/// with the suffix `.json`.
HostResult<Description> readDescription(const std::string &path);

} // namespace mlir::attn

#endif // ATTN_LIB_RUN_DESCRIPTION_H
