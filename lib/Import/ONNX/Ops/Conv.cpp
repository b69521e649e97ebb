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
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::attn::onnx;

//===----------------------------------------------------------------------===//
// Attributes and sizes
//===----------------------------------------------------------------------===//

/// A positive factor for each spatial dimension; 1 where it is left out.
static FailureOr<SmallVector<int64_t>> readFactors(Node &n, StringRef name,
                                                   int64_t count) {
  SmallVector<int64_t> factors =
      n.intsAttr(name).value_or(SmallVector<int64_t>(count, 1));
  if (int64_t(factors.size()) != count ||
      llvm::any_of(factors, [](int64_t f) { return f < 1 || f > INT32_MAX; }))
    return n.error() << "expected " << name << " to be " << count
                     << " positive numbers, got ["
                     << llvm::join(llvm::map_range(factors,
                                                   [](int64_t f) {
                                                     return std::to_string(f);
                                                   }),
                                   ", ")
                     << "]";
  return factors;
}

/// kernel_shape says again what the weights say.
static LogicalResult checkKernelShape(Node &n, const Conv &conv) {
  std::optional<SmallVector<int64_t>> given = n.intsAttr("kernel_shape");
  if (!given)
    return success();
  if (int64_t(given->size()) != conv.spatial())
    return n.error() << "expected " << conv.spatial()
                     << " sizes in kernel_shape, got " << given->size();
  for (auto [d, size] : llvm::enumerate(*given))
    if (failed(requireEqual(n, conv.kernelSize(d), n.math.constant(size),
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

FailureOr<Conv> mlir::attn::onnx::readConv(Node &n) {
  Conv conv;
  conv.data = n.input(0);
  conv.kernel = n.input(1);
  conv.groups = n.intAttr("group", 1);
  int64_t spatial = conv.data.rank() - 2;
  if (spatial < 1 || conv.kernel.rank() != conv.data.rank())
    return n.error() << "expected data and kernels of one rank, 3 or more, got "
                     << conv.data.type() << " and " << conv.kernel.type();
  if (conv.groups < 1 || conv.groups > INT32_MAX)
    return n.error() << "expected group to be positive, got " << conv.groups;
  FailureOr<SmallVector<int64_t>> strides = readFactors(n, "strides", spatial);
  FailureOr<SmallVector<int64_t>> dilations =
      readFactors(n, "dilations", spatial);
  if (failed(strides) || failed(dilations))
    return failure();
  conv.strides = *strides;
  conv.dilations = *dilations;
  if (failed(checkKernelShape(n, conv)))
    return failure();
  return conv;
}

/// How many elements a kernel spans in spatial dimension `d`.
static OpFoldResult extentOf(Node &n, const Conv &conv, int64_t d) {
  OpFoldResult one = n.math.constant(1);
  OpFoldResult steps = n.math.sub(conv.kernelSize(d), one);
  return n.math.add(n.math.mul(steps, n.math.constant(conv.dilations[d])), one);
}

FailureOr<SmallVector<int64_t>> mlir::attn::onnx::readPads(Node &n,
                                                           int64_t count) {
  SmallVector<int64_t> pads =
      n.intsAttr("pads").value_or(SmallVector<int64_t>(2 * count, 0));
  if (int64_t(pads.size()) != 2 * count)
    return n.error() << "expected " << 2 * count << " pads, got "
                     << pads.size();
  for (int64_t pad : pads)
    if (pad < 0 || pad > INT32_MAX)
      return n.error() << "expected pads that are not negative, got " << pad;
  return pads;
}

static LogicalResult setPads(Node &n, Conv &conv) {
  int64_t count = conv.spatial();
  FailureOr<SmallVector<int64_t>> pads = readPads(n, count);
  if (failed(pads))
    return failure();
  for (int64_t d = 0; d < count; ++d) {
    conv.low.push_back(n.math.constant((*pads)[d]));
    conv.high.push_back(n.math.constant((*pads)[d + count]));
  }
  return success();
}

/// As many results as strides begin in the data; an odd pad goes to the end
/// for SAME_UPPER.
static void padToSame(Node &n, Conv &conv, bool upper) {
  for (int64_t d = 0; d < conv.spatial(); ++d) {
    OpFoldResult size = conv.data.shape[d + 2], zero = n.math.constant(0);
    OpFoldResult stride = n.math.constant(conv.strides[d]);
    OpFoldResult last = n.math.mul(
        n.math.sub(n.math.ceilDiv(size, stride), n.math.constant(1)), stride);
    OpFoldResult total = n.math.max(
        n.math.sub(n.math.add(last, extentOf(n, conv, d)), size), zero);
    OpFoldResult half = n.math.div(total, n.math.constant(2));
    OpFoldResult rest = n.math.sub(total, half);
    conv.low.push_back(upper ? half : rest);
    conv.high.push_back(upper ? rest : half);
  }
}

static LogicalResult setPadding(Node &n, Conv &conv) {
  std::string mode = n.stringAttr("auto_pad", "NOTSET");
  if (mode == "NOTSET")
    return setPads(n, conv);
  if (mode != "SAME_UPPER" && mode != "SAME_LOWER" && mode != "VALID")
    return n.error() << "expected auto_pad to be NOTSET, SAME_UPPER, "
                        "SAME_LOWER or VALID, got '"
                     << Importer::printable(mode) << "'";
  // Written too by exporters, and then without a meaning.
  n.intsAttr("pads");
  if (mode == "VALID")
    conv.low = conv.high = Sizes(conv.spatial(), n.math.constant(0));
  else
    padToSame(n, conv, mode == "SAME_UPPER");
  return success();
}

/// An error, or a check for when it runs, that the kernel fits into the data.
static LogicalResult setOutputSizes(Node &n, Conv &conv) {
  for (int64_t d = 0; d < conv.spatial(); ++d) {
    OpFoldResult padded = n.math.add(conv.data.shape[d + 2],
                                     n.math.add(conv.low[d], conv.high[d]));
    OpFoldResult extent = extentOf(n, conv, d);
    OpFoldResult room = n.math.sub(padded, extent);
    std::string message = ("expected dimension " + Twine(d + 2) + " of '" +
                           conv.data.name + "' to hold a kernel")
                              .str();
    if (constantOf(room).value_or(0) < 0)
      return n.error() << message << " of " << *constantOf(extent) << ", got "
                       << *constantOf(padded) << " with its pads";
    if (!constantOf(room)) {
      ScalarBuilder s(n.b, n.loc);
      Value fits =
          s.less(n.math.materialise(extent), n.math.materialise(padded), true);
      emitAssert(n, fits, message);
    }
    conv.out.push_back(
        n.math.add(n.math.div(room, n.math.constant(conv.strides[d])),
                   n.math.constant(1)));
  }
  return success();
}

//===----------------------------------------------------------------------===//
// As a product
//===----------------------------------------------------------------------===//

static bool isZero(OpFoldResult size) { return constantOf(size) == 0; }

/// Kernels of one element, or of patches that lie side by side.
static bool isProduct(const Conv &conv) {
  for (int64_t d = 0; d < conv.spatial(); ++d) {
    std::optional<int64_t> size = constantOf(conv.kernelSize(d));
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
    OpFoldResult size = conv.kernelSize(d);
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

static FailureOr<Operand> padWithZeros(Node &n, const Conv &conv) {
  if (llvm::all_of(conv.low, isZero) && llvm::all_of(conv.high, isZero))
    return conv.data;
  Sizes sizes = conv.data.shape, offsets(sizes.size(), n.math.constant(0));
  for (int64_t d = 0; d < conv.spatial(); ++d) {
    offsets[d + 2] = conv.low[d];
    sizes[d + 2] =
        n.math.add(sizes[d + 2], n.math.add(conv.low[d], conv.high[d]));
  }
  if (failed(checkSizes(n, sizes)))
    return failure();
  ScalarBuilder s(n.b, n.loc);
  Value zeros = filledTensor(n, sizes, s.floating(conv.data.elementType(), 0));
  return makeOperand(
      n, insertSlice(n, conv.data.value, conv.data.shape, zeros, offsets),
      sizes);
}

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
  FailureOr<Operand> padded = padWithZeros(n, conv);
  if (failed(padded))
    return failure();
  FailureOr<Operand> data = splitGroups(n, *padded, 1, conv.groups);
  FailureOr<Operand> kernel = splitGroups(n, conv.kernel, 0, conv.groups);
  if (failed(data) || failed(kernel))
    return failure();
  Sizes sizes{data->shape[0], data->shape[1], kernel->shape[1]};
  sizes.append(conv.out);
  Type wide = accumulatorType(n.b, conv.data.elementType());
  ScalarBuilder s(n.b, n.loc);
  Value init = filledTensor(n, sizes, s.floating(wide, 0));
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
                                  const Operand &kernel) {
  const Operand &bias = n.input(2);
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

FailureOr<Operand> mlir::attn::onnx::convolve(Node &n, Conv conv) {
  if (failed(checkChannels(n, conv)) || failed(setOutputSizes(n, conv)))
    return failure();
  Sizes sizes{conv.data.shape[0], conv.kernel.shape[0]};
  sizes.append(conv.out);
  if (failed(checkSizes(n, sizes)))
    return failure();
  FailureOr<Operand> result =
      isProduct(conv) ? emitAsProduct(n, conv) : emitWindows(n, conv);
  if (failed(result) || !n.hasInput(2))
    return result;
  return addBias(n, *result, conv.kernel);
}

static LogicalResult importConv(Node &n) {
  if (failed(checkUniform(n, Kinds::Floats)))
    return failure();
  FailureOr<Conv> conv = readConv(n);
  if (failed(conv) || failed(setPadding(n, *conv)))
    return failure();
  return n.setOutput(0, convolve(n, *conv));
}

ArrayRef<OpEntry> mlir::attn::onnx::convOps() {
  static const OpEntry table[] = {
      {"Conv", importConv, 2, 3},
      {"ConvTranspose", importConvTranspose, 2, 3},
  };
  return table;
}
