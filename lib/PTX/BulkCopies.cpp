//===- BulkCopies.cpp - cp.async.bulk: TMA, by the async proxy ------------===//

#include "BulkCopies.h"

#include "attn/PTX/TensorMap.h"

#include "Access.h"
#include "MBarriers.h"

#include <algorithm>

namespace attn::ptx {

namespace {

constexpr uint32_t chunk = 16; // bytes that stay together

/// 16 bytes of shared memory, and where they lie in global memory: element
/// by element, some of which may lie outside of the tensor.
struct Part {
  uint32_t shared = 0;
  uint64_t global = 0;
  uint32_t valid = chunk; // bytes from the first on
  uint32_t skipped = 0;   // bytes before the first valid one
};

/// What a copy moves, and in which direction.
struct Plan {
  std::vector<Part> parts;
  uint32_t bytes = 0;
  uint8_t fill = 0;
};

/// A dense piece of memory.
Plan planDense(uint32_t shared, uint64_t global, uint32_t bytes) {
  Plan plan;
  plan.bytes = bytes;
  for (uint32_t at = 0; at < bytes; at += chunk)
    plan.parts.push_back({shared + at, global + at, chunk, 0});
  return plan;
}

/// The valid bytes of a run of elements of the first dimension.
void clip(Part &part, const TensorMap &map, int64_t first, bool outside) {
  int64_t elements = chunk / map.elementBytes;
  int64_t low = std::max<int64_t>(first, 0);
  int64_t high = std::min<int64_t>(first + elements, map.size(0));
  if (outside || low >= high) {
    part.valid = 0;
    return;
  }
  part.skipped = (low - first) * map.elementBytes;
  part.valid = (high - low) * map.elementBytes;
  part.global += low * map.elementBytes;
}

/// A box of a tensor: rows of its first dimension, one behind the other.
Plan planTensor(const TensorMap &map, const int32_t *corner, uint32_t shared) {
  Plan plan;
  plan.bytes = map.boxBytes();
  plan.fill = map.fillsNan ? 0xff : 0;
  uint32_t rowBytes = map.count(0) * map.elementBytes;
  uint32_t rows = plan.bytes / rowBytes;
  for (uint32_t row = 0; row < rows; ++row) {
    uint64_t global = map.address;
    bool outside = false;
    uint32_t rest = row;
    for (unsigned dimension = 1; dimension < map.rank; ++dimension) {
      uint32_t count = map.count(dimension);
      int64_t index = corner[dimension] +
                      int64_t(rest % count) * map.elementStrides[dimension];
      rest /= count;
      outside |= index < 0 || uint64_t(index) >= map.size(dimension);
      global += uint64_t(index) * map.stride(dimension);
    }
    for (uint32_t at = 0; at < rowBytes; at += chunk) {
      Part part{swizzleAddress(shared + row * rowBytes + at, map.swizzle),
                global, chunk, 0};
      clip(part, map, corner[0] + int64_t(at) / map.elementBytes, outside);
      plan.parts.push_back(part);
    }
  }
  return plan;
}

/// To and from global memory, part by part.
class BulkCopy : public AsyncCopy {
public:
  BulkCopy(Warp &warp, const Instruction &i, Plan plan)
      : warp(warp), instruction(i), plan(std::move(plan)) {}

protected:
  uint8_t *global(Block &block, const Part &part) const {
    uint8_t *bytes = block.memory.translate(part.global, part.valid);
    if (!bytes)
      warp.fail(instruction, "out of bounds: " + std::to_string(part.valid) +
                                 " bytes at global address " +
                                 std::to_string(part.global));
    return bytes;
  }

  Warp &warp;
  const Instruction &instruction;
  Plan plan;
};

class BulkLoad : public BulkCopy {
public:
  BulkLoad(Warp &warp, const Instruction &i, Plan plan, uint32_t barrier)
      : BulkCopy(warp, i, std::move(plan)), barrier(barrier) {}

private:
  void transfer(Block &block) override {
    auto found = block.mbarriers.find(barrier);
    if (found == block.mbarriers.end())
      warp.fail(instruction, "its mbarrier is gone before it completes");
    MBarrier &completes = found->second;
    for (const Part &part : plan.parts) {
      uint8_t *to = block.shared.at(part.shared);
      std::memset(to, plan.fill, chunk);
      if (part.valid)
        std::memcpy(to + part.skipped, global(block, part), part.valid);
      block.shared.endWrite({completes.agent,
                             static_cast<uint32_t>(completes.phase + 1),
                             instruction.line},
                            true, part.shared, chunk);
    }
    block.bringBytes(completes, plan.bytes);
  }

