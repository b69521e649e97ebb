//===- TensorCorePolicy.h - How tensor cores want attention cut -*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOTILE_TENSORCOREPOLICY_H
#define ATTN_LIB_CONVERSION_ATTNTOTILE_TENSORCOREPOLICY_H

#include "attn/Analysis/TilingPolicy.h"
#include "attn/Dialect/Tile/IR/Tile.h"

namespace mlir::attn {

/// What the user wants of a schedule; the policy chooses where that is 0 or
/// nothing.
struct WantedSchedule {
  int64_t rows, keys, stages;
  std::optional<tile::QueryPlace> query;
};

/// A block of threads goes over its tiles by a schedule.
class TensorCorePolicy : public GPUTilingPolicy {
public:
  TensorCorePolicy(GPUTargetAttr target, tile::ScheduleAttr schedule)
      : GPUTilingPolicy(target), schedule(schedule) {}

  /// Of `op`, of which `maxQueries` are known at most, 0 where any number; an
  /// error where what is wanted cannot be.
  static FailureOr<tile::ScheduleAttr>
  chooseSchedule(AttentionOp op, int64_t maxQueries, GPUTargetAttr target,
                 const WantedSchedule &wanted);
  /// Queries that are few: those of all heads that share keys are in one block.
  static int64_t getFewQueries(AttentionOp op);

  TileSizes getTile(AttentionOp) const override {
    return {schedule.getRows(), schedule.getKeys()};
  }
  /// A block reads these in microseconds, in which a kernel starts.
  int64_t getKeysOfPart() const override { return 256; }

private:
  tile::ScheduleAttr schedule;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOTILE_TENSORCOREPOLICY_H
