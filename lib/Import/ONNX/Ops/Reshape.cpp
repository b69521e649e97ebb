//===- Reshape.cpp - The same elements under another shape ----------------===//

#include "Core/Broadcast.h"
#include "Core/Registry.h"
#include "Ops/Depth.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn::onnx;

//===----------------------------------------------------------------------===//
// The general case: collapse runs of dimensions, then expand them otherwise
//===----------------------------------------------------------------------===//

namespace {
/// Dimensions [fromBegin, fromEnd) of the one shape hold as many elements as
/// [toBegin, toEnd) of the other.
struct Run {
  int64_t fromBegin, fromEnd, toBegin, toEnd;
};
} // namespace

/// Splits two shapes of equal size into as many runs as can be proved to agree.
static SmallVector<Run> splitIntoRuns(IndexMath &math, const Sizes &from,
                                      const Sizes &to) {
  int64_t fromRank = from.size(), toRank = to.size();
  SmallVector<OpFoldResult> products{math.constant(1)};
  for (OpFoldResult size : to)
    products.push_back(math.mul(products.back(), size));
  SmallVector<Run> runs;
  int64_t i = 0, j = 0;
  OpFoldResult product = math.constant(1);
  for (int64_t end = 1; end <= fromRank; ++end) {
    product = math.mul(product, from[end - 1]);
    // The last dimensions belong together, whatever their sizes.
    int64_t match = -1;
    for (int64_t next = j + 1; next <= toRank && match < 0; ++next)
      if (math.equal(product, products[next]))
        match = next;
    bool last = end == fromRank;
    if (match < 0 && !last)
      continue;
    if (last)
      match = toRank;
    if (match == j)
      continue;
    runs.push_back({i, end, j, match});
    i = end;
    j = match;
  }
  // Trailing ones of `from` that found no partner join the last run.
  if (!runs.empty()) {
    runs.back().fromEnd = fromRank;
    runs.back().toEnd = toRank;
  }
  return runs;
}

static Operand collapse(Node &n, const Operand &operand,
                        ArrayRef<ReassociationIndices> groups,
                        const Sizes &sizes) {
  if (int64_t(groups.size()) == operand.rank())
    return operand;
  Value value =
      tensor::CollapseShapeOp::create(n.b, n.loc, operand.value, groups);
  return makeOperand(n, value, sizes, operand.isUnsigned);
}

static Operand expand(Node &n, const Operand &operand,
                      ArrayRef<ReassociationIndices> groups,
                      const Sizes &sizes) {
  if (operand.rank() == int64_t(sizes.size()))
    return makeOperand(n, operand.value, sizes, operand.isUnsigned);
  SmallVector<int64_t> shape, before;
  for (OpFoldResult size : sizes)
    shape.push_back(constantOf(size).value_or(ShapedType::kDynamic));
  // The dimension that is expanded must be dynamic where one of its parts is.
  for (const ReassociationIndices &group : groups) {
    int64_t product = 1;
    for (int64_t d : group)
      product =
          ShapedType::isDynamic(product) || ShapedType::isDynamic(shape[d])
              ? ShapedType::kDynamic
              : product * shape[d];
    before.push_back(product);
  }
  Type element = operand.elementType();
  auto from = RankedTensorType::get(before, element);
  Value source = operand.value;
  if (source.getType() != from)
    source = tensor::CastOp::create(n.b, n.loc, from, source);
  Value value = tensor::ExpandShapeOp::create(
      n.b, n.loc, RankedTensorType::get(shape, element), source, groups, sizes);
  return makeOperand(n, value, sizes, operand.isUnsigned);
}

static ReassociationIndices range(int64_t begin, int64_t end) {
  return llvm::to_vector<2>(llvm::seq(begin, end));
}

/// All dimensions are 1 where either side has rank 0.
static FailureOr<Operand> reshapeScalar(Node &n, const Operand &operand,
                                        const Sizes &sizes) {
  if (sizes.empty()) {
    Sizes ones(operand.rank(), n.math.constant(1));
    Operand single = makeOperand(n, operand.value, ones, operand.isUnsigned);
    return collapse(n, single, {}, sizes);
  }
  Sizes ones(sizes.size(), n.math.constant(1));
  return makeOperand(n, expand(n, operand, {}, ones).value, sizes,
                     operand.isUnsigned);
}

static LogicalResult checkCount(Node &n, const Operand &operand,
                                const Sizes &sizes) {
  std::optional<int64_t> before = staticCount(operand.shape),
                         after = staticCount(sizes);
  if (before && after && *before != *after)
    return n.error() << "expected the new shape of '" << operand.name
                     << "' to have as many elements as the old one, got "
                     << describeSizes(sizes) << " for "
                     << describeSizes(operand.shape);
  OpFoldResult old = n.math.product(operand.shape),
               count = n.math.product(sizes);
  std::string message = "expected the new shape of '" + operand.name +
                        "' to have as many elements as the old one";
  // Numbers that wrap may be equal by accident.
  if (n.math.mayWrap(count) && !n.math.equal(old, count))
    emitAssert(n, fitsMachine(n, count), message);
  return requireEqual(n, old, count, message);
}

