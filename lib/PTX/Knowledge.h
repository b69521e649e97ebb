//===- Knowledge.h - What happened before what ------------------*- C++ -*-===//
//
// Vector clocks. An agent is a warp, or an mbarrier on behalf of the copies
// that complete on it; an agent's time grows at each release. What an agent
// did at a time happened before everything that has seen that time.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PTX_KNOWLEDGE_H
#define ATTN_PTX_KNOWLEDGE_H

#include <algorithm>
#include <cstdint>
#include <vector>

namespace attn::ptx {

class Knowledge {
public:
  bool hasSeen(unsigned agent, uint32_t time) const {
    return time == 0 || (agent < seen.size() && time <= seen[agent]);
  }
  /// Seen, and with a proxy fence behind it: fit for the async proxy.
  bool hasFenced(unsigned agent, uint32_t time) const {
    return time == 0 || (agent < fenced.size() && time <= fenced[agent]);
  }
  uint32_t time(unsigned agent) const {
    return agent < seen.size() ? seen[agent] : 0;
  }
  void see(unsigned agent, uint32_t time) { raise(seen, agent, time); }
  void tick(unsigned agent) { see(agent, time(agent) + 1); }
  void fence() { fenced = seen; }
  /// The same, of `agent` up to a time only.
  Knowledge upTo(unsigned agent, uint32_t time) const {
    Knowledge known = *this;
    for (Times *times : {&known.seen, &known.fenced})
      if (agent < times->size())
        (*times)[agent] = std::min((*times)[agent], time);
    return known;
  }
  void join(const Knowledge &other) {
    joinInto(seen, other.seen);
    joinInto(fenced, other.fenced);
  }

private:
  using Times = std::vector<uint32_t>;
  static void raise(Times &times, unsigned agent, uint32_t time) {
    if (times.size() <= agent)
      times.resize(agent + 1);
    times[agent] = std::max(times[agent], time);
  }
  static void joinInto(Times &times, const Times &other) {
    if (times.size() < other.size())
      times.resize(other.size());
    for (size_t agent = 0; agent < other.size(); ++agent)
      times[agent] = std::max(times[agent], other[agent]);
  }

  Times seen, fenced;
};

} // namespace attn::ptx

#endif // ATTN_PTX_KNOWLEDGE_H
