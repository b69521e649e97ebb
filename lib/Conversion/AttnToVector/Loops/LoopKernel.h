//===- LoopKernel.h - A linalg op as loops over vectors ---------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_LOOPS_LOOPKERNEL_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_LOOPS_LOOPKERNEL_H

#include "Loops/LoopPlan.h"
#include "Regions/RegionDependence.h"
#include "Regions/RegionVectorizer.h"
#include "Steps/KernelBuilder.h"

namespace mlir::attn {

/// Replaces one op by a call of its loops.
class LoopKernel {
public:
  LoopKernel(LoopPlan plan, CPUTargetAttr target, KernelFunctions &functions);
  void emit();

private:
  void runParallel(unsigned loop);
  void runAcross(unsigned loop);
  void runRow();
  /// `run` for each vector along the vector loop, the last with a mask.
  void runVectors(function_ref<void(Value mask)> run);
  void runElements(const RegionVectorizer &row, Value mask);

  // Operands across the vector loop: LoopTranspose.cpp.
  void allocateRows();
  Value getAcross(OpOperand &operand);
  void copyAcross(Value matrix, Value into, Value first, Value count);

  // Sums, and what else is reduced. Each result is carried as one vector, or
  // two: a sum of floats and what its additions lost.
  void reduce(const RegionVectorizer &row, Value mask);
  Values reduceFrom(const RegionVectorizer &row, ArrayRef<unsigned> loops,
                    Values state, Value mask);
  Values reduceBlock(const RegionVectorizer &row, unsigned loop, Value first,
                     Value count, Value mask);
  Values reduceLanes(const RegionVectorizer &row, Value first, Value count);
  Values accumulate(const RegionVectorizer &row, ValueRange parts, Value mask);
  Values getNeutral();
  Values getStart();
  Values fold(ValueRange state, ValueRange parts);
  void finish(ValueRange state, Value mask);
  bool isCompensated(unsigned result);
  Value combine(unsigned result, Value a, Value b);
  Value combineLanes(unsigned result, Value vector);

  // Elements.
  RegionVectorizer getRow();
  Values getRoots();
  bool isInner(unsigned loop) {
    return loop == plan.vectorLoop || plan.isReduced(loop);
  }
  bool isInner(AffineMap map);
  void defineInner(RegionVectorizer &element, Value mask);
  Values getIndices(AffineMap map);
  Value load(Value memref, ValueRange indices, bool isVector, Value mask);
  Value load(OpOperand &operand, Value mask);
  void store(Value value, OpOperand &operand, Value mask);
  Value getLanePositions();

  LoopPlan plan;
  linalg::LinalgOp op;
  Region &body;
  KernelBuilder b;
  Values sizes, position; // by loop
  Values rows;            // [rows][vector loop], of each operand across
  Value row;              // of these
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_LOOPS_LOOPKERNEL_H
