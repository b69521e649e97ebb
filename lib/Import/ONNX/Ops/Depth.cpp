//===- Depth.cpp - Blocks of an image as channels, and back ---------------===//

#include "Ops/Depth.h"

#include "Core/Emit.h"

using namespace mlir;
using namespace mlir::attn::onnx;

namespace {
/// An image in [batch, channel, row, column], and the size of a block's side.
struct Image {
  Operand data;
  OpFoldResult side, block;
};
} // namespace

static FailureOr<Image> readImage(Node &n) {
  const Operand &data = n.input(0);
  if (data.rank() != 4)
    return n.error() << "expected an input of rank 4, got " << data.rank();
  int64_t side = n.intAttr("blocksize", 0);
  constexpr int64_t most = 1 << 15;
  if (side < 1 || side > most)
    return n.error() << "expected a blocksize in [1, " << most << "], got "
                     << side;
  return Image{data, n.math.constant(side), n.math.constant(side * side)};
}

/// With its dimensions split into `split`, put into `order`, and merged into
/// `merged`.
static LogicalResult setRearranged(Node &n, const Operand &data,
                                   const Sizes &split, ArrayRef<int64_t> order,
                                   const Sizes &merged) {
  FailureOr<Operand> parts = reshape(n, data, split);
  if (failed(parts))
    return failure();
  return n.setOutput(0, reshape(n, transpose(n, *parts, order), merged));
}

LogicalResult mlir::attn::onnx::importDepthToSpace(Node &n) {
  FailureOr<Image> image = readImage(n);
  if (failed(image))
    return failure();
  std::string mode = n.stringAttr("mode", "DCR");
  if (mode != "DCR" && mode != "CRD")
    return n.error() << "expected mode DCR or CRD, got '" << mode << "'";
  const Sizes &x = image->data.shape;
  OpFoldResult side = image->side, depth = n.math.div(x[1], image->block);
  Sizes merged{x[0], depth, n.math.mul(x[2], side), n.math.mul(x[3], side)};
  if (mode == "DCR")
    return setRearranged(n, image->data, {x[0], side, side, depth, x[2], x[3]},
                         {0, 3, 4, 1, 5, 2}, merged);
  return setRearranged(n, image->data, {x[0], depth, side, side, x[2], x[3]},
                       {0, 1, 4, 2, 5, 3}, merged);
}

LogicalResult mlir::attn::onnx::importSpaceToDepth(Node &n) {
  FailureOr<Image> image = readImage(n);
  if (failed(image))
    return failure();
  const Sizes &x = image->data.shape;
  OpFoldResult side = image->side, rows = n.math.div(x[2], side),
               columns = n.math.div(x[3], side);
  return setRearranged(n, image->data, {x[0], x[1], rows, side, columns, side},
                       {0, 3, 5, 1, 2, 4},
                       {x[0], n.math.mul(x[1], image->block), rows, columns});
}
