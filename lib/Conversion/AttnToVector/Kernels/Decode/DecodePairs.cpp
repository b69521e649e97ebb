//===- DecodePairs.cpp - Decode of bf16 in pairs --------------------------===//
// Two bf16 are the halves of 32 bits, and a bf16 is the upper half of the same
// number in f32. So a vector of pairs becomes one of its even elements by a
// shift and one of its odd ones by a mask, where widening in order takes two
// loads, two conversions across lanes and two shifts. Queries are packed in the
// order that this gives, and sums of values are put in order once a block.
//===----------------------------------------------------------------------===//
#include "Kernels/Decode/DecodeKernel.h"

using namespace mlir;
using namespace mlir::attn;

bool DecodeKernel::hasPairs(Value matrix) const {
  Type narrow = cast<MemRefType>(matrix.getType()).getElementType();
  return hasPlaces() && narrow.isBF16() && b.element.isF32();
}

void DecodeKernel::forVectors(Value matrix, int64_t size,
                              function_ref<void(int64_t, int64_t)> body) {
  for (int64_t column = 0; column < size;) {
    bool isPair = hasPairs(matrix) && size - column >= 2 * lanes;
    int64_t step = isPair ? 2 * lanes : std::min(lanes, size - column);
    body(column, step);
    column += step;
  }
}

Value DecodeKernel::getPackedColumn(Value feature) {
  Value within = b.createOrFold<arith::RemUIOp>(feature, b.index(2 * lanes));
  Value isOdd = b.createOrFold<arith::RemUIOp>(within, b.index(2));
  Value pair = b.createOrFold<arith::DivUIOp>(within, b.index(2));
  Value place =
      b.add(pair, b.createOrFold<arith::MulIOp>(isOdd, b.index(lanes)));
  return b.add(b.createOrFold<arith::SubIOp>(feature, within), place);
}

Values DecodeKernel::loadPair(Value matrix, Value row, Value column) {
  constexpr int64_t bits = 16;
  VectorType narrow = VectorType::get({2 * lanes}, b.getBF16Type()),
             pairs = b.vector.clone(b.getI32Type());
  Value both = vector::BitCastOp::create(
      b, pairs, vector::LoadOp::create(b, narrow, matrix, {row, column}));
  auto splat = [&](uint32_t x) -> Value {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(pairs, b.getI32IntegerAttr(x)));
  };
  Value even = arith::ShLIOp::create(b, both, splat(bits));
  Value odd = arith::AndIOp::create(b, both, splat(~uint32_t(0) << bits));
  return {arith::BitcastOp::create(b, b.vector, even),
          arith::BitcastOp::create(b, b.vector, odd)};
}

Values DecodeKernel::loadVectors(Value matrix, Value row, Value first,
                                 int64_t size) {
  Values loaded;
  forVectors(matrix, size, [&](int64_t column, int64_t step) {
    Value at = b.add(first, column);
    if (step > lanes)
      loaded.append(loadPair(matrix, row, at));
    else
      loaded.push_back(loadColumns(matrix, row, {at, step}));
  });
  return loaded;
}

Values DecodeKernel::inOrder(ArrayRef<Value> sums, int64_t size) {
  SmallVector<int64_t> lower, upper;
  for (int64_t n = 0; n < lanes; ++n) {
    lower.push_back(n / 2 + n % 2 * lanes);
    upper.push_back(lower.back() + lanes / 2);
  }
  Values ordered;
  while (!sums.empty())
    forVectors(value, size, [&](int64_t, int64_t step) {
      if (step > lanes) {
        for (ArrayRef<int64_t> half : {lower, upper})
          ordered.push_back(
              vector::ShuffleOp::create(b, sums[0], sums[1], half));
      } else {
        ordered.push_back(sums[0]);
      }
      sums = sums.drop_front(step > lanes ? 2 : 1);
    });
  return ordered;
}
