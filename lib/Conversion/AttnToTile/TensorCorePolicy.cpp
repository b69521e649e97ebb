//===- TensorCorePolicy.cpp - How tensor cores want attention cut ---------===//
#include "TensorCorePolicy.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/Transforms/Tile.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::tile;

/// Shared memory for a ring, with which several blocks fit into it.
static constexpr int64_t kRingBytes = 48 * 1024;
static constexpr int64_t kMostRows = 64, kMostKeys = 64, kStages = 2;
/// Of a lane, for queries and outputs: the rest is for scores and addresses.
static constexpr int64_t kMostRegisters = 160;

namespace {

/// What the schedules of an op take, and which one is chosen.
class Schedules {
public:
  Schedules(AttentionOp op, int64_t maxQueries, GPUTargetAttr target)
      : op(op), maxQueries(maxQueries),
        queryFeatures(getFeatures(op.getQuery())),
        valueFeatures(getFeatures(op.getValue())),
        // That of sm_80 also runs on what is newer, and may have less.
        mostBytes(target.getArch() == "sm_80" ? 99 * 1024 : 227 * 1024) {}

  /// As many as there are, if a block can have them all.
  int64_t chooseRows() {
    int64_t queries = op.getCanonicalDim(op.getQuery(), Sequence);
    if (ShapedType::isDynamic(queries) && maxQueries > 0)
      queries = maxQueries;
    if (ShapedType::isDynamic(queries) || queries == 0 || queries > kMostRows)
      return kMostRows;
    const int64_t all = queries * getSharingHeads(op);
    return llvm::alignTo(all > kMostRows ? queries : all, 16);
  }

  /// In shared memory where registers would not hold them, too.
  QueryPlace chooseQuery() {
    const int64_t registers = valueFeatures / 2 + queryFeatures / 4;
    return registers > kMostRegisters ? QueryPlace::Shared
                                      : QueryPlace::Registers;
  }

  int64_t chooseKeys(int64_t stages) {
    int64_t keys = kMostKeys;
    while (keys > 16 && getRingBytes(keys, stages) > kRingBytes)
      keys /= 2;
    return keys;
  }

  FailureOr<ScheduleAttr> verify(ScheduleAttr schedule) {
    int64_t bytes = getRingBytes(schedule.getKeys(), schedule.getStages());
    if (schedule.isQueryShared())
      bytes += getTile(schedule.getRows(), queryFeatures).getBytes();
    if (bytes <= mostBytes)
      return schedule;
    return op.emitError("expected a schedule of at most ")
           << mostBytes << " bytes of shared memory, got " << bytes << " for "
           << schedule;
  }

private:
  /// In whole steps of a product.
  int64_t getFeatures(Value operand) {
    const int64_t features = op.getCanonicalDim(operand, Feature);
    return llvm::alignTo(std::max<int64_t>(features, 1), 16);
  }

  TileType getTile(int64_t rows, int64_t features) {
    return TileType::get(op.getContext(), rows, features,
                         getElementTypeOrSelf(op.getQuery().getType()));
  }

  int64_t getRingBytes(int64_t keys, int64_t stages) {
    return RingType::get(op.getContext(), getTile(keys, queryFeatures),
                         getTile(keys, valueFeatures), stages)
        .getBytes();
  }

  AttentionOp op;
  int64_t maxQueries; // known of the op; 0 where none
  int64_t queryFeatures, valueFeatures, mostBytes;
};

} // namespace

FailureOr<ScheduleAttr>
TensorCorePolicy::chooseSchedule(AttentionOp op, int64_t maxQueries,
                                 GPUTargetAttr target,
                                 const WantedSchedule &wanted) {
  Schedules all(op, maxQueries, target);
  const int64_t wantedRows = wanted.rows ? wanted.rows : target.getTileQuery(),
                wantedKeys = wanted.keys ? wanted.keys : target.getTileKey(),
                rows = wantedRows ? wantedRows : all.chooseRows(),
                stages = wanted.stages ? wanted.stages : kStages;
  auto emitError = [&] { return op.emitError(); };
  // Before bytes are counted.
  if (failed(ScheduleAttr::verify(emitError, rows, wantedKeys ? wantedKeys : 16,
                                  stages, QueryPlace::Registers)))
    return failure();
  const QueryPlace query = wanted.query ? *wanted.query : all.chooseQuery();
  const int64_t keys = wantedKeys ? wantedKeys : all.chooseKeys(stages);
  return all.verify(
      ScheduleAttr::get(op.getContext(), rows, keys, stages, query));
}

int64_t TensorCorePolicy::getFewQueries(AttentionOp op) {
  return std::max<int64_t>(kMostRows / getSharingHeads(op), 2);
}
