//===- StandardOutput.h - What a tool prints is written too -----*- C++ -*-===//

#ifndef ATTN_FILES_STANDARDOUTPUT_H
#define ATTN_FILES_STANDARDOUTPUT_H

namespace mlir::attn {

/// To be called first in main(). When the process exits and what it printed
/// could not be written, says so as `TOOL: error: …` and makes the exit status
/// 1. A file that grows beyond the limit (ulimit -f) is an error of the write
/// and not the end of the process; a standard stream that is closed stays
/// closed to writes, but its number is not given to a file. `tool` must stay.
void checkStandardOutput(const char *tool);

} // namespace mlir::attn

#endif // ATTN_FILES_STANDARDOUTPUT_H
