//===- Options.h - The command line of attn-ptx-run -------------*- C++ -*-===//

#ifndef ATTN_TOOLS_PTXRUN_OPTIONS_H
#define ATTN_TOOLS_PTXRUN_OPTIONS_H

#include "attn/PTX/Launch.h"

namespace attn::ptxrun {

struct Options {
  std::string file, kernel;
  ptx::Size3 grid, block;
  uint32_t sharedBytes = 0;
  bool counts = false;
  ptx::LaunchOptions launch;
  std::vector<std::string> buffers, maps, arguments, prints;
};

/// Throws std::runtime_error. Nothing: only help or the version was wanted,
/// and has been printed.
std::optional<Options> parseOptions(int argc, char **argv);

/// Throws std::runtime_error for what is no number, or is larger.
uint64_t parseInteger(const std::string &text, uint64_t largest = ~uint64_t(0));
std::vector<std::string> split(const std::string &text, char separator);

} // namespace attn::ptxrun

#endif // ATTN_TOOLS_PTXRUN_OPTIONS_H
