//===- KernelShape.h - How many registers a kernel uses ---------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_KERNELSHAPE_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_KERNELSHAPE_H

#include "attn/Dialect/Attn/IR/AttnAttrs.h"

namespace mlir::attn {

/// How many of `element` a vector holds.
inline int64_t getLanes(CPUTargetAttr target, Type element) {
  return target.getVectorBits() / element.getIntOrFloatBitWidth();
}

/// The register tile of both products: `keys` (or features of V) by `vectors`
/// of queries accumulate in registers, beside one row of operands and one
/// broadcast.
struct KernelShape {
  int64_t lanes;   // queries in a vector
  int64_t vectors; // of queries
  int64_t keys;    // in the register tile
  int64_t block;   // keys whose scores are held at once

  int64_t rows() const { return lanes * vectors; }
};

/// For at most `rows` queries of `element`; more of them take several
/// blocks of rows.
inline KernelShape getKernelShape(CPUTargetAttr target, Type element,
                                  int64_t rows) {
  KernelShape shape;
  shape.lanes = getLanes(target, element);
  int64_t needed = (rows + shape.lanes - 1) / shape.lanes;
  // Four vectors are twice two: with three, a third of the work would be waste.
  shape.vectors = needed < 1 ? 1 : needed == 4 ? 2 : needed > 3 ? 3 : needed;
  // 24 (of 32) or 12 (of 16) accumulators; with fewer vectors powers of two.
  bool wide = target.getRegisters() >= 32;
  shape.keys = shape.vectors == 1 ? (wide ? 16 : 8) : (wide ? 8 : 4);
  shape.block = 64;
  return shape;
}

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_KERNELSHAPE_H