FailureOr<Operand> mlir::attn::onnx::reshape(Node &n, const Operand &operand,
                                             Sizes sizes) {
  if (operand.shape == ArrayRef(sizes))
    return operand;
  if (failed(checkSizes(n, sizes)) || failed(checkCount(n, operand, sizes)))
    return failure();
  if (operand.elements && staticCount(sizes))
    return fromElements(n, *operand.elements, sizes, operand.elementType(),
                        operand.isUnsigned);
  // Without elements there is nothing to move, and no runs to prove.
  if (constantOf(n.math.product(sizes)) == 0)
    return makeOperand(n, emptyTensor(n, sizes, operand.elementType()), sizes,
                       operand.isUnsigned);
  if (sizes.empty() || operand.rank() == 0)
    return reshapeScalar(n, operand, sizes);

  SmallVector<Run> runs = splitIntoRuns(n.math, operand.shape, sizes);
  SmallVector<ReassociationIndices> collapsed, expanded;
  Sizes middle;
  for (const Run &run : runs) {
    collapsed.push_back(range(run.fromBegin, run.fromEnd));
    expanded.push_back(range(run.toBegin, run.toEnd));
    ArrayRef<OpFoldResult> from(operand.shape), to(sizes);
    OpFoldResult size =
        n.math.product(to.slice(run.toBegin, run.toEnd - run.toBegin));
    if (!constantOf(size))
      size = n.math.product(
          from.slice(run.fromBegin, run.fromEnd - run.fromBegin));
    middle.push_back(size);
  }
  return expand(n, collapse(n, operand, collapsed, middle), expanded, sizes);
}

