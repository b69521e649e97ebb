//===- Memory.cpp - The memory of the device ------------------------------===//

#include "attn/PTX/Memory.h"

#include <cstdlib>
#include <cstring>

namespace attn::ptx {

/// Keeps device addresses apart from those of the host, and from the windows
/// of shared and local memory.
static constexpr uint64_t deviceWindow = uint64_t(0x20) << 56;
static constexpr uint64_t alignment = 256;

uint64_t Memory::allocate(uint64_t size, bool isConstant) {
  if (!size || size > capacity - inUse)
    return 0;
  uint64_t rounded = (size + alignment - 1) / alignment * alignment;
  auto *bytes = static_cast<uint8_t *>(std::aligned_alloc(alignment, rounded));
  if (!bytes)
    return 0;
  std::memset(bytes, 0xff, rounded);
  uint64_t address = reinterpret_cast<uint64_t>(bytes) | deviceWindow;
  allocations[address] = {address, size, bytes,
                          std::shared_ptr<uint8_t>(bytes, std::free),
                          isConstant};
  inUse += size;
  return address;
}

void Memory::map(void *bytes, uint64_t size) {
  auto address = reinterpret_cast<uint64_t>(bytes);
  allocations[address] = {address, size, static_cast<uint8_t *>(bytes), nullptr,
                          false};
}

bool Memory::release(uint64_t address) {
  auto found = allocations.find(address);
  if (found == allocations.end())
    return false;
  if (found->second.owner)
    inUse -= found->second.size;
  allocations.erase(found);
  return true;
}

const Memory::Allocation *Memory::find(uint64_t address) const {
  auto after = allocations.upper_bound(address);
  if (after == allocations.begin())
    return nullptr;
  const Allocation &allocation = std::prev(after)->second;
  return address - allocation.address < allocation.size ? &allocation : nullptr;
}

uint8_t *Memory::translate(uint64_t address, uint64_t size) const {
  const Allocation *allocation = find(address);
  if (!allocation || size > allocation->size ||
      address - allocation->address > allocation->size - size)
    return nullptr;
  return allocation->bytes + (address - allocation->address);
}

} // namespace attn::ptx
