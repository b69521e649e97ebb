//===- Gather.cpp - Reading by index --------------------------------------===//

#include "Ops/Indexing.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn::onnx;

//===----------------------------------------------------------------------===//
// Indices from data: checked first, then clamped (D21)
//===----------------------------------------------------------------------===//

LogicalResult mlir::attn::onnx::checkIndexType(Node &n, size_t i) {
  if (n.input(i).isInt() &&
      n.input(i).elementType().getIntOrFloatBitWidth() >= 32)
    return success();
  return n.error() << "expected input " << i
                   << " to hold 32 or 64 bit integers, got "
                   << n.input(i).type();
}

Value mlir::attn::onnx::wrapIndex(ScalarBuilder &s, Value element, Value size) {
  Value index = s.toIndex(element);
  return s.select(s.less(index, s.index(0), false), s.add(index, size), index);
}

Value mlir::attn::onnx::clampIndex(ScalarBuilder &s, Value index, Value size) {
  Value last = s.sub(size, s.index(1));
  return s.make<arith::MaxSIOp>(s.make<arith::MinSIOp>(index, last),
                                s.index(0));
}

LogicalResult mlir::attn::onnx::requireInRange(Node &n, const Operand &indices,
                                               OpFoldResult size,
                                               const Twine &message) {
  std::optional<int64_t> known = constantOf(size);
  if (isConstant(indices) && known) {
    for (OpFoldResult element : *indices.elements)
      if (*constantOf(element) < -*known || *constantOf(element) >= *known)
        return n.error() << message << ", got " << *constantOf(element)
                         << " for size " << *known;
    return success();
  }
  Value limit = n.math.materialize(size);
  ScalarBuilder s(n.b, n.loc);
  auto inRange = [&](ScalarBuilder &s, Value element, Value accumulator) {
    Value index = wrapIndex(s, element, limit);
    Value inside = s.make<arith::AndIOp>(s.less(s.index(0), index, true),
                                         s.less(index, limit, false));
    return s.make<arith::AndIOp>(accumulator, inside);
  };
  Operand all = reduce(n, indices, llvm::to_vector(llvm::seq(indices.rank())),
                       s.boolean(true), inRange);
  emitAssert(n, extractScalar(n, all), message);
  return success();
}

static std::string rangeMessage(Node &n, const Operand &indices,
                                const Operand &data, int64_t axis) {
  return ("expected the indices '" + Twine(indices.name) +
          "' to lie within dimension " + Twine(axis) + " of '" + data.name +
          "'")
      .str();
}

//===----------------------------------------------------------------------===//
// Gather
//===----------------------------------------------------------------------===//

/// One known position: a slice without that dimension.
static FailureOr<Operand> gatherSlice(Node &n, const Operand &data,
                                      OpFoldResult at, int64_t axis) {
  Sizes offsets(data.rank(), n.math.constant(0)), sizes = data.shape;
  SmallVector<int64_t> ones(data.rank(), 1);
  OpFoldResult size = data.shape[axis];
  std::optional<int64_t> constant = constantOf(at);
  if (constant && *constant < 0)
    at = n.math.add(at, size);
  // A position that is only known when the code runs must be proved there.
  if (!constantOf(at) || !constantOf(size)) {
    ScalarBuilder s(n.b, n.loc);
    Value index = n.math.materialize(at), limit = n.math.materialize(size);
    Value inside = s.make<arith::AndIOp>(s.less(s.index(0), index, true),
                                         s.less(index, limit, false));
    emitAssert(n, inside,
               "expected the position to lie within dimension " + Twine(axis) +
                   " of '" + data.name + "'");
    at = OpFoldResult(clampIndex(s, index, limit));
  }
  offsets[axis] = at;
  sizes[axis] = n.math.constant(1);
  Operand part = slice(n, data, offsets, sizes, ones);
  sizes.erase(sizes.begin() + axis);
  return reshape(n, part, sizes);
}

/// Known elements of a known list.
static std::optional<Elements> gatherElements(const Operand &data,
                                              const Operand &indices) {
  if (!data.elements || data.rank() != 1 || !isConstant(indices))
    return std::nullopt;
  Elements result;
  int64_t size = data.elements->size();
  for (OpFoldResult element : *indices.elements) {
    int64_t at = *constantOf(element);
    result.push_back((*data.elements)[at < 0 ? at + size : at]);
  }
  return result;
}

