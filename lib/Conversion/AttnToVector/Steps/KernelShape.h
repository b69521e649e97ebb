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
  // In the register tiles that most of the first and of the second product are
  // made of, where `keys` leave room; else `keys`.
  int64_t tallKeys, tallFeatures;

  int64_t rows() const { return lanes * vectors; }
};

/// For at most `rows` queries of `element`; more of them take several
/// blocks of rows.
inline KernelShape getKernelShape(CPUTargetAttr target, Type element,
                                  int64_t rows) {
  KernelShape shape;
  shape.lanes = getLanes(target, element);
  int64_t needed = (rows + shape.lanes - 1) / shape.lanes;
  const bool wide = target.getRegisters() >= 32;
  const bool isTall = !wide && target.getFma();
  // Four vectors are twice two: with three, a third of the work would be waste.
  // Five are three times two as well as twice three.
  const bool areTwos = needed == 4 || (needed == 5 && isTall);
  shape.vectors = areTwos ? 2 : std::clamp<int64_t>(needed, 1, 3);
  // 24 (of 32) or 12 (of 16) accumulators; with fewer vectors powers of two.
  shape.keys = shape.vectors == 1 ? (wide ? 16 : 8) : (wide ? 8 : 4);
  shape.block = 64;
  // FMA has eight in flight, as many as four by two. Of keys, which lie apart,
  // five were faster than six.
  const bool hasTwo = isTall && shape.vectors == 2;
  shape.tallKeys = hasTwo ? 5 : shape.keys;
  shape.tallFeatures = hasTwo ? 6 : shape.keys;
  return shape;
}

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_KERNELSHAPE_H
