//===- CheckLibrary.h - A library's file, before it is mapped ---*- C++ -*-===//

#ifndef ATTN_LIB_RUN_CHECKLIBRARY_H
#define ATTN_LIB_RUN_CHECKLIBRARY_H

#include "Description.h"

namespace mlir::attn {

/// Finds what would make the loader fail, or die: a file that is no shared
/// library for this machine, or not all of one, or, where the description has a
/// checksum, not the one that it describes.
HostStatus checkLibrary(const std::string &path,
                        const std::optional<LibraryChecksum> &expected);

} // namespace mlir::attn

#endif // ATTN_LIB_RUN_CHECKLIBRARY_H