static Operand emitGather(Node &n, const Operand &data, const Operand &indices,
                          int64_t axis, const Sizes &sizes) {
  int64_t rank = sizes.size(), indexRank = indices.rank();
  SmallVector<AffineExpr> exprs;
  for (int64_t d = 0; d < indexRank; ++d)
    exprs.push_back(n.b.getAffineDimExpr(axis + d));
  Value limit = n.math.materialize(data.shape[axis]);
  Value init = emptyTensor(n, sizes, data.elementType());
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  auto body = [&](OpBuilder &nested, Location loc, ValueRange x) {
    ScalarBuilder s(nested, loc);
    SmallVector<Value> at = loopIndices(nested, loc, rank);
    SmallVector<Value> from(at.begin(), at.begin() + axis);
    from.push_back(clampIndex(s, wrapIndex(s, x[0], limit), limit));
    from.append(at.begin() + axis + indexRank, at.end());
    linalg::YieldOp::create(
        nested, loc,
        ValueRange{tensor::ExtractOp::create(nested, loc, data.value, from)});
  };
  auto generic = linalg::GenericOp::create(
      n.b, n.loc, init.getType(), indices.value, init,
      ArrayRef<AffineMap>{AffineMap::get(rank, 0, exprs, n.b.getContext()),
                          n.b.getMultiDimIdentityMap(rank)},
      iterators, body);
  return makeOperand(n, generic.getResult(0), sizes, data.isUnsigned);
}

static LogicalResult importGather(Node &n) {
  const Operand &data = n.input(0), &indices = n.input(1);
  FailureOr<int64_t> axis = n.axis(n.intAttr("axis", 0), data.rank());
  if (failed(axis) || failed(checkIndexType(n, 1)))
    return failure();
  std::string message = rangeMessage(n, indices, data, *axis);
  if (isConstant(indices) && constantOf(data.shape[*axis]) &&
      failed(requireInRange(n, indices, data.shape[*axis], message)))
    return failure();
  Sizes sizes(ArrayRef(data.shape).take_front(*axis));
  sizes.append(indices.shape.begin(), indices.shape.end());
  sizes.append(data.shape.begin() + *axis + 1, data.shape.end());
  if (failed(checkSizes(n, sizes)))
    return failure();
  if (auto elements = gatherElements(data, indices))
    return n.setOutput(0, fromElements(n, *elements, sizes, data.elementType(),
                                       data.isUnsigned));
  if (indices.elements && indices.rank() == 0) {
    FailureOr<Operand> part =
        gatherSlice(n, data, indices.elements->front(), *axis);
    return n.setOutput(0, part);
  }
  if (failed(requireInRange(n, indices, data.shape[*axis], message)))
    return failure();
  return n.setOutput(0, emitGather(n, data, indices, *axis, sizes));
}

//===----------------------------------------------------------------------===//
// GatherElements, GatherND
//===----------------------------------------------------------------------===//

static LogicalResult importGatherElements(Node &n) {
  const Operand &data = n.input(0), &indices = n.input(1);
  FailureOr<int64_t> axis = n.axis(n.intAttr("axis", 0), data.rank());
  if (failed(axis) || failed(checkIndexType(n, 1)) ||
      failed(checkElementIndices(n, data, indices, *axis)))
    return failure();
  if (failed(requireInRange(n, indices, data.shape[*axis],
                            rangeMessage(n, indices, data, *axis))))
    return failure();
  Value limit = n.math.materialize(data.shape[*axis]);
  Operand result =
      generate(n, indices.shape, data.elementType(),
               [&](ScalarBuilder &s, ValueRange at) {
                 Value element =
                     tensor::ExtractOp::create(s.b, s.loc, indices.value, at);
                 SmallVector<Value> from(at);
                 from[*axis] =
                     clampIndex(s, wrapIndex(s, element, limit), limit);
                 return tensor::ExtractOp::create(s.b, s.loc, data.value, from);
               });
  result.isUnsigned = data.isUnsigned;
  return n.setOutput(0, result);
}

