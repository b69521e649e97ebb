//===- Conv.cpp - Convolutions --------------------------------------------===//
//
// Over any number of spatial dimensions. Where no element is read twice, that
// is for kernels of one element and for patches that lie side by side, a
// convolution is a product of matrices and is written as one.
//
//===----------------------------------------------------------------------===//

#include "Ops/Conv.h"
#include "Core/Elementwise.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::attn::onnx;

//===----------------------------------------------------------------------===//
// Attributes and sizes
//===----------------------------------------------------------------------===//

/// kernel_shape says again what the weights say.
static LogicalResult checkKernelShape(Node &n, const Conv &conv) {
  std::optional<SmallVector<int64_t>> given = n.intsAttr("kernel_shape");
  if (!given)
    return success();
  if (int64_t(given->size()) != conv.spatial())
    return n.error() << "expected " << conv.spatial()
                     << " sizes in kernel_shape, got " << given->size();
  for (auto [d, size] : llvm::enumerate(*given))
    if (failed(requireEqual(n, conv.kernelSizes[d], n.math.constant(size),
                            "expected kernel_shape to be the kernel's, "
                            "dimension " +
                                Twine(d + 2) + " of '" + conv.kernel.name +
                                "'")))
      return failure();
  return success();
}

static LogicalResult checkChannels(Node &n, const Conv &conv) {
  OpFoldResult groups = n.math.constant(conv.groups);
  if (failed(requireEqual(
          n, n.math.mul(conv.kernel.shape[1], groups), conv.data.shape[1],
          "expected dimension 1 of '" + conv.data.name +
              "' to be group times dimension 1 of '" + conv.kernel.name + "'")))
    return failure();
  OpFoldResult each = n.math.div(conv.kernel.shape[0], groups);
  return requireEqual(n, n.math.mul(each, groups), conv.kernel.shape[0],
                      "expected dimension 0 of '" + conv.kernel.name +
                          "' to be a multiple of group");
}

FailureOr<Conv> mlir::attn::onnx::readConv(Node &n, const Operand &data,
                                           const Operand &kernel) {
  Conv conv;
  conv.data = data;
  conv.kernel = kernel;
  conv.groups = n.intAttr("group", 1);
  int64_t spatial = conv.data.rank() - 2;
  if (spatial < 1 || conv.kernel.rank() != conv.data.rank())
    return n.error() << "expected data and kernels of one rank, 3 or more, got "
                     << conv.data.type() << " and " << conv.kernel.type();
  if (conv.groups < 1 || conv.groups > INT32_MAX)
    return n.error() << "expected group to be positive, got " << conv.groups;
  FailureOr<Window> window =
      readWindow(n, conv.data, ArrayRef(conv.kernel.shape).drop_front(2));
  if (failed(window))
    return failure();
  static_cast<Window &>(conv) = *window;
  if (failed(checkKernelShape(n, conv)))
    return failure();
  return conv;
}

//===----------------------------------------------------------------------===//
// As a product
//===----------------------------------------------------------------------===//

static bool isZero(OpFoldResult size) { return constantOf(size) == 0; }

/// Kernels of one element, or of patches that lie side by side.
static bool isProduct(const Conv &conv) {
  for (int64_t d = 0; d < conv.spatial(); ++d) {
    std::optional<int64_t> size = constantOf(conv.kernelSizes[d]);
    bool apart =
        size == 1 || (size == conv.strides[d] && conv.dilations[d] == 1);
    if (!apart || !isZero(conv.low[d]) || !isZero(conv.high[d]))
      return false;
  }
  return conv.groups == 1;
}

/// (batch, channel, out, kernel, ...): what each kernel meets.
static FailureOr<Operand> splitPatches(Node &n, const Conv &conv) {
  const Operand &data = conv.data;
  Sizes zeros(data.rank(), n.math.constant(0));
  Sizes taken(data.shape.begin(), data.shape.begin() + 2), split = taken;
  SmallVector<int64_t> steps(2, 1);
  for (int64_t d = 0; d < conv.spatial(); ++d) {
    OpFoldResult size = conv.kernelSizes[d];
    bool single = constantOf(size) == 1;
    steps.push_back(single ? conv.strides[d] : 1);
    taken.push_back(n.math.mul(conv.out[d], size));
    split.append({conv.out[d], size});
  }
  bool whole = llvm::all_of(steps, [](int64_t step) { return step == 1; }) &&
               llvm::all_of(llvm::zip_equal(taken, data.shape), [&](auto pair) {
                 return n.math.equal(std::get<0>(pair), std::get<1>(pair));
               });
  return reshape(n, whole ? data : slice(n, data, zeros, taken, steps), split);
}

