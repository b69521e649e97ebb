//===- TensorCorePolicy.cpp - How tensor cores want attention cut ---------===//
#include "TensorCorePolicy.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/Transforms/Tile.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::tile;

/// Shared memory of a block that needs no leave of the driver.
static constexpr int64_t kSharedBytes = 48 * 1024;
static constexpr int64_t kMostRows = 64, kMostKeys = 64, kStages = 2;
/// Of a lane, for queries and outputs: the rest is for scores and addresses.
static constexpr int64_t kMostRegisters = 160;

namespace {

/// What the schedules of an op take, and which one is chosen.
class Schedules {
public:
  explicit Schedules(AttentionOp op)
      : op(op), queryFeatures(getFeatures(op.getQuery())),
        valueFeatures(getFeatures(op.getValue())) {}

  /// As many as there are, if a block can have them all.
  int64_t chooseRows() {
    const int64_t queries = op.getCanonicalDim(op.getQuery(), Sequence);
    if (ShapedType::isDynamic(queries) || queries == 0 || queries > kMostRows)
      return kMostRows;
    const int64_t all = queries * getSharingHeads(op);
    return llvm::alignTo(all > kMostRows ? queries : all, 16);
  }

  /// In shared memory where registers would not hold them, too.
  QueryPlace chooseQuery(int64_t rows, int64_t stages) {
    const int64_t registers = valueFeatures / 2 + queryFeatures / 4;
    const bool canShare =
        getBytes(rows, 16, stages, QueryPlace::Shared) <= kSharedBytes;
    return registers > kMostRegisters && canShare ? QueryPlace::Shared
                                                  : QueryPlace::Registers;
  }

  int64_t chooseKeys(int64_t rows, int64_t stages, QueryPlace query) {
    int64_t keys = kMostKeys;
    while (keys > 16 && getBytes(rows, keys, stages, query) > kSharedBytes)
      keys /= 2;
    return keys;
  }

  FailureOr<ScheduleAttr> verify(ScheduleAttr schedule) {
    const int64_t bytes = getBytes(schedule.getRows(), schedule.getKeys(),
                                   schedule.getStages(), schedule.getQuery());
    if (bytes <= kSharedBytes)
      return schedule;
    return op.emitError("expected a schedule of at most ")
           << kSharedBytes << " bytes of shared memory, got " << bytes
           << " for " << schedule;
  }

private:
  /// In whole steps of a product.
  int64_t getFeatures(Value operand) {
    const int64_t features = op.getCanonicalDim(operand, Feature);
    return llvm::alignTo(std::max<int64_t>(features, 1), 16);
  }

  int64_t getBytes(int64_t rows, int64_t keys, int64_t stages,
                   QueryPlace query) {
    Type element = getElementTypeOrSelf(op.getQuery().getType());
    auto tile = [&](int64_t rows, int64_t features) {
      return TileType::get(op.getContext(), rows, features, element);
    };
    auto ring = RingType::get(op.getContext(), tile(keys, queryFeatures),
                              tile(keys, valueFeatures), stages);
    const bool isShared = query == QueryPlace::Shared;
    return ring.getBytes() +
           (isShared ? tile(rows, queryFeatures).getBytes() : 0);
  }

  AttentionOp op;
  int64_t queryFeatures, valueFeatures;
};

} // namespace

FailureOr<ScheduleAttr>
TensorCorePolicy::chooseSchedule(AttentionOp op, const WantedSchedule &wanted) {
  Schedules all(op);
  const int64_t rows = wanted.rows ? wanted.rows : all.chooseRows(),
                stages = wanted.stages ? wanted.stages : kStages;
  auto emitError = [&] { return op.emitError(); };
  // Before bytes are counted.
  if (failed(ScheduleAttr::verify(emitError, rows,
                                            wanted.keys ? wanted.keys : 16,
                                            stages, QueryPlace::Registers)))
    return failure();
  const QueryPlace query =
      wanted.query ? *wanted.query : all.chooseQuery(rows, stages);
  const int64_t keys =
      wanted.keys ? wanted.keys : all.chooseKeys(rows, stages, query);
  return all.verify(
      ScheduleAttr::get(op.getContext(), rows, keys, stages, query));
}
