//===- EmittedClasses.h - What emitted code says of tiles -------*- C++ -*-===//
#ifndef ATTN_TEST_ANALYSIS_EMITTEDCLASSES_H
#define ATTN_TEST_ANALYSIS_EMITTEDCLASSES_H

#include "RandomMask.h"
#include "attn/Support/Tensor.h"

namespace mlir::attn::test {

/// The code that attn-classify-tiles writes for a function of drawMask,
/// interpreted: the numbers of its two results.
class EmittedClasses {
public:
  EmittedClasses(ModuleOp module, TileSizes tile);
  /// False where the pass or the run failed, or a shape is not the expected.
  bool run(const Inputs &inputs);
  int64_t getClass(int64_t b, int64_t h, int64_t row, int64_t column) const {
    return at(results[0], b, h, row, column);
  }
  int64_t getVisit(int64_t b, int64_t h, int64_t row, int64_t column) const {
    return at(results[1], b, h, row, column);
  }

private:
  static int64_t at(const ::attn::Tensor &tensor, int64_t b, int64_t h,
                    int64_t row, int64_t column) {
    return int64_t(tensor.at({b, h, row, column}));
  }
  TileSizes tile;
  OwningOpRef<ModuleOp> emitted; // null: the pass failed
  std::vector<::attn::Tensor> results;
};

} // namespace mlir::attn::test

#endif // ATTN_TEST_ANALYSIS_EMITTEDCLASSES_H