/// The kernels times (batch, channel, position): nothing is moved.
static FailureOr<Operand> emitPointwise(Node &n, const Conv &conv,
                                        const Operand &patches) {
  OpFoldResult positions = n.math.product(conv.out);
  FailureOr<Operand> columns =
      reshape(n, patches, {conv.data.shape[0], conv.data.shape[1], positions});
  FailureOr<Operand> rows =
      reshape(n, conv.kernel, {conv.kernel.shape[0], conv.kernel.shape[1]});
  if (failed(columns) || failed(rows))
    return failure();
  return matMul(n, *rows, *columns);
}

/// (batch, position, channel * kernel) times the kernels, then channels first.
static FailureOr<Operand> emitPatches(Node &n, const Conv &conv,
                                      const Operand &patches) {
  SmallVector<int64_t> order{0}, inner{1};
  for (int64_t d = 0; d < conv.spatial(); ++d) {
    order.push_back(2 + 2 * d);
    inner.push_back(3 + 2 * d);
  }
  order.append(inner);
  OpFoldResult width = n.math.product(ArrayRef(conv.kernel.shape).drop_front());
  FailureOr<Operand> rows =
      reshape(n, transpose(n, patches, order),
              {conv.data.shape[0], n.math.product(conv.out), width});
  FailureOr<Operand> columns =
      reshape(n, conv.kernel, {conv.kernel.shape[0], width});
  if (failed(rows) || failed(columns))
    return failure();
  FailureOr<Operand> product = matMul(n, *rows, transpose(n, *columns, {1, 0}));
  if (failed(product))
    return failure();
  return transpose(n, *product, {0, 2, 1});
}

static FailureOr<Operand> emitAsProduct(Node &n, const Conv &conv) {
  FailureOr<Operand> patches = splitPatches(n, conv);
  if (failed(patches))
    return failure();
  bool pointwise =
      llvm::all_of(ArrayRef(conv.kernel.shape).drop_front(2),
                   [](OpFoldResult size) { return constantOf(size) == 1; });
  FailureOr<Operand> product = pointwise ? emitPointwise(n, conv, *patches)
                                         : emitPatches(n, conv, *patches);
  if (failed(product))
    return failure();
  Sizes sizes{conv.data.shape[0], conv.kernel.shape[0]};
  sizes.append(conv.out);
  return reshape(n, *product, sizes);
}

//===----------------------------------------------------------------------===//
// As a contraction over windows
//===----------------------------------------------------------------------===//

/// Dimension `d` as (groups, the rest).
static FailureOr<Operand> splitGroups(Node &n, const Operand &operand,
                                      int64_t d, int64_t groups) {
  Sizes sizes = operand.shape;
  sizes[d] = n.math.div(sizes[d], n.math.constant(groups));
  sizes.insert(sizes.begin() + d, n.math.constant(groups));
  return reshape(n, operand, sizes);
}

/// Loops (batch, group, output channel, out..., channel, kernel...): the data's
/// position is stride * out + dilation * kernel.
static SmallVector<AffineMap> windowMaps(Node &n, const Conv &conv) {
  int64_t spatial = conv.spatial(), loops = 4 + 2 * spatial;
  auto dim = [&](int64_t d) { return n.b.getAffineDimExpr(d); };
  AffineExpr channel = dim(3 + spatial);
  SmallVector<AffineExpr> data{dim(0), dim(1), channel};
  SmallVector<AffineExpr> kernel{dim(1), dim(2), channel};
  for (int64_t d = 0; d < spatial; ++d) {
    AffineExpr inner = dim(4 + spatial + d);
    data.push_back(dim(3 + d) * conv.strides[d] + inner * conv.dilations[d]);
    kernel.push_back(inner);
  }
  MLIRContext *context = n.b.getContext();
  return {AffineMap::get(loops, 0, data, context),
          AffineMap::get(loops, 0, kernel, context),
          AffineMap::getMultiDimIdentityMap(loops, context)
              .getMajorSubMap(3 + spatial)};
}