  uint32_t barrier;
};

class BulkStore : public BulkCopy {
public:
  using BulkCopy::BulkCopy;

  void retire(Warp &warp) override { releaseSource(warp); }
  void releaseSource(Warp &warp) override {
    complete(warp.block);
    if (released)
      return;
    released = true;
    for (const Part &part : plan.parts)
      warp.block.shared.endRead(warp.accessor(instruction), part.shared, chunk);
  }

private:
  void transfer(Block &block) override {
    for (const Part &part : plan.parts)
      if (part.valid)
        std::memcpy(global(block, part),
                    block.shared.at(part.shared) + part.skipped, part.valid);
  }

  bool released = false;
};

/// Operands: `a` the mbarrier or nothing, `b` the address in shared memory,
/// `c` the map or the global address, `list` the corner or the size.
struct Bulk : Detail {
  bool isTensor = false;
  unsigned rank = 0;
};

TensorMap readMap(Warp &warp, const Instruction &i, unsigned lane) {
  uint64_t address = warp.at<uint64_t>(i.c)[lane];
  if (address % 64)
    warp.fail(i, "misaligned: expected a tensor map aligned to 64 bytes");
  const uint8_t *bytes =
      access(warp, i, lane, address, 128, 64, Use::Read, false, false);
  TensorMap map;
  std::memcpy(&map, bytes, sizeof map);
  if (!map.isValid())
    warp.fail(i, "expected a tensor map at address " + std::to_string(address));
  if (map.rank != i.as<Bulk>().rank)
    warp.fail(i, "expected a tensor map of rank " +
                     std::to_string(i.as<Bulk>().rank) + ", got " +
                     std::to_string(map.rank));
  return map;
}

Plan makePlan(Warp &warp, const Instruction &i, unsigned lane) {
  uint64_t shared = warp.at<uint64_t>(i.b)[lane];
  if (!i.as<Bulk>().isTensor) {
    uint32_t bytes = warp.at<uint32_t>(i.list[0])[lane];
    uint64_t global = warp.at<uint64_t>(i.c)[lane];
    if (bytes % chunk || global % chunk)
      warp.fail(i, "misaligned: expected an address and a size that are "
                   "multiples of 16 bytes, got " +
                       std::to_string(global) + " and " +
                       std::to_string(bytes));
    return planDense(sharedAddress(warp, i, shared, bytes, chunk), global,
                     bytes);
  }
  TensorMap map = readMap(warp, i, lane);
  int32_t corner[5] = {};
  for (size_t dimension = 0; dimension < i.list.size(); ++dimension)
    corner[dimension] = warp.at<int32_t>(i.list[dimension])[lane];
  return planTensor(map, corner,
                    sharedAddress(warp, i, shared, map.boxBytes(), 128));
}

/// A swizzle may reach beyond the bytes of the box.
void checkPlaces(Warp &warp, const Instruction &i, const Plan &plan) {
  for (const Part &part : plan.parts)
    warp.check(i, warp.block.shared.checkAddress(part.shared, chunk, chunk));
}

void load(Warp &warp, const Instruction &i, Mask mask) {
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    uint64_t address = warp.address(i, lane);
    MBarrier &barrier = findMBarrier(warp, i, address);
    if (!barrier.isInitializationFenced &&
        !warp.knowledge.hasFenced(barrier.initializer, barrier.initialized))
      warp.fail(i, "expected fence.mbarrier_init or fence.proxy.async between "
                   "mbarrier.init and a copy that completes on it");
    Plan plan = makePlan(warp, i, lane);
    checkPlaces(warp, i, plan);
    for (const Part &part : plan.parts)
      warp.check(i, warp.block.shared.beginWrite(warp.accessor(i), part.shared,
                                                 chunk, true));
    warp.block.start(std::make_shared<BulkLoad>(
        warp, i, std::move(plan), sharedAddress(warp, i, address, 8, 8)));
  }
}

void store(Warp &warp, const Instruction &i, Mask mask) {
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    Plan plan = makePlan(warp, i, lane);
    for (const Part &part : plan.parts)
      warp.check(
          i, warp.block.shared.beginRead(warp.accessor(i), part.shared, chunk));
    auto started = std::make_shared<BulkStore>(warp, i, std::move(plan));
    warp.copies.bulk[lane].open.push_back(started);
    warp.block.start(started);
  }
}

