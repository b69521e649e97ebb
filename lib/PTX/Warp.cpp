//===- Warp.cpp - Thirty-two threads --------------------------------------===//

#include "Warp.h"

#include "Block.h"

#include <algorithm>

namespace attn::ptx {

/// A fragment that has gone on for so long lets others go on.
static constexpr uint64_t longest = 1 << 16;

Warp::Warp(Block &block, unsigned id, Mask lanes)
    : block(block), code(block.code), id(id), file(code.fileBytes),
      localMemory(size_t(code.localBytes) * warpSize, 0xff),
      fragments{{lanes, 0}}, liveLanes(lanes) {
  knowledge.tick(id);
  if (code.usesWgmma) {
    wgmma.writers.resize(code.registerNames.size());
    wgmma.readers.resize(code.registerNames.size());
    wgmma.written.resize(code.registerNames.size());
  }
  fillConstants();
}

void Warp::meet(Mask lanes) {
  if (apart & ~lanes)
    return;
  apart = 0;
  met = knowledge.time(id);
  knowledge.tick(id);
}

Knowledge Warp::passedOn(Mask lanes) const {
  return apart & ~lanes ? knowledge.upTo(id, met) : knowledge;
}

static uint64_t specialValue(Special special, const Block &block, Warp &warp,
                             unsigned lane) {
  unsigned thread = warp.thread(lane);
  Size3 size = block.size;
  switch (special) {
  case Special::TidX:
    return thread % size.x;
  case Special::TidY:
    return thread / size.x % size.y;
  case Special::TidZ:
    return thread / size.x / size.y;
  case Special::NtidX:
    return size.x;
  case Special::NtidY:
    return size.y;
  case Special::NtidZ:
    return size.z;
  case Special::CtaidX:
    return block.position.x;
  case Special::CtaidY:
    return block.position.y;
  case Special::CtaidZ:
    return block.position.z;
  case Special::NctaidX:
    return block.grid.x;
  case Special::NctaidY:
    return block.grid.y;
  case Special::NctaidZ:
    return block.grid.z;
  case Special::LaneId:
    return lane;
  case Special::WarpId:
    return warp.id;
  case Special::NWarpId:
    return (block.threads() + warpSize - 1) / warpSize;
  case Special::One:
    return 1;
  case Special::LaneMaskEq:
    return Mask(1) << lane;
  case Special::LaneMaskLt:
    return (Mask(1) << lane) - 1;
  case Special::LaneMaskLe:
    return (Mask(2) << lane) - 1;
  case Special::LaneMaskGe:
    return ~((Mask(1) << lane) - 1);
  case Special::LaneMaskGt:
    return ~((Mask(2) << lane) - 1);
  case Special::DynamicSharedSize:
    return block.dynamicShared;
  case Special::TotalSharedSize:
    return block.shared.end();
  case Special::None:
  case Special::Zero:
    return 0;
  }
  return 0;
}

/// Gives each lane its value, a `T`.
template <class T> static void fill(Warp &warp, const Constant &constant) {
  T *values = warp.at<T>(constant.at);
  std::fill_n(values, warpSize, T(constant.bits));
  if (constant.special == Special::None)
    return;
  for (unsigned lane = 0; lane < warpSize; ++lane)
    values[lane] = specialValue(constant.special, warp.block, warp, lane);
}

void Warp::fillConstants() {
  for (const Constant &constant : code.constants)
    switch (constant.bytes) {
    case 0:
      predicate(constant.at) = constant.bits ? allLanes : 0;
      break;
    case 1:
      fill<uint8_t>(*this, constant);
      break;
    case 2:
      fill<uint16_t>(*this, constant);
      break;
    case 4:
      fill<uint32_t>(*this, constant);
      break;
    default:
      fill<uint64_t>(*this, constant);
    }
}

Mask Warp::activeLanes(const Instruction &i, Mask lanes) {
  if (i.guard == Instruction::none)
    return lanes;
  Mask guard = predicate(i.guard);
  return lanes & (i.guardNegated ? ~guard : guard);
}

Mask Warp::requiredLanes(const Instruction &i, Mask active) {
  if (i.gather == Gather::WholeWarp)
    return liveLanes;
  Mask required = 0;
  if (i.gather == Gather::Members)
    for (Mask rest = active; rest; rest &= rest - 1)
      required |= at<uint32_t>(i.members)[__builtin_ctz(rest)];
  return required & liveLanes;
}

bool Warp::isGathered(const Fragment &fragment) {
  const Instruction &i = code.instructions[fragment.next];
  if (i.gather == Gather::None)
    return true;
  Mask active = activeLanes(i, fragment.lanes);
  return !active || !(requiredLanes(i, active) & ~fragment.lanes);
}

void Warp::wake(Fragment &fragment) {
  if (fragment.state == Fragment::State::Spinning &&
      fragment.stamp != block.progress)
    fragment.state = Fragment::State::Ready;
  if (fragment.state == Fragment::State::AtBarrier) {
    const NamedBarrier &barrier = block.barriers[fragment.barrier];
    if (barrier.generation != fragment.stamp) {
      fragment.state = Fragment::State::Ready;
      knowledge.join(barrier.completed);
    }
  }
}

void Warp::merge() {
  for (size_t a = 0; a < fragments.size(); ++a)
    for (size_t b = a + 1; b < fragments.size();) {
      Fragment &first = fragments[a], &second = fragments[b];
      if (first.next != second.next || first.state != second.state ||
          first.state != Fragment::State::Ready) {
        ++b;
        continue;
      }
      first.lanes |= second.lanes;
      fragments.erase(fragments.begin() + b);
    }
}

/// The fragment to go on with: the first in the text, so that the others meet
/// it; another one when that has gone on for long.
Fragment *Warp::choose() {
  for (Fragment &fragment : fragments)
    if (fragment.state != Fragment::State::Ready)
      wake(fragment);
  if (fragments.size() > 1)
    merge();
  Fragment *best = nullptr;
  bool another = sinceSwitch > longest;
  for (Fragment &fragment : fragments) {
    if (fragment.state != Fragment::State::Ready || !isGathered(fragment))
      continue;
    if (!best ||
        (another ? fragment.next > best->next : fragment.next < best->next))
      best = &fragment;
  }
  if (another && fragments.size() > 1)
    sinceSwitch = 0;
  return best;
}

void Warp::run(uint64_t budget) {
  yielded = false;
  while (budget-- && !yielded && liveLanes) {
    Fragment *fragment = fragments.size() == 1 ? &fragments[0] : choose();
    if (!fragment)
      return;
    if (fragments.size() == 1 &&
        (fragment->state != Fragment::State::Ready || !isGathered(*fragment)))
      return;
    execute(*fragment);
  }
}

/// A register that a wgmma uses is not to be touched, nor read while it is
/// written.
static void checkBusy(Warp &warp, const Instruction &i) {
  auto fail = [&](uint32_t index, const char *what) {
    warp.fail(i, "register " + warp.code.registerNames[index] + what);
  };
  for (uint32_t index : i.reads)
    if (warp.wgmma.writers[index])
      fail(index, " is read while a wgmma writes it");
  for (uint32_t index : i.writes)
    if (warp.wgmma.writers[index] || warp.wgmma.readers[index])
      fail(index, " is written while a wgmma uses it");
}

static void noteWrites(Warp &warp, const Instruction &i) {
  WgmmaQueue &queue = warp.wgmma;
  uint64_t when = ++queue.now;
  if (i.isMove && !i.reads.empty())
    when = queue.written[i.reads[0]];
  for (uint32_t index : i.writes)
    queue.written[index] = when;
}

void Warp::execute(Fragment &fragment) {
  const Instruction &i = code.instructions[fragment.next];
  Mask active = activeLanes(i, fragment.lanes);
  if (Mask missing = active ? requiredLanes(i, active) & ~active : 0)
    fail(i, "expected all lanes that it is for, got " +
                std::to_string(__builtin_popcount(active)) + " without lane " +
                std::to_string(__builtin_ctz(missing)));
  ++fragment.next;
  ++steps;
  ++sinceSwitch;
  laneSteps += __builtin_popcount(fragment.lanes);
  if (!active)
    return;
  current = &fragment - fragments.data();
  if (code.usesWgmma) {
    if (wgmma.busy)
      checkBusy(*this, i);
    noteWrites(*this, i);
  }
  if (i.gather == Gather::Members)
    executeByMembers(i, active);
  else
    i.handler(*this, i, active);
}

/// Lanes that name different members are groups of their own.
void Warp::executeByMembers(const Instruction &i, Mask active) {
  while (active) {
    const uint32_t *members = at<uint32_t>(i.members);
    uint32_t first = members[__builtin_ctz(active)];
    Mask group = 0;
    for (Mask rest = active; rest; rest &= rest - 1)
      if (members[__builtin_ctz(rest)] == first)
        group |= rest & -rest;
    if ((first & liveLanes) != group)
      fail(i, "expected the lanes that execute it to be those of their "
              "membermask");
    i.handler(*this, i, group);
    active &= ~group;
  }
}

void Warp::branch(Mask lanes, uint32_t target) {
  Fragment &fragment = fragments[current];
  if (lanes == fragment.lanes) {
    fragment.next = target;
    return;
  }
  fragment.lanes &= ~lanes;
  fragments.push_back({lanes, target});
}

void Warp::exit(Mask lanes) {
  Fragment &fragment = fragments[current];
  fragment.lanes &= ~lanes;
  liveLanes &= ~lanes;
  if (!fragment.lanes)
    fragments.erase(fragments.begin() + current);
  block.exitLanes();
}

void Warp::waitAtBarrier(unsigned barrier, uint64_t generation) {
  Fragment &fragment = fragments[current];
  fragment.state = Fragment::State::AtBarrier;
  fragment.barrier = barrier;
  fragment.stamp = generation;
}

void Warp::spin() {
  Fragment &fragment = fragments[current];
  fragment.state = Fragment::State::Spinning;
  fragment.stamp = block.progress;
}

void Warp::noteWait(uint32_t mbarrier, uint64_t awaited) {
  fragments[current].mbarrier = mbarrier;
  fragments[current].awaited = awaited;
}

static std::string describePosition(const Block &block, unsigned warp) {
  Size3 at = block.position;
  return "block (" + std::to_string(at.x) + ", " + std::to_string(at.y) + ", " +
         std::to_string(at.z) + "), warp " + std::to_string(warp);
}

void Warp::fail(const Instruction &i, const std::string &what) const {
  throw Error(i.line, code.opcodes[i.opcode] + ": " + what + "; " +
                          describePosition(block, id) + " of " + code.name);
}

static std::string describeWait(const Block &block, const Fragment &fragment) {
  auto found = block.mbarriers.find(fragment.mbarrier);
  if (fragment.state != Fragment::State::Spinning ||
      found == block.mbarriers.end())
    return {};
  const MBarrier &barrier = found->second;
  return ", for " + std::to_string(fragment.awaited) +
         " of the mbarrier at shared address " +
         std::to_string(fragment.mbarrier) + ", which is in phase " +
         std::to_string(barrier.phase) + " and misses " +
         std::to_string(barrier.pending) + " arrivals and " +
         std::to_string(barrier.bytes) + " bytes";
}

std::string Warp::describe() {
  std::string text;
  for (const Fragment &fragment : fragments) {
    // Waiting instructions have been executed; the others come next.
    bool waits = fragment.state != Fragment::State::Ready;
    const Instruction &i = code.instructions[fragment.next - waits];
    text += "\n  warp " + std::to_string(id) + " at line " +
            std::to_string(i.line) + ": " + code.opcodes[i.opcode];
    if (fragment.lanes != allLanes)
      text +=
          ", " + std::to_string(__builtin_popcount(fragment.lanes)) + " lanes";
    text += describeWait(block, fragment);
  }
  return text;
}

std::string Warp::describeDivergence(uint32_t &line) {
  for (const Fragment &fragment : fragments) {
    const Instruction &i = code.instructions[fragment.next];
    if (fragment.state != Fragment::State::Ready || isGathered(fragment))
      continue;
    line = i.line;
    return code.opcodes[i.opcode] +
           ": expected all lanes that it is for, got " +
           std::to_string(__builtin_popcount(fragment.lanes)) +
           " while others are elsewhere; " + describePosition(block, id) +
           " of " + code.name;
  }
  return {};
}

} // namespace attn::ptx