LogicalResult mlir::attn::onnx::checkElementIndices(Node &n,
                                                    const Operand &data,
                                                    const Operand &indices,
                                                    int64_t axis) {
  if (indices.rank() != data.rank())
    return n.error() << "expected indices of rank " << data.rank() << ", got "
                     << indices.type();
  for (int64_t d = 0; d < data.rank(); ++d) {
    OpFoldResult lhs = indices.shape[d], rhs = data.shape[d];
    if (d == axis || n.math.equal(lhs, rhs))
      continue;
    std::string message =
        ("expected dimension " + Twine(d) + " of '" + indices.name +
         "' to be no larger than that of '" + data.name + "'")
            .str();
    if (constantOf(lhs) && constantOf(rhs)) {
      if (*constantOf(lhs) > *constantOf(rhs))
        return n.error() << message << ", got " << *constantOf(lhs) << " and "
                         << *constantOf(rhs);
      continue;
    }
    ScalarBuilder s(n.b, n.loc);
    emitAssert(n,
               s.less(n.math.materialize(lhs), n.math.materialize(rhs), true),
               message);
  }
  return success();
}

FailureOr<int64_t> mlir::attn::onnx::checkTuples(Node &n, const Operand &data,
                                                 const Operand &indices,
                                                 int64_t batchDims) {
  if (indices.rank() == 0 || !constantOf(indices.shape.back()))
    return n.error() << "expected indices whose last dimension is static, got "
                     << indices.type();
  int64_t width = *constantOf(indices.shape.back());
  if (batchDims < 0 || batchDims >= indices.rank() || width < 1 ||
      batchDims + width > data.rank())
    return n.error() << "expected indices of at most " << data.rank()
                     << " dimensions, got " << width << " after " << batchDims
                     << " batch dimensions";
  for (int64_t d = 0; d < batchDims; ++d)
    if (failed(requireEqualDims(n, data, d, indices, d)))
      return failure();
  for (int64_t k = 0; k < width; ++k) {
    Sizes offsets(indices.rank(), n.math.constant(0)), sizes = indices.shape;
    offsets.back() = n.math.constant(k);
    sizes.back() = n.math.constant(1);
    SmallVector<int64_t> ones(indices.rank(), 1);
    Operand column = slice(n, indices, offsets, sizes, ones);
    if (failed(requireInRange(n, column, data.shape[batchDims + k],
                              rangeMessage(n, indices, data, batchDims + k))))
      return failure();
  }
  return width;
}

SmallVector<Value> mlir::attn::onnx::readTuple(ScalarBuilder &s,
                                               const Operand &indices,
                                               ValueRange at,
                                               ArrayRef<Value> limits) {
  SmallVector<Value> position(at), result;
  position.push_back(nullptr);
  for (auto [k, limit] : llvm::enumerate(limits)) {
    position.back() = s.index(k);
    Value element =
        tensor::ExtractOp::create(s.b, s.loc, indices.value, position);
    result.push_back(clampIndex(s, wrapIndex(s, element, limit), limit));
  }
  return result;
}

static LogicalResult importGatherND(Node &n) {
  const Operand &data = n.input(0), &indices = n.input(1);
  int64_t batchDims = n.intAttr("batch_dims", 0);
  if (failed(checkIndexType(n, 1)))
    return failure();
  FailureOr<int64_t> width = checkTuples(n, data, indices, batchDims);
  if (failed(width))
    return failure();
  Sizes sizes(ArrayRef(indices.shape).drop_back());
  sizes.append(data.shape.begin() + batchDims + *width, data.shape.end());
  if (failed(checkSizes(n, sizes)))
    return failure();
  SmallVector<Value> limits;
  for (int64_t k = 0; k < *width; ++k)
    limits.push_back(n.math.materialize(data.shape[batchDims + k]));
  Operand result = generate(
      n, sizes, data.elementType(), [&](ScalarBuilder &s, ValueRange at) {
        int64_t tuple = indices.rank() - 1;
        SmallVector<Value> from(at.take_front(batchDims));
        llvm::append_range(from,
                           readTuple(s, indices, at.take_front(tuple), limits));
        llvm::append_range(from, at.drop_front(tuple));
        return tensor::ExtractOp::create(s.b, s.loc, data.value, from);
      });
  result.isUnsigned = data.isUnsigned;
  return n.setOutput(0, result);
}

ArrayRef<OpEntry> mlir::attn::onnx::gatherOps() {
  static const OpEntry table[] = {
      {"Gather", importGather, 2, 2},
      {"GatherElements", importGatherElements, 2, 2},
      {"GatherND", importGatherND, 2, 2},
  };
  return table;
}
