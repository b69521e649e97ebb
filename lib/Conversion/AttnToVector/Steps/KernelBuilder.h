//===- KernelBuilder.h - Vector code in few words ---------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_KERNELBUILDER_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_KERNELBUILDER_H

#include "Steps/KernelFunctions.h"
#include "Steps/KernelShape.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::attn {

using Values = SmallVector<Value>;

/// Vectors of one element type (f32 or f64), scratch memory, and loops.
class KernelBuilder : public ImplicitLocOpBuilder {
public:
  KernelBuilder(Operation *before, CPUTargetAttr target, FloatType element,
                int64_t lanes, KernelFunctions *functions = nullptr)
      : ImplicitLocOpBuilder(before->getLoc(), before), target(target),
        element(element), vector(VectorType::get({lanes}, element)),
        functions(functions) {}

  CPUTargetAttr target;
  FloatType element;
  VectorType vector;
  int64_t lanes() { return vector.getDimSize(0); }

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(*this, value);
  }
  Value add(Value a, Value b) { return createOrFold<arith::AddIOp>(a, b); }
  Value add(Value a, int64_t b) { return b == 0 ? a : add(a, index(b)); }
  Value min(Value a, Value b) { return createOrFold<arith::MinSIOp>(a, b); }
  /// The largest multiple of `step` up to `size`.
  Value wholeSteps(Value size, int64_t step);
  /// The smallest one from `size` on.
  Value alignUp(Value size, int64_t step);
  /// Of the block of at most `step` from `first` on.
  Value blockSize(Value size, Value first, int64_t step);

  /// A constant of the element type, in all lanes.
  Value splat(double value);
  Value scalar(double value);
  /// `value` in all lanes; vectors stay.
  Value broadcast(Value value);
  /// f16 and bf16, scalars or vectors, as the element type.
  Value widen(Value value);
  /// a * b + c.
  Value multiplyAdd(Value a, Value b, Value c);
  /// max(a, b) that is b where a is NaN.
  Value maximum(Value a, Value b);
  /// min(a, b) that is b where a is NaN.
  Value minimum(Value a, Value b);
  /// exp(x) for x <= 0: exactly 0 far below, NaN for NaN.
  Value exponential(Value x);
  /// The same where that is nowhere 0.
  Value exponentialAbove0(Value x);
  /// Whether exponential(x) is 0.
  Value underflows(Value x);

  Value load(Value memref, ValueRange position);
  /// A vector of the element type, of elements that may be narrower; 0 in lanes
  /// that `mask` leaves out.
  Value loadWide(Value memref, ValueRange position, Value mask = {});
  /// One element, in the element type.
  Value loadElement(Value memref, ValueRange position);
  /// A mask of the first `count` lanes.
  Value firstLanes(Value count);
  void store(Value value, Value memref, ValueRange position);

  /// As many vectors as each has lanes: vector n takes lane n of all.
  Values transpose(Values vectors);

  /// How many lanes of a vector 128 bits have.
  int64_t blockLanes();
  /// 128 bits of each of as many rows as a vector has lanes: vector n has those
  /// of rows n, n + blockLanes(), n + 2 * blockLanes(), …
  Values joinRows(function_ref<Value(int64_t row)> loadBlock);
  /// What joinRows() gave, transposed: vector n takes lane n of all rows.
  Values transposeJoined(Values joined);
  /// In each block of 128 bits, lanes of the lower halves of two vectors in
  /// turn, or of the upper ones.
  Value unpack(Value first, Value second, bool isUpper);

  using Product = function_ref<Value(Value left, Value right, Value sum)>;
  /// sums[row][n] + left(row) * right[n], where a left factor may be a scalar,
  /// for all lanes. With `product`, what that makes of the three.
  Values addProducts(ValueRange sums, ValueRange right,
                     function_ref<Value(int64_t row)> left,
                     Product product = nullptr);

  /// What `body` emits and returns, in a function that others may share unless
  /// it can fail; its scratch is outside.
  Values call(StringRef name, function_ref<Values()> body);
  /// `value` as what a shared function takes as an argument even where it is a
  /// constant here.
  Value asArgument(Value value);

  /// for (i = from; i < to; i += step), carrying values; nothing where that is
  /// known to be empty.
  Values loop(Value from, Value to, int64_t step, ValueRange carried,
              function_ref<Values(Value, ValueRange)> body);
  void loop(Value from, Value to, int64_t step, function_ref<void(Value)> body);
  /// In steps of one, four in an iteration as long as there are as many: that
  /// of a short body takes a tenth of what a core issues for itself.
  Values unrolledLoop(Value from, Value to, ValueRange carried,
                      function_ref<Values(Value, ValueRange)> body);
  /// From `from` to `last`, by a step of 1 or -1, until `isFound` holds: where
  /// that ends, and whether it holds there.
  std::pair<Value, Value> find(Value from, Value last, int64_t step,
                               function_ref<Value(Value)> isFound);
  void branch(Value condition, function_ref<void()> then,
              function_ref<void()> otherwise);

  /// What `then` computes, or `otherwise`.
  Values choose(Value condition, function_ref<Values()> then,
                ValueRange otherwise);
  Values choose(Value condition, function_ref<Values()> then,
                function_ref<Values()> otherwise);

  /// Memory of this thread, aligned for vectors. It is taken at the start of
  /// the surrounding function or parallel loop.
  Value scratch(ArrayRef<int64_t> shape, Type type);
  /// The same, zero when the function or iteration begins.
  Value clearedScratch(ArrayRef<int64_t> shape, Type type);

private:
  KernelFunctions *functions;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_KERNELBUILDER_H
