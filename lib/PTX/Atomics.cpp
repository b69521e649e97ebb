//===- Atomics.cpp - atom and red -----------------------------------------===//

#include "Access.h"
#include "Elementwise.h"

#include <cmath>

namespace attn::ptx {

namespace {

enum class AtomicOp {
  Add,
  Min,
  Max,
  Inc,
  Dec,
  And,
  Or,
  Xor,
  Exchange,
  CompareAndSwap
};

struct Atomic : Detail {
  bool inSharedSpace = false;
  bool returns = true;
};

template <class E> auto widen(E value) {
  if constexpr (isNarrow<E>)
    return E::widen(value);
  else
    return value;
}

template <AtomicOp op, class E> E combine(E old, E b, E c) {
  if constexpr (op == AtomicOp::Exchange)
    return b;
  else if constexpr (op == AtomicOp::CompareAndSwap)
    return std::memcmp(&old, &b, sizeof old) == 0 ? c : old;
  else if constexpr (isNarrow<E>) {
    float x = E::widen(old), y = E::widen(b);
    return E::narrow(op == AtomicOp::Add   ? x + y
                     : op == AtomicOp::Min ? std::fmin(x, y)
                                           : std::fmax(x, y));
  } else if constexpr (op == AtomicOp::Add) {
    if constexpr (std::is_integral_v<E>)
      return E(uint64_t(old) + uint64_t(b));
    else
      return old + b;
  } else if constexpr (op == AtomicOp::Min)
    return b < old ? b : old;
  else if constexpr (op == AtomicOp::Max)
    return old < b ? b : old;
  else if constexpr (std::is_integral_v<E>) {
    if constexpr (op == AtomicOp::Inc)
      return old >= b ? E(0) : E(old + 1);
    else if constexpr (op == AtomicOp::Dec)
      return old == 0 || old > b ? b : E(old - 1);
    else if constexpr (op == AtomicOp::And)
      return old & b;
    else if constexpr (op == AtomicOp::Or)
      return old | b;
    else
      return old ^ b;
  }
}

/// Lane after lane; `perLane` elements of a packed type each on their own.
template <AtomicOp op, class E, unsigned perLane>
void atomic(Warp &warp, const Instruction &i, Mask mask) {
  const auto &how = i.as<Atomic>();
  constexpr uint32_t size = sizeof(E) * perLane;
  E *result = how.returns ? warp.at<E>(i.destination) : nullptr;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    uint8_t *bytes = access(warp, i, lane, warp.address(i, lane), size, size,
                            Use::Both, how.inSharedSpace, true);
    E old[perLane], next[perLane];
    std::memcpy(old, bytes, size);
    for (unsigned n = 0; n < perLane; ++n)
      next[n] = combine<op>(old[n], warp.at<E>(i.b)[lane * perLane + n],
                            warp.at<E>(i.c)[lane * perLane + n]);
    std::memcpy(bytes, next, size);
    if (result)
      std::memcpy(result + lane * perLane, old, size);
  }
  // Another warp may wait for it in a loop.
  ++warp.block.progress;
}

template <AtomicOp op> Handler floatAtomic(Type type) {
  if (type.bits == 32 && type.elements == 2)
    return nullptr;
  bool packed = type.elements == 2;
  if (type.kind == Kind::BFloat)
    return packed ? atomic<op, BFloat, 2> : atomic<op, BFloat, 1>;
  if (type.bits == 16)
    return packed ? atomic<op, Half, 2> : atomic<op, Half, 1>;
  return type.bits == 32 ? atomic<op, float, 1> : atomic<op, double, 1>;
}

template <AtomicOp op> Handler integerAtomic(Type type) {
  bool isSigned = type.kind == Kind::Signed;
  if (type.elements != 1 || type.bits < 16)
    return nullptr;
  if (type.bits == 16)
    return atomic<op, uint16_t, 1>;
  if (type.bits == 32)
    return isSigned ? atomic<op, int32_t, 1> : atomic<op, uint32_t, 1>;
  return isSigned ? atomic<op, int64_t, 1> : atomic<op, uint64_t, 1>;
}

template <AtomicOp op> Handler eitherAtomic(Type type) {
  return type.isFloat() ? floatAtomic<op>(type) : integerAtomic<op>(type);
}

struct NamedOp {
  const char *name;
  Handler (*handler)(Type);
};
constexpr NamedOp namedOps[] = {
    {"add", eitherAtomic<AtomicOp::Add>},
    {"min", eitherAtomic<AtomicOp::Min>},
    {"max", eitherAtomic<AtomicOp::Max>},
    {"inc", integerAtomic<AtomicOp::Inc>},
    {"dec", integerAtomic<AtomicOp::Dec>},
    {"and", integerAtomic<AtomicOp::And>},
    {"or", integerAtomic<AtomicOp::Or>},
    {"xor", integerAtomic<AtomicOp::Xor>},
    {"exch", integerAtomic<AtomicOp::Exchange>},
    {"cas", integerAtomic<AtomicOp::CompareAndSwap>},
};

template <bool returns> void decodeAtomic(Decoder &decoder) {
  Words &words = decoder.words;
  Type type = words.takeType();
  auto how = std::make_shared<Atomic>();
  how->inSharedSpace = takeSpace(words);
  how->returns = returns;
  words.skip({"relaxed", "acquire", "release", "acq_rel", "sys", "gpu", "cta",
              "cluster", "noftz", "async"});
  Handler handler = nullptr;
  bool swaps = false;
  for (const NamedOp &named : namedOps)
    if (!handler && words.take(named.name)) {
      handler = named.handler(type);
      swaps = std::string_view(named.name) == "cas";
    }
  if (!handler)
    words.fail("an operation");
  size_t next = returns ? 1 : 0;
  decoder.address(next++);
  Instruction &i = decoder.instruction;
  i.b = i.c = decoder.source(next++, type);
  if (swaps)
    i.c = decoder.source(next++, type);
  if (returns)
    i.destination = decoder.destination(0, type);
  i.detail = how;
  decoder.emit(handler);
}

} // namespace

void addAtomics(DecodeTable &table) {
  table["atom"] = decodeAtomic<true>;
  table["red"] = decodeAtomic<false>;
}

} // namespace attn::ptx
