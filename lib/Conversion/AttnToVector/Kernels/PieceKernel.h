//===- PieceKernel.h - What kernels of attention share ----------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_PIECEKERNEL_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_PIECEKERNEL_H

#include "Kernels/AttentionKernel.h"
#include "Steps/Softmax.h"

namespace mlir::attn {

/// Emits the code of a piece (see SplitAttend.h) in place of the op. What is
/// the same for all: the operands as matrices, queries that are packed once,
/// and keys that go by, some at a time. A kernel fills in the steps, from the
/// parts in Steps/ and Regions/.
class PieceKernel {
public:
  virtual ~PieceKernel() = default;
  void emit();

protected:
  /// Vectors have `lanes` scores.
  PieceKernel(AttendOp op, int64_t lanes, const StateScratch &state,
              KernelContext &context);

  /// How queries lie when they are packed, and the function that does it.
  virtual MemRefType getPackedType() = 0;
  virtual StringRef getPackName() { return "__attn_pack_query"; }
  virtual void packQuery(Value from, Value into) = 0;
  /// What a loop over keys needs beside.
  virtual void allocate() = 0;
  /// All keys, by emitKeys().
  virtual void emitLoop();
  /// The keys from `first` on, `keysAtOnce` of them or what is left.
  virtual void emitKeys(Value first) = 0;

  /// The queries of each head of `query`, [rows][features].
  void forHeads(Value query, function_ref<void(Value matrix)> body);
  static int64_t getColumns(Value matrix) {
    return cast<MemRefType>(matrix.getType()).getDimSize(1);
  }

  AttendOp op;
  KernelBuilder b;
  StateScratch state;
  Softmax softmax;
  int64_t heads;
  int64_t keysAtOnce = 64;
  Value key, value; // [keys][features] and so on
  Value numKeys, zero;
  Value packedQuery;

private:
  PackedQueries &queries;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_PIECEKERNEL_H
