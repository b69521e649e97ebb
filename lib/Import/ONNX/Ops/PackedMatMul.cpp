//===- PackedMatMul.cpp - Products with packed weights --------------------===//
//
// MatMulNBits of com.microsoft: the weights are numbers of 2, 4 or 8 bits,
// which lie from the low bits of each byte to the high ones, in blocks along
// the inner dimension with a scale and a zero point each.
//
//===----------------------------------------------------------------------===//

#include "Core/Elementwise.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn::onnx;

namespace {
struct PackedWeights {
  int64_t bits = 4, blockSize = 0, inner = 0, columns = 0;
  /// bytes: [columns, blocks, bytes of a block]; scales: [columns, blocks];
  /// zeros: those, or packed as [columns, bytes].
  Operand bytes, scales, zeros;

  int64_t blocks() const { return llvm::divideCeil(inner, blockSize); }
};
} // namespace

static bool isSize(int64_t value) { return value > 0 && value <= INT32_MAX; }

static LogicalResult readNumbers(Node &n, PackedWeights &weights) {
  weights.bits = n.intAttr("bits", 4);
  weights.blockSize = n.intAttr("block_size", 0);
  weights.inner = n.intAttr("K", 0);
  weights.columns = n.intAttr("N", 0);
  // How exact the product must at least be: it is exact.
  n.intAttr("accuracy_level", 0);
  if (weights.bits != 2 && weights.bits != 4 && weights.bits != 8)
    return n.error() << "expected bits to be 2, 4 or 8, got " << weights.bits;
  if (!isSize(weights.inner) || !isSize(weights.columns) ||
      !isSize(weights.blockSize) || weights.blockSize * weights.bits % 8 != 0)
    return n.error() << "expected K, N and block_size to be positive, and "
                        "blocks of whole bytes, got "
                     << weights.inner << ", " << weights.columns << " and "
                     << weights.blockSize;
  return success();
}

static FailureOr<Operand> readShaped(Node &n, size_t i,
                                     ArrayRef<int64_t> shape) {
  return reshape(n, n.input(i),
                 getAsIndexOpFoldResult(n.b.getContext(), shape));
}

static LogicalResult readZeros(Node &n, PackedWeights &weights) {
  const Operand &given = n.input(3);
  int64_t width = weights.blocks();
  if (given.isInt())
    width = llvm::divideCeil(width * weights.bits, 8);
  if (given.isFloat() ? given.elementType() != n.input(2).elementType()
                      : given.elementType() != n.b.getI8Type())
    return n.error() << "expected zero points of bytes, or as the scales are, "
                        "got "
                     << given.type();
  FailureOr<Operand> zeros = readShaped(n, 3, {weights.columns, width});
  if (failed(zeros))
    return failure();
  weights.zeros = *zeros;
  return success();
}

static FailureOr<PackedWeights> readWeights(Node &n) {
  PackedWeights weights;
  if (failed(readNumbers(n, weights)))
    return failure();
  if (n.hasInput(4))
    return n.error() << "expected no g_idx, which is not supported";
  if (n.input(1).elementType() != n.b.getI8Type() || !n.input(2).isFloat())
    return n.error() << "expected weights of bytes and scales of floats, got "
                     << n.input(1).type() << " and " << n.input(2).type();
  int64_t bytesOfBlock = weights.blockSize * weights.bits / 8;
  FailureOr<Operand> bytes =
      readShaped(n, 1, {weights.columns, weights.blocks(), bytesOfBlock});
  FailureOr<Operand> scales =
      readShaped(n, 2, {weights.columns, weights.blocks()});
  if (failed(bytes) || failed(scales))
    return failure();
  weights.bytes = *bytes;
  weights.scales = *scales;
  if (n.hasInput(3) && failed(readZeros(n, weights)))
    return failure();
  return weights;
}

/// Number `i` of those that are packed in the last dimension of `bytes`.
static Value unpack(ScalarBuilder &s, const Operand &bytes,
                    SmallVector<Value> at, Value i, int64_t bits) {
  Value bit = s.mul(i, s.index(bits)), eight = s.index(8);
  at.push_back(s.make<arith::DivUIOp>(bit, eight));
  Type i32 = s.b.getI32Type();
  Value byte = tensor::ExtractOp::create(s.b, s.loc, bytes.value, at);
  Value shift =
      s.make<arith::IndexCastOp>(i32, s.make<arith::RemUIOp>(bit, eight));
  Value shifted =
      s.make<arith::ShRUIOp>(s.make<arith::ExtUIOp>(i32, byte), shift);
  return s.make<arith::AndIOp>(shifted, s.integer(i32, (1 << bits) - 1));
}

/// The weights as floats, [inner, columns].
static Operand dequantize(Node &n, const PackedWeights &weights, Type type) {
  Sizes sizes{n.math.constant(weights.inner), n.math.constant(weights.columns)};
  Type wide = accumulatorType(n.b, type);
  return generate(n, sizes, type, [&](ScalarBuilder &s, ValueRange at) {
    Value size = s.index(weights.blockSize), column = at[1];
    Value block = s.make<arith::DivUIOp>(at[0], size);
    Value number = unpack(s, weights.bytes, {column, block},
                          s.make<arith::RemUIOp>(at[0], size), weights.bits);
    Value zero = s.floating(wide, 1 << (weights.bits - 1));
    if (weights.zeros && weights.zeros.isFloat())
      zero =
          s.convert(tensor::ExtractOp::create(s.b, s.loc, weights.zeros.value,
                                              ValueRange{column, block}),
                    wide, false, false);
    else if (weights.zeros)
      zero = s.convert(unpack(s, weights.zeros, {column}, block, weights.bits),
                       wide, false, false);
    Value scale = tensor::ExtractOp::create(s.b, s.loc, weights.scales.value,
                                            ValueRange{column, block});
    Value difference = s.sub(s.convert(number, wide, false, false), zero);
    Value product = s.mul(difference, s.convert(scale, wide, false, false));
    return s.convert(product, type, false, false);
  });
}

/// A times the weights, plus a bias.
static LogicalResult importMatMulNBits(Node &n) {
  FailureOr<PackedWeights> weights = readWeights(n);
  if (failed(weights))
    return failure();
  const Operand &lhs = n.input(0);
  if (!lhs.isFloat() || lhs.rank() == 0)
    return n.error() << "expected floats of rank 1 or more, got " << lhs.type();
  Operand rhs = dequantize(n, *weights, lhs.elementType());
  rhs.name = n.input(1).name;
  FailureOr<Operand> result = matMul(n, lhs, rhs);
  if (failed(result) || !n.hasInput(5))
    return n.setOutput(0, result);
  auto add = [](ScalarBuilder &s, ValueRange x) { return s.add(x[0], x[1]); };
  if (n.input(5).elementType() != lhs.elementType())
    return n.error() << "expected a bias of the input's type, got "
                     << n.input(5).type();
  return n.setOutput(
      0, elementwise(n, {*result, n.input(5)}, lhs.elementType(), add));
}

ArrayRef<OpEntry> mlir::attn::onnx::packedMatMulOps() {
  static const OpEntry table[] = {
      {"MatMulNBits", importMatMulNBits, 3, 6},
  };
  return table;
}
