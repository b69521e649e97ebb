//===- EncodingOps.cpp - Positional encodings: verifiers and shapes -------===//
#include "Assembly.h"
#include "Verify.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

static LogicalResult verifyBase(Operation *op, const APFloat &base) {
  double value = base.convertToDouble();
  if (base.isFinite() && value > 0)
    return success();
  return op->emitOpError("expected a positive, finite base, got ") << value;
}

//===----------------------------------------------------------------------===//
// RotaryEmbeddingOp
//===----------------------------------------------------------------------===//

/// cos and sin come together, as [positions, r/2] with positions, else [B, S,
/// r/2].
static LogicalResult verifyTables(RotaryEmbeddingOp op,
                                  const NamedTensor &input, int64_t rotated) {
  if (bool(op.getCos()) != bool(op.getSin()))
    return op.emitOpError("expected cos and sin together, got only ")
           << (op.getCos() ? "cos" : "sin");
  if (!op.getCos())
    return success();
  int64_t rank = op.getPositions() ? 2 : 3;
  for (auto [name, value] :
       {std::pair("cos", op.getCos()), {"sin", op.getSin()}}) {
    auto type = cast<RankedTensorType>(value.getType());
    if (type.getRank() != rank)
      return op.emitOpError("expected ")
             << name << " of rank " << rank
             << (rank == 2 ? " with" : " without") << " positions, got "
             << type.getRank();
    int64_t width = type.getDimSize(rank - 1);
    if (!ShapedType::isDynamic(rotated) && !ShapedType::isDynamic(width) &&
        width * 2 != rotated)
      return op.emitOpError("expected ")
             << name << " dimension " << rank - 1 << " to be half of the "
             << rotated << " rotated features, got " << width;
    NamedTensor table{name, type, getLayout({}, 4)};
    if (rank == 3 && (failed(verifySameSize(op, table, 0, input, Batch))))
      return failure();
    if (rank == 3 && !ShapedType::isDynamic(type.getDimSize(1)) &&
        !ShapedType::isDynamic(input.size(Sequence)) &&
        type.getDimSize(1) != input.size(Sequence))
      return op.emitOpError("expected ")
             << name << " dimension 1 to equal the sequence length "
             << input.size(Sequence) << ", got " << type.getDimSize(1);
  }
  auto cos = cast<RankedTensorType>(op.getCos().getType());
  auto sin = cast<RankedTensorType>(op.getSin().getType());
  if (failed(verifyCompatibleShape(cos, sin)))
    return op.emitOpError("expected cos and sin of one shape, got ")
           << cos << " and " << sin;
  return success();
}

static LogicalResult verifyPositions(RotaryEmbeddingOp op,
                                     const NamedTensor &input) {
  if (!op.getPositions())
    return success();
  auto type = cast<RankedTensorType>(op.getPositions().getType());
  for (auto [p, dim] : {std::pair(0, Batch), {1, Sequence}}) {
    int64_t got = type.getDimSize(p), expected = input.size(dim);
    if (!ShapedType::isDynamic(got) && !ShapedType::isDynamic(expected) &&
        got != expected)
      return op.emitOpError("expected positions dimension ")
             << p << " to equal input dimension "
             << getTensorDim(input.layout, dim) << " (" << getDimName(dim)
             << "), got " << got << " and " << expected;
  }
  return success();
}

LogicalResult RotaryEmbeddingOp::verify() {
  if (failed(verifyLayout(*this, "input", getLayoutAttr(), 4)) ||
      failed(verifyBase(*this, getBase())))
    return failure();
  NamedTensor input = makeNamed("input", getInput(), getLayoutAttr());
  int64_t features = input.size(Feature), rotary = getRotaryDim();
  int64_t rotated = rotary == 0 ? features : rotary;
  if (rotary < 0 || (!ShapedType::isDynamic(features) && rotary > features))
    return emitOpError("expected rotary_dim between 0 and the ")
           << features << " features of the input, got " << rotary;
  if (!ShapedType::isDynamic(rotated) && rotated % 2)
    return emitOpError("expected an even number of rotated features, got ")
           << rotated;
  return success(succeeded(verifyTables(*this, input, rotated)) &&
                 succeeded(verifyPositions(*this, input)));
}

LogicalResult
RotaryEmbeddingOp::reifyResultShapes(OpBuilder &builder,
                                     ReifiedRankedShapedTypeDims &shapes) {
  shapes.push_back(tensor::getMixedSizes(builder, getLoc(), getInput()));
  return success();
}

//===----------------------------------------------------------------------===//
// SinusoidalEncodingOp
//===----------------------------------------------------------------------===//

LogicalResult SinusoidalEncodingOp::verify() {
  auto positions = cast<RankedTensorType>(getPositions().getType());
  auto output = cast<RankedTensorType>(getOutput().getType());
  if (failed(verifyBase(*this, getBase())))
    return failure();
  if (output.getRank() != positions.getRank() + 1)
    return emitOpError("expected output of rank ")
           << positions.getRank() + 1 << ", got " << output.getRank();
  if (output.isDynamicDim(output.getRank() - 1))
    return emitOpError("expected output dimension ")
           << output.getRank() - 1 << " (feature) to be static, got ?";
  if (failed(verifyCompatibleShape(positions.getShape(),
                                   output.getShape().drop_back())))
    return emitOpError(
               "expected the leading dimensions of output to equal those of "
               "positions, got ")
           << output << " and " << positions;
  return success();
}

LogicalResult
SinusoidalEncodingOp::reifyResultShapes(OpBuilder &builder,
                                        ReifiedRankedShapedTypeDims &shapes) {
  auto type = cast<RankedTensorType>(getOutput().getType());
  SmallVector<OpFoldResult> shape;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (type.isDynamicDim(dim))
      shape.push_back(
          builder.createOrFold<tensor::DimOp>(getLoc(), getPositions(), dim));
    else
      shape.push_back(builder.getIndexAttr(type.getDimSize(dim)));
  shapes.push_back(shape);
  return success();
}
