//===- ConvTranspose.cpp - ConvTranspose as a convolution -----------------===//
// Each element adds a kernel to the result, `stride` apart. That is a
// convolution with the kernel turned around, of the data with stride - 1 zeros
// between its elements and as many around as reach from outside.
//===----------------------------------------------------------------------===//

#include "Core/Elementwise.h"
#include "Ops/Conv.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn::onnx;

/// The elements `strides` apart, zeros between them.
static FailureOr<Operand> spread(Node &n, const Operand &data,
                                 ArrayRef<int64_t> strides) {
  if (llvm::all_of(strides, [](int64_t s) { return s == 1; }))
    return data;
  Sizes sizes = data.shape;
  for (auto [d, stride] : llvm::enumerate(strides)) {
    OpFoldResult last = n.math.sub(data.shape[d + 2], n.math.constant(1));
    OpFoldResult size = n.math.add(n.math.mul(last, n.math.constant(stride)),
                                   n.math.constant(1));
    sizes[d + 2] = n.math.max(size, n.math.constant(0));
  }
  if (failed(checkSizes(n, sizes)))
    return failure();
  return generate(
      n, sizes, data.elementType(), [&](ScalarBuilder &s, ValueRange at) {
        SmallVector<Value> from(at);
        Value isElement = s.boolean(true);
        for (auto [d, stride] : llvm::enumerate(strides)) {
          Value step = s.index(stride), position = at[d + 2];
          from[d + 2] = s.make<arith::DivUIOp>(position, step);
          Value rest = s.make<arith::RemUIOp>(position, step);
          isElement =
              s.make<arith::AndIOp>(isElement, s.equal(rest, s.index(0)));
        }
        Value element = tensor::ExtractOp::create(s.b, s.loc, data.value, from);
        return s.select(isElement, element, s.number(data.elementType(), 0));
      });
}

/// From (channel, output channel of the group, spatial...) to (output channel,
/// channel of the group, spatial...), each spatial dimension turned around.
static FailureOr<Operand> turn(Node &n, const Operand &kernel, int64_t groups) {
  OpFoldResult count = n.math.constant(groups);
  OpFoldResult channels = n.math.div(kernel.shape[0], count);
  if (failed(requireEqual(n, n.math.mul(channels, count), kernel.shape[0],
                          "expected the channels of '" + kernel.name +
                              "' to be a multiple of group")))
    return failure();
  Sizes sizes = kernel.shape;
  sizes[0] = n.math.mul(kernel.shape[1], count);
  sizes[1] = channels;
  SmallVector<Value> extents;
  for (OpFoldResult size : sizes)
    extents.push_back(n.math.materialize(size));
  Value outputs = n.math.materialize(kernel.shape[1]);
  return generate(
      n, sizes, kernel.elementType(), [&](ScalarBuilder &s, ValueRange at) {
        Value group = s.make<arith::DivUIOp>(at[0], outputs);
        SmallVector<Value> from = {s.add(s.mul(group, extents[1]), at[1]),
                                   s.make<arith::RemUIOp>(at[0], outputs)};
        for (size_t d = 2; d < at.size(); ++d)
          from.push_back(s.sub(s.sub(extents[d], s.index(1)), at[d]));
        return tensor::ExtractOp::create(s.b, s.loc, kernel.value, from)
            .getResult();
      });
}

/// What is around the spread data: (kernel - 1) * dilation less the pads.
static LogicalResult padAround(Node &n, Conv &conv) {
  std::string mode = n.stringAttr("auto_pad", "NOTSET");
  if (n.hasAttr("output_shape") || (mode != "NOTSET" && mode != "VALID"))
    return n.error() << "expected pads, not output_shape or auto_pad";
  int64_t count = conv.spatial();
  FailureOr<SmallVector<int64_t>> pads = readPads(n, count);
  SmallVector<int64_t> more =
      n.intsAttr("output_padding").value_or(SmallVector<int64_t>(count, 0));
  if (failed(pads))
    return failure();
  if (int64_t(more.size()) != count ||
      llvm::any_of(more, [](int64_t m) { return m < 0 || m > INT32_MAX; }))
    return n.error() << "expected output_padding to be " << count
                     << " numbers that are not negative";
  for (int64_t d = 0; d < count; ++d) {
    std::optional<int64_t> size = constantOf(conv.kernelSizes[d]);
    int64_t reach = size ? (*size - 1) * conv.dilations[d] : -1;
    int64_t low = reach - (*pads)[d],
            high = reach - (*pads)[d + count] + more[d];
    if (!size || low < 0 || high < 0)
      return n.error() << "expected a kernel of known size that reaches over "
                          "the pads in spatial dimension "
                       << d;
    conv.low.push_back(n.math.constant(low));
    conv.high.push_back(n.math.constant(high));
  }
  return success();
}

LogicalResult mlir::attn::onnx::importConvTranspose(Node &n) {
  if (failed(checkUniform(n, Kinds::Floats)))
    return failure();
  FailureOr<Conv> conv = readConv(n, n.input(0), n.input(1));
  if (failed(conv) ||
      failed(requireEqualDims(n, conv->data, 1, conv->kernel, 0)) ||
      failed(padAround(n, *conv)))
    return failure();
  FailureOr<Operand> data = spread(n, conv->data, conv->strides);
  FailureOr<Operand> kernel = turn(n, conv->kernel, conv->groups);
  if (failed(data) || failed(kernel))
    return failure();
  data->name = conv->data.name;
  kernel->name = conv->kernel.name + " (turned around)";
  conv->data = *data;
  conv->kernel = *kernel;
  conv->strides.assign(conv->spatial(), 1);
  return n.setOutput(0, convolve(n, *conv, readBias(n)));
}
