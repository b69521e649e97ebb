//===- Block.cpp - The threads that share a memory ------------------------===//

#include "Block.h"

namespace attn::ptx {

static uint32_t alignUp(uint32_t value, uint32_t align) {
  return (value + align - 1) / align * align;
}

Block::Block(const Kernel &kernel, Memory &memory, Size3 grid, Size3 size,
             Size3 position, uint32_t dynamicShared,
             const std::vector<uint8_t> &parameters,
             const LaunchOptions &options)
    : code(kernel.getCode()), memory(memory), grid(grid), size(size),
      position(position), dynamicShared(dynamicShared), options(options),
      parameters(parameters),
      shared(alignUp(firstSharedAddress + code.sharedBytes, code.sharedAlign) +
                 dynamicShared,
             (size.count() + warpSize - 1) / warpSize,
             options.watchSharedMemory),
      random(options.seed * 7919 + position.x * 31 + position.y * 131 +
             position.z * 1031) {
  unsigned threads = size.count();
  for (unsigned first = 0; first < threads; first += warpSize) {
    Mask lanes = threads - first >= warpSize
                     ? allLanes
                     : (Mask(1) << (threads - first)) - 1;
    warps.push_back(std::make_unique<Warp>(*this, warps.size(), lanes));
  }
  nextAgent = warps.size();
}

unsigned Block::liveThreads() const {
  unsigned threads = 0;
  for (const auto &warp : warps)
    threads += warp->isDone() ? 0 : warpSize;
  return threads;
}

void Block::start(std::shared_ptr<AsyncCopy> copy) {
  if (options.order == Order::Eager)
    copy->complete(*this);
  else
    pending.push_back(std::move(copy));
}

/// Does one of the copies that wait, if the order allows it now. Those that a
/// wait has already done are forgotten.
bool Block::completeSome(bool nothingElse) {
  pending.erase(std::remove_if(pending.begin(), pending.end(),
                               [](const auto &copy) { return copy->isDone(); }),
                pending.end());
  if (pending.empty())
    return false;
  size_t chosen = 0;
  if (options.order == Order::Random) {
    if (!nothingElse && random() % 4)
      return false;
    chosen = random() % pending.size();
  } else if (!nothingElse) {
    return false;
  } else if (options.order == Order::Hold) {
    chosen = pending.size() - 1;
  }
  std::shared_ptr<AsyncCopy> copy = pending[chosen];
  pending.erase(pending.begin() + chosen);
  copy->complete(*this);
  ++progress;
  return true;
}

Warp *Block::pick() {
  std::vector<Warp *> able;
  for (const auto &warp : warps)
    if (!warp->isDone() && warp->canRun())
      able.push_back(warp.get());
  if (able.empty())
    return nullptr;
  if (options.order == Order::Random || options.order == Order::Hold)
    return able[random() % able.size()];
  for (Warp *warp : able) // in turn
    if (warp->id > lastPicked) {
      lastPicked = warp->id;
      return warp;
    }
  lastPicked = able[0]->id;
  return able[0];
}

void Block::run() {
  bool isRandom =
      options.order == Order::Random || options.order == Order::Hold;
  uint64_t spent = 0;
  while (liveThreads()) {
    if (!pending.empty() && completeSome(false))
      continue;
    Warp *warp = pick();
    if (!warp) {
      if (!completeSome(true))
        reportDeadlock();
      continue;
    }
    if (options.order == Order::Random && code.usesWgmma)
      completeWgmmaAtRandom();
    uint64_t before = warp->steps;
    warp->run(isRandom ? 1 + random() % 400 : 256);
    spent += warp->steps - before;
    if (spent > options.maximumSteps)
      throw Error(0, "expected an end of " + code.name + " within " +
                         std::to_string(options.maximumSteps) +
                         " instructions");
    if (warp->isDone())
      for (NamedBarrier &barrier : barriers)
        completeBarrierIfFull(barrier);
  }
  finish();
}

void Block::finish() {
  if (!pending.empty() && completeSome(true))
    throw Error(0, "a copy is in flight at the exit of " + code.name);
  for (const auto &warp : warps)
    for (const CopyGroups::Lane &lane : warp->copies.bulk)
      if (!lane.open.empty() || !lane.committed.empty())
        throw Error(0, "a bulk copy still reads shared memory at the exit of " +
                           code.name + ": expected cp.async.bulk.wait_group");
  uint64_t issued = 0;
  for (const auto &warp : warps) {
    if (!warp->wgmma.open.empty() || !warp->wgmma.committed.empty())
      throw Error(0, "a wgmma is in flight at the exit of " + code.name +
                         ": expected wgmma.wait_group");
    steps += warp->steps;
    laneSteps += warp->laneSteps;
    if (warp->id % 4 == 0)
      issued = warp->wgmma.issued;
    else if (warp->wgmma.issued != issued)
      throw Error(0, "expected the warps of a warpgroup to execute the same "
                     "wgmma, got " +
                         std::to_string(warp->wgmma.issued) + " in warp " +
                         std::to_string(warp->id) + " and " +
                         std::to_string(issued) + " in the group's first");
  }
}

void Block::reportDeadlock() {
  uint32_t line = 0;
  std::string waiting;
  for (const auto &warp : warps) {
    std::string divergence = warp->describeDivergence(line);
    if (!divergence.empty())
      throw Error(line, divergence);
    waiting += warp->describe();
  }
  throw Error(0,
              "deadlock: every warp waits, and nothing is in flight" + waiting);
}

uint8_t *Block::translate(Warp &warp, unsigned lane, uint64_t address,
                          uint32_t bytes) {
  uint64_t inside = address & ~window::space;
  auto within = [&](uint64_t size) {
    return inside <= size && bytes <= size - inside;
  };
  switch (address & window::space) {
  case window::local:
    return within(code.localBytes) ? warp.local(lane) + inside : nullptr;
  case window::parameter:
    return within(parameters.size()) ? parameters.data() + inside : nullptr;
  default:
    if (!recent || address - recent->address >= recent->size)
      recent = memory.find(address);
    if (!recent || bytes > recent->size - (address - recent->address))
      return nullptr;
    return recent->bytes + (address - recent->address);
  }
}

bool Block::isConstant(uint64_t address) const {
  uint64_t space = address & window::space;
  if (space == window::local || space == window::parameter)
    return space == window::parameter;
  return recent && recent->isConstant;
}

void Block::acquire(Warp &warp, uint32_t address) {
  warp.knowledge.join(atomics[address]);
}

void Block::release(Warp &warp, uint32_t address) {
  atomics[address].join(warp.knowledge);
  warp.knowledge.tick(warp.id);
}

void Block::completePhaseIfDone(MBarrier &barrier) {
  if (barrier.pending || barrier.bytes)
    return;
  ++barrier.phase;
  barrier.pending = barrier.expected;
  barrier.completed.join(barrier.arriving);
  ++progress;
}

void Block::bringBytes(MBarrier &barrier, uint32_t bytes) {
  barrier.bytes -= bytes;
  barrier.arriving.see(barrier.agent, barrier.phase + 1);
  completePhaseIfDone(barrier);
}

void Block::completeBarrierIfFull(NamedBarrier &barrier) {
  if (!barrier.arrived)
    return;
  uint32_t expected = barrier.expected ? barrier.expected : liveThreads();
  if (barrier.arrived < expected)
    return;
  barrier.arrived = 0;
  barrier.lastVotes = barrier.votes;
  barrier.lastVoters = barrier.voters;
  barrier.votes = barrier.voters = 0;
  ++barrier.generation;
  barrier.completed = barrier.arriving;
  ++progress;
}

} // namespace attn::ptx