FailureOr<Operand> mlir::attn::onnx::unsqueeze(Node &n, const Operand &operand,
                                               ArrayRef<int64_t> axes) {
  Sizes sizes;
  int64_t rank = operand.rank() + axes.size(), next = 0;
  for (int64_t d = 0; d < rank; ++d)
    sizes.push_back(llvm::is_contained(axes, d) ? n.math.constant(1)
                                                : operand.shape[next++]);
  return reshape(n, operand, sizes);
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

static LogicalResult setReshaped(Node &n, const Sizes &sizes) {
  FailureOr<Operand> result = reshape(n, n.input(0), sizes);
  return n.setOutput(0, result);
}

/// The size that -1 stands for.
static FailureOr<OpFoldResult> inferSize(Node &n, const Sizes &from,
                                         const Sizes &others) {
  if (failed(checkSizes(n, others)))
    return failure();
  OpFoldResult total = n.math.product(from), rest = n.math.product(others);
  if (auto exact = n.math.exactDiv(total, rest))
    return *exact;
  std::optional<int64_t> known = constantOf(rest);
  if (known == 0)
    return n.error() << "expected no size 0 beside -1";
  if (known && constantOf(total))
    return n.error() << "expected a shape that divides " << *constantOf(total)
                     << " elements, got " << describeSizes(others)
                     << " beside -1";
  return n.math.div(total, rest);
}

/// Sizes that the call's data gives, where 0 and -1 are told apart only then.
static LogicalResult readSizesFromData(Node &n, Sizes &given, bool allowZero) {
  IndexMath &math = n.math;
  const Operand &data = n.input(0);
  OpFoldResult one = math.constant(1), inferred = math.constant(-1);
  auto is = [&](OpFoldResult size, OpFoldResult number) {
    return math.compare(arith::CmpIPredicate::eq, size, number);
  };
  OpFoldResult others = one;
  for (auto [i, size] : llvm::enumerate(given)) {
    if (!allowZero && int64_t(i) < data.rank())
      size = math.select(is(size, math.constant(0)), data.shape[i], size);
    others = math.mul(others, math.select(is(size, inferred), one, size));
  }
  if (failed(checkSizes(n, {others})))
    return failure();
  OpFoldResult rest = math.div(math.product(data.shape), math.max(others, one));
  for (OpFoldResult &size : given)
    size = math.select(is(size, inferred), rest, size);
  return success();
}

static LogicalResult importReshape(Node &n) {
  bool allowZero = n.intAttr("allowzero", 0) != 0;
  FailureOr<Sizes> given = n.indexElements(1, "shape");
  if (failed(given))
    return failure();
  const Operand &data = n.input(0);
  if (llvm::any_of(*given, [&](OpFoldResult size) {
        return n.math.isFromData(size) && !n.math.isNonNegative(size);
      })) {
    if (failed(readSizesFromData(n, *given, allowZero)))
      return failure();
    return setReshaped(n, *given);
  }
  int64_t inferred = -1;
  Sizes others;
  for (auto [i, size] : llvm::enumerate(*given)) {
    std::optional<int64_t> value = constantOf(size);
    if (value == -1) {
      if (inferred >= 0)
        return n.error() << "expected at most one -1 in the shape";
      inferred = i;
      continue;
    }
    if (value == 0 && !allowZero) {
      if (int64_t(i) >= data.rank())
        return n.error() << "expected size 0 to stand for a dimension of the "
                            "input, got it at "
                         << i << " for rank " << data.rank();
      size = data.shape[i];
    }
    others.push_back(size);
  }
  if (inferred >= 0) {
    FailureOr<OpFoldResult> size = inferSize(n, data.shape, others);
    if (failed(size))
      return failure();
    (*given)[inferred] = *size;
  }
  return setReshaped(n, *given);
}

static LogicalResult importFlatten(Node &n) {
  const Operand &data = n.input(0);
  int64_t at = n.intAttr("axis", 1);
  if (at < -data.rank() || at > data.rank())
    return n.error() << "expected an axis in [-" << data.rank() << ", "
                     << data.rank() << "], got " << at;
  at = at < 0 ? at + data.rank() : at;
  ArrayRef<OpFoldResult> sizes(data.shape);
  return setReshaped(n, {n.math.product(sizes.take_front(at)),
                         n.math.product(sizes.drop_front(at))});
}

static LogicalResult importUnsqueeze(Node &n) {
  FailureOr<std::optional<SmallVector<int64_t>>> values =
      n.constantList(1, "axes");
  if (failed(values))
    return failure();
  if (!*values)
    return n.error() << "expected axes, got none";
  FailureOr<SmallVector<int64_t>> axes =
      n.axes(**values, n.input(0).rank() + (*values)->size());
  if (failed(axes))
    return failure();
  FailureOr<Operand> result = unsqueeze(n, n.input(0), *axes);
  return n.setOutput(0, result);
}

/// Without axes, every dimension of size 1.
static FailureOr<SmallVector<int64_t>> readSqueezedAxes(Node &n) {
  const Operand &data = n.input(0);
  FailureOr<std::optional<SmallVector<int64_t>>> given =
      n.constantList(1, "axes");
  if (failed(given))
    return failure();
  if (*given)
    return n.axes(**given, data.rank());
  SmallVector<int64_t> axes;
  for (int64_t d = 0; d < data.rank(); ++d) {
    if (!constantOf(data.shape[d]))
      return n.error() << "expected axes, as dimension " << d << " of '"
                       << data.name << "' is dynamic";
    if (constantOf(data.shape[d]) == 1)
      axes.push_back(d);
  }
  return axes;
}

static LogicalResult importSqueeze(Node &n) {
  const Operand &data = n.input(0);
  FailureOr<SmallVector<int64_t>> axes = readSqueezedAxes(n);
  if (failed(axes))
    return failure();
  Sizes sizes;
  for (int64_t d = 0; d < data.rank(); ++d) {
    if (!llvm::is_contained(*axes, d))
      sizes.push_back(data.shape[d]);
    else if (constantOf(data.shape[d]).value_or(1) != 1)
      return n.error() << "expected dimension " << d << " of '" << data.name
                       << "' to be 1, got " << *constantOf(data.shape[d]);
  }
  return setReshaped(n, sizes);
}

static LogicalResult importIdentity(Node &n) {
  return n.setOutput(0, n.input(0));
}

static LogicalResult importTranspose(Node &n) {
  int64_t rank = n.input(0).rank();
  SmallVector<int64_t> perm = llvm::to_vector(llvm::reverse(llvm::seq(rank)));
  if (auto given = n.intsAttr("perm")) {
    FailureOr<SmallVector<int64_t>> axes = n.axes(*given, rank);
    if (failed(axes))
      return failure();
    if (int64_t(axes->size()) != rank)
      return n.error() << "expected perm to have " << rank << " entries, got "
                       << axes->size();
    perm = *axes;
  }
  return n.setOutput(0, transpose(n, n.input(0), perm));
}

static LogicalResult importExpand(Node &n) {
  FailureOr<Sizes> shape = n.indexElements(1, "shape");
  if (failed(shape))
    return failure();
  // A tensor of the wanted shape stands in as the second operand.
  Operand wanted;
  wanted.name = n.input(1).name;
  wanted.shape = *shape;
  FailureOr<Sizes> sizes = broadcastShapes(n, {n.input(0), wanted});
  if (failed(sizes))
    return failure();
  return n.setOutput(0, repeatTo(n, n.input(0), *sizes));
}

ArrayRef<OpEntry> mlir::attn::onnx::reshapeOps() {
  static const OpEntry table[] = {
      {"Reshape", importReshape, 2, 2},
      {"Flatten", importFlatten, 1, 1},
      {"Unsqueeze", importUnsqueeze, 1, 2},
      {"Squeeze", importSqueeze, 1, 2},
      {"Identity", importIdentity, 1, 1},
      {"Transpose", importTranspose, 1, 1},
      {"Expand", importExpand, 2, 2},
      {"DepthToSpace", importDepthToSpace, 1, 1},
      {"SpaceToDepth", importSpaceToDepth, 1, 1},
  };
  return table;
}