/// In f32 for the 16-bit floats, then rounded.
static FailureOr<Operand> emitWindows(Node &n, const Conv &conv) {
  ScalarBuilder s(n.b, n.loc);
  FailureOr<Operand> padded =
      padWith(n, conv, s.number(conv.data.elementType(), 0));
  if (failed(padded))
    return failure();
  FailureOr<Operand> data = splitGroups(n, *padded, 1, conv.groups);
  FailureOr<Operand> kernel = splitGroups(n, conv.kernel, 0, conv.groups);
  if (failed(data) || failed(kernel))
    return failure();
  Sizes sizes{data->shape[0], data->shape[1], kernel->shape[1]};
  sizes.append(conv.out);
  Type wide = accumulatorType(n.b, conv.data.elementType());
  Value init = filledTensor(n, sizes, s.number(wide, 0));
  SmallVector<utils::IteratorType> iterators(sizes.size(),
                                             utils::IteratorType::parallel);
  iterators.append(1 + conv.spatial(), utils::IteratorType::reduction);
  auto body = [&](OpBuilder &nested, Location loc, ValueRange x) {
    ScalarBuilder inner(nested, loc);
    Value a = inner.convert(x[0], wide, false, false);
    Value w = inner.convert(x[1], wide, false, false);
    linalg::YieldOp::create(nested, loc, inner.add(x[2], inner.mul(a, w)));
  };
  auto generic = linalg::GenericOp::create(
      n.b, n.loc, init.getType(), {data->value, kernel->value}, init,
      windowMaps(n, conv), iterators, body);
  FailureOr<Operand> result = castTo(
      n, makeOperand(n, generic.getResult(0), sizes), conv.data.elementType());
  if (failed(result))
    return failure();
  Sizes joined{data->shape[0], conv.kernel.shape[0]};
  joined.append(conv.out);
  return reshape(n, *result, joined);
}

/// One number for each channel.
static FailureOr<Operand> addBias(Node &n, const Operand &result,
                                  const Operand &kernel, const Operand &bias) {
  if (bias.rank() != 1)
    return n.error() << "expected '" << bias.name << "' to have rank 1, got "
                     << bias.type();
  if (failed(requireEqualDims(n, bias, 0, kernel, 0)))
    return failure();
  FailureOr<Operand> each = unsqueeze(
      n, bias, llvm::to_vector(llvm::seq<int64_t>(1, result.rank() - 1)));
  if (failed(each))
    return failure();
  return elementwiseOver(
      n, {result, *each}, result.shape, result.elementType(),
      [](ScalarBuilder &s, ValueRange x) { return s.add(x[0], x[1]); });
}

Operand mlir::attn::onnx::readBias(Node &n) {
  return n.hasInput(2) ? n.input(2) : Operand();
}

FailureOr<Operand> mlir::attn::onnx::convolve(Node &n, Conv conv,
                                              const Operand &bias) {
  if (failed(checkChannels(n, conv)) || failed(setOutputSizes(n, conv)))
    return failure();
  Sizes sizes{conv.data.shape[0], conv.kernel.shape[0]};
  sizes.append(conv.out);
  if (failed(checkSizes(n, sizes)))
    return failure();
  FailureOr<Operand> result =
      isProduct(conv) ? emitAsProduct(n, conv) : emitWindows(n, conv);
  if (failed(result) || !bias)
    return result;
  return addBias(n, *result, conv.kernel, bias);
}

static LogicalResult importConv(Node &n) {
  if (failed(checkUniform(n, Kinds::Floats)))
    return failure();
  FailureOr<Conv> conv = readConv(n, n.input(0), n.input(1));
  if (failed(conv) || failed(setPadding(n, *conv)))
    return failure();
  return n.setOutput(0, convolve(n, *conv, readBias(n)));
}

ArrayRef<OpEntry> mlir::attn::onnx::convOps() {
  static const OpEntry table[] = {
      {"Conv", importConv, 2, 3},
      {"ConvTranspose", importConvTranspose, 2, 3},
  };
  return table;
}
