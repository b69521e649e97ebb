//===- Buffers.h - Global memory and arguments from text --------*- C++ -*-===//

#ifndef ATTN_TOOLS_PTXRUN_BUFFERS_H
#define ATTN_TOOLS_PTXRUN_BUFFERS_H

#include "attn/PTX/Memory.h"
#include "attn/PTX/TensorMap.h"
#include "attn/Support/DType.h"

#include <string>
#include <vector>

namespace attn::ptxrun {

/// All throw std::runtime_error.
class Buffers {
public:
  explicit Buffers(ptx::Memory &memory) : memory(memory) {}

  /// `NAME:TYPE[COUNT][=VALUES]`
  void add(const std::string &text);
  /// `NAME:BUFFER,size=…,box=…`
  void addMap(const std::string &text);
  /// The bytes of an argument.
  std::vector<uint8_t> argument(const std::string &text) const;
  void print(const std::string &name) const;

private:
  struct Buffer {
    DType type;
    uint64_t count, address;
    uint8_t *bytes;
  };
  const Buffer &find(const std::string &name) const;

  ptx::Memory &memory;
  std::map<std::string, Buffer> buffers;
  std::map<std::string, ptx::TensorMap> maps;
};

} // namespace attn::ptxrun

#endif // ATTN_TOOLS_PTXRUN_BUFFERS_H
