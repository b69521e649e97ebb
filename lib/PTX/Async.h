//===- Async.h - What is told now and done later ----------------*- C++ -*-===//

#ifndef ATTN_PTX_ASYNC_H
#define ATTN_PTX_ASYNC_H

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <vector>

namespace attn::ptx {

class Block;
class Warp;
struct Instruction;

/// A copy. The block does it in the order of the launch; its group, or its
/// mbarrier, says when that must have happened.
class AsyncCopy {
public:
  virtual ~AsyncCopy() = default;
  void complete(Block &block) {
    if (!done) {
      done = true;
      transfer(block);
    }
  }
  /// Its group was waited for, by this warp.
  virtual void retire(Warp &) {}
  /// The source has been read, which is all that `.read` waits for.
  virtual void releaseSource(Warp &) {}
  bool isDone() const { return done; }

private:
  virtual void transfer(Block &block) = 0;
  bool done = false;
};

using AsyncCopies = std::vector<std::shared_ptr<AsyncCopy>>;

/// The groups of each thread of a warp: of cp.async, and of bulk copies. A list
/// takes no memory while it is empty, as most are.
struct CopyGroups {
  struct Lane {
    AsyncCopies open;
    std::list<AsyncCopies> committed;
  };
  std::array<Lane, 32> plain, bulk;
};

/// The wgmma of one warp: its quarter of what the warpgroup computes.
struct WgmmaQueue {
  struct Operation {
    const Instruction *instruction = nullptr;
    std::vector<uint32_t> placesA, placesB; // 16 bytes each
    bool accumulates = true;
    bool done = false;
  };
  using Group = std::vector<std::shared_ptr<Operation>>;
  Group open;
  std::list<Group> committed;
  /// Not yet computed, in order.
  std::list<std::shared_ptr<Operation>> waiting;

  /// By register: how many operations write it, and how many read it.
  std::vector<uint16_t> writers, readers;
  unsigned busy = 0; // registers in use
  /// When each register was written, and when wgmma.fence was last executed.
  std::vector<uint64_t> written;
  uint64_t now = 1, fenced = 0;
  uint64_t issued = 0;
};

} // namespace attn::ptx

#endif // ATTN_PTX_ASYNC_H
