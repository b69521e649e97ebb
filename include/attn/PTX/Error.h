//===- Error.h - What is wrong with PTX, or with its run --------*- C++ -*-===//

#ifndef ATTN_PTX_ERROR_H
#define ATTN_PTX_ERROR_H

#include <stdexcept>
#include <string>

namespace attn::ptx {

/// Thrown by the parser, the decoder and the machine. The line is that of the
/// PTX text; 0 means that no line is to blame.
class Error : public std::runtime_error {
public:
  Error(unsigned line, const std::string &message)
      : std::runtime_error(
            line ? "line " + std::to_string(line) + ": " + message : message),
        line(line) {}

  unsigned line;
};

} // namespace attn::ptx

#endif // ATTN_PTX_ERROR_H
