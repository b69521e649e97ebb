//===- SharedValues.h - V packed once for all queries -----------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_SHAREDVALUES_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_SHAREDVALUES_H

#include "Steps/KernelBuilder.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::attn {

/// Values in the order of a kernel, packed before the parallel loop over tiles
/// of queries: once for each kv head, by all threads.
class SharedValues {
public:
  static constexpr int64_t kGroup = 32; // keys side by side

  struct Packed {
    Value values;  // [batch][kv head][groups of keys][features][kGroup]
    Value bounded; // [batch][kv head][panels]: bytes, what `pack` returned
  };
  /// Where the values of an op are.
  struct Place {
    Packed packed;
    Value batch, head, firstKey;
  };
  /// Emits code that packs `size` keys of [keys][features] from `first` on into
  /// [groups][features][kGroup], and returns a bool.
  using Pack =
      function_ref<Value(Value matrix, Value first, Value size, Value into)>;

  /// How many keys are packed at once, of how many features; and of how many
  /// keys blocks are, within which those of an op do not begin.
  struct Shape {
    int64_t panelKeys, features, block;
  };
  /// None where several iterations of a parallel loop do not share the op's
  /// values, or its keys may begin within a block.
  std::optional<Place> get(KernelBuilder &b, AttendOp op, const Shape &shape,
                           Pack pack);

  /// [groups of keys][features][kGroup] of a kv head.
  static Value getOfHead(KernelBuilder &b, const Place &place);

private:
  Packed create(KernelBuilder &b, AttendOp op, scf::ForallOp loop, Value values,
                const Shape &shape, Pack pack);

  DenseMap<std::pair<Operation *, Value>, Packed> known; // by loop and V
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_SHAREDVALUES_H
