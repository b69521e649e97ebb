//===- TileProduct.h - Code of one product of tiles -------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_AMX_TILEPRODUCT_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_AMX_TILEPRODUCT_H

#include "Steps/KernelBuilder.h"
#include "mlir/Dialect/AMX/AMXDialect.h"

#include <functional>

namespace mlir::attn {

/// numLeft x numRight tiles of a product that is `steps` tiles deep.
struct TileProduct {
  int64_t numLeft, numRight, steps;
  std::function<Value(int64_t i, int64_t step)> loadLeft;
  std::function<Value(int64_t j, int64_t step)> loadRight;
  std::function<Value(int64_t i, int64_t j)> load;
  std::function<void(int64_t i, int64_t j, Value sum)> store;
  SmallVector<Values> sums;
  Values left;
  Value right;

  void begin() {
    sums.assign(numLeft, Values(numRight));
    left.resize(numLeft);
  }

  /// One product of tiles, with the loads that it is the first to need.
  void multiply(OpBuilder &b, Location loc, int64_t i, int64_t j,
                int64_t step) {
    if (i == 0)
      right = loadRight(j, step);
    if (j == 0)
      left[i] = loadLeft(i, step);
    Value &sum = sums[i][j];
    if (step == 0)
      sum = load(i, j);
    sum = amx::TileMulFOp::create(b, loc, sum.getType(), left[i], right, sum);
  }

  /// Stores a sum, if there is one and it was not stored yet.
  void finish(int64_t i, int64_t j) {
    if (i >= numLeft || j >= numRight || !sums[i][j])
      return;
    store(i, j, sums[i][j]);
    sums[i][j] = {};
  }
  void finishAll() {
    for (int64_t j = 0; j < numRight; ++j)
      for (int64_t i = 0; i < numLeft; ++i)
        finish(i, j);
  }
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_AMX_TILEPRODUCT_H
