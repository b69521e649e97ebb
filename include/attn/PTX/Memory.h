//===- Memory.h - The memory of the device ----------------------*- C++ -*-===//
//
// A device address is not an address of the host: the host that reads one
// crashes, as with a real device. Every access lies in one allocation.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PTX_MEMORY_H
#define ATTN_PTX_MEMORY_H

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

namespace attn::ptx {

class Memory {
public:
  struct Allocation {
    uint64_t address = 0, size = 0;
    uint8_t *bytes = nullptr;
    std::shared_ptr<uint8_t> owner; // none: memory of the host
    bool isConstant = false;
  };

  explicit Memory(uint64_t capacity = uint64_t(16) << 30)
      : capacity(capacity) {}

  /// Aligned to 256 bytes and filled with NaN; 0 when there is too little.
  uint64_t allocate(uint64_t size, bool isConstant = false);
  /// Memory of the host, which the device sees at the same address.
  void map(void *bytes, uint64_t size);
  /// False when no allocation starts there.
  bool release(uint64_t address);

  /// The allocation that holds an address.
  const Allocation *find(uint64_t address) const;
  /// Where the bytes lie, or null when they lie in no single allocation.
  uint8_t *translate(uint64_t address, uint64_t size) const;

  uint64_t used() const { return inUse; }
  uint64_t total() const { return capacity; }

private:
  std::map<uint64_t, Allocation> allocations;
  uint64_t capacity, inUse = 0;
};

} // namespace attn::ptx

#endif // ATTN_PTX_MEMORY_H
