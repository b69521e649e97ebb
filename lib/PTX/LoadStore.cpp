//===- LoadStore.cpp - ld and st ------------------------------------------===//

#include "Access.h"

namespace attn::ptx {

namespace {

struct LoadStore : Detail {
  bool inSharedSpace = false;
  bool synchronizes = false;
};

template <class T> void load(Warp &warp, const Instruction &i, Mask mask) {
  const auto &how = i.as<LoadStore>();
  const uint32_t size = sizeof(T) * i.list.size();
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    const uint8_t *from =
        access(warp, i, lane, warp.address(i, lane), size, size, Use::Read,
               how.inSharedSpace, how.synchronizes);
    for (size_t number = 0; number < i.list.size(); ++number)
      std::memcpy(warp.at<T>(i.list[number]) + lane, from + number * sizeof(T),
                  sizeof(T));
  }
}

template <class T> void store(Warp &warp, const Instruction &i, Mask mask) {
  const auto &how = i.as<LoadStore>();
  const uint32_t size = sizeof(T) * i.list.size();
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    uint8_t *to = access(warp, i, lane, warp.address(i, lane), size, size,
                         Use::Write, how.inSharedSpace, how.synchronizes);
    for (size_t number = 0; number < i.list.size(); ++number)
      std::memcpy(to + number * sizeof(T), warp.at<T>(i.list[number]) + lane,
                  sizeof(T));
  }
}

template <bool isStore> Handler handlerFor(Type type) {
  switch (type.bytes()) {
  case 1:
    return isStore ? store<uint8_t> : load<uint8_t>;
  case 2:
    return isStore ? store<uint16_t> : load<uint16_t>;
  case 4:
    return isStore ? store<uint32_t> : load<uint32_t>;
  case 8:
    return isStore ? store<uint64_t> : load<uint64_t>;
  default:
    return nullptr;
  }
}

void skipCacheHints(Words &words) {
  words.skip({"weak",
              "sys",
              "gpu",
              "cta",
              "cluster",
              "nc",
              "ca",
              "cg",
              "cs",
              "cv",
              "lu",
              "wb",
              "wt",
              "L1::evict_normal",
              "L1::evict_first",
              "L1::evict_last",
              "L1::evict_unchanged",
              "L1::no_allocate",
              "L2::64B",
              "L2::128B",
              "L2::256B",
              "L2::cache_hint"});
}

template <bool isStore> void decodeAccess(Decoder &decoder) {
  Words &words = decoder.words;
  Type type = words.takeType();
  auto how = std::make_shared<LoadStore>();
  how->inSharedSpace = takeSpace(words);
  how->synchronizes =
      !words.takeOne({"volatile", "relaxed", "acquire", "release"}).empty();
  skipCacheHints(words);
  size_t count = 1;
  if (std::string vector = words.takeOne({"v2", "v4", "v8"}); !vector.empty())
    count = vector[1] - '0';
  decoder.address(isStore ? 0 : 1);
  const Operand &values = decoder.operand(isStore ? 1 : 0);
  Instruction &i = decoder.instruction;
  i.list = isStore ? decoder.sources(values, type)
                   : decoder.destinations(values, type);
  if (i.list.size() != count)
    decoder.fail("expected " + std::to_string(count) + " elements, got " +
                 std::to_string(i.list.size()));
  i.detail = how;
  Handler handler = handlerFor<isStore>(type);
  if (!handler)
    words.fail("a type that it has");
  decoder.emit(handler);
}

void decodePrefetch(Decoder &decoder) {
  takeSpace(decoder.words);
  decoder.words.skip(
      {"L1", "L2", "tensormap", "L2::evict_last", "L2::evict_normal"});
  decoder.emit([](Warp &, const Instruction &, Mask) {});
}

/// How long caches keep what is accessed so: of no meaning here.
void decodeCreatePolicy(Decoder &decoder) {
  Words &words = decoder.words;
  words.takeType();
  words.skip({"fractional", "range", "cvt", "global", "L2", "L2::evict_last",
              "L2::evict_normal", "L2::evict_first", "L2::evict_unchanged"});
  decoder.instruction.destination = decoder.destination(0, {Kind::Bits, 64, 1});
  decoder.emit([](Warp &warp, const Instruction &i, Mask mask) {
    const uint64_t policies[warpSize] = {};
    warp.store(i.destination, policies, mask);
  });
}

} // namespace

void addMemory(DecodeTable &table) {
  table["ld"] = decodeAccess<false>;
  table["ldu"] = decodeAccess<false>;
  table["st"] = decodeAccess<true>;
  table["prefetch"] = decodePrefetch;
  table["prefetchu"] = decodePrefetch;
  table["createpolicy"] = decodeCreatePolicy;
}

} // namespace attn::ptx