void commit(Warp &warp, const Instruction &, Mask mask) {
  for (unsigned lane = 0; lane < warpSize; ++lane)
    if (mask >> lane & 1) {
      CopyGroups::Lane &groups = warp.copies.bulk[lane];
      groups.committed.push_back(std::move(groups.open));
      groups.open.clear();
    }
}

/// `.read`, which is `target`, only waits until the sources are free.
void wait(Warp &warp, const Instruction &i, Mask mask) {
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    auto &groups = warp.copies.bulk[lane].committed;
    while (groups.size() > size_t(i.offset)) {
      for (const auto &copy : groups.front())
        i.target ? copy->releaseSource(warp) : copy->retire(warp);
      groups.pop_front();
    }
  }
}

const Type u32{Kind::Unsigned, 32, 1};

/// An address of any width as 64 bits, its offset added.
uint32_t fullAddress(Decoder &decoder, const Operand &operand) {
  decoder.address(operand);
  decoder.addOffset();
  return decoder.instruction.a;
}

/// `[map, {x, y}]`, or `[global]` and a size.
void decodeGlobal(Decoder &decoder, Bulk &bulk, const Operand &operand) {
  Instruction &i = decoder.instruction;
  i.c = fullAddress(decoder, operand);
  if (!bulk.isTensor)
    return;
  if (operand.elements.size() != 2 ||
      operand.elements[1].elements.size() != bulk.rank)
    decoder.fail("expected a tensor map and " + std::to_string(bulk.rank) +
                 " coordinates in brackets");
  i.list = decoder.sources(operand.elements[1], {Kind::Signed, 32, 1});
}

void decodeLoad(Decoder &decoder, std::shared_ptr<Bulk> bulk) {
  Instruction &i = decoder.instruction;
  if (!decoder.words.take("mbarrier::complete_tx::bytes"))
    decoder.words.fail("'.mbarrier::complete_tx::bytes'");
  i.b = fullAddress(decoder, decoder.operand(0));
  decodeGlobal(decoder, *bulk, decoder.operand(1));
  size_t next = 2;
  if (!bulk->isTensor)
    i.list = {decoder.source(next++, u32)};
  decoder.address(next);
  i.detail = bulk;
  decoder.emit(load);
}

void decodeStore(Decoder &decoder, std::shared_ptr<Bulk> bulk) {
  Instruction &i = decoder.instruction;
  if (!decoder.words.take("bulk_group"))
    decoder.words.fail("'.bulk_group'");
  decodeGlobal(decoder, *bulk, decoder.operand(0));
  i.b = fullAddress(decoder, decoder.operand(1));
  if (!bulk->isTensor)
    i.list = {decoder.source(2, u32)};
  i.detail = bulk;
  decoder.emit(store);
}

} // namespace

void decodeBulkCopy(Decoder &decoder) {
  Words &words = decoder.words;
  Instruction &i = decoder.instruction;
  if (words.take("commit_group"))
    return decoder.emit(commit);
  if (words.take("wait_group")) {
    i.target = words.take("read");
    i.offset = decoder.immediate(0);
    return decoder.emit(wait);
  }
  auto bulk = std::make_shared<Bulk>();
  bulk->isTensor = words.take("tensor");
  for (unsigned rank = 1; bulk->isTensor && rank <= 5; ++rank)
    if (words.take(std::to_string(rank) + "d"))
      bulk->rank = rank;
  if (words.take("prefetch")) {
    words.skip({"L2", "global", "tile", "L2::cache_hint"});
    return decoder.emit([](Warp &, const Instruction &, Mask) {});
  }
  words.skip({"tile", "L2::cache_hint"});
  // The destination comes first.
  bool toGlobal = decoder.statement.opcode().find(".global.shared::cta") !=
                  std::string::npos;
  if (!words.take("global") ||
      words.takeOne({"shared::cluster", "shared::cta"}).empty())
    words.fail("'.global' and '.shared::cta' or '.shared::cluster'");
  toGlobal ? decodeStore(decoder, bulk) : decodeLoad(decoder, bulk);
}

void addAsyncCopies(DecodeTable &table) {
  table["cp"] = [](Decoder &decoder) {
    if (!decoder.words.take("async"))
      decoder.words.fail("'.async'");
    decoder.words.take("bulk") ? decodeBulkCopy(decoder)
                               : decodePlainAsyncCopy(decoder);
  };
}

} // namespace attn::ptx
