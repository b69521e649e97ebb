//===- MatMul.cpp - Matrix products ---------------------------------------===//

#include "Core/Broadcast.h"
#include "Core/Elementwise.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::attn::onnx;

namespace {
/// A product over loops (batch..., m, n, k).
struct Product {
  Operand lhs, rhs;
  Sizes batch;
  bool transposeLhs = false, transposeRhs = false;
};
} // namespace

static Operand batchOf(const Operand &operand) {
  Operand batch;
  batch.name = operand.name;
  batch.shape.append(operand.shape.begin(), operand.shape.end() - 2);
  return batch;
}

/// Batch dimensions right aligned, sizes 1 read at 0; then the two of the
/// matrix, `rows` and `columns` being loops.
static AffineMap matrixMap(Node &n, const Operand &operand, const Sizes &batch,
                           int64_t rows, int64_t columns) {
  int64_t rank = batch.size(), own = operand.rank() - 2;
  SmallVector<AffineExpr> exprs;
  for (int64_t d = 0; d < own; ++d)
    exprs.push_back(constantOf(operand.shape[d]) == 1 &&
                            constantOf(batch[rank - own + d]) != 1
                        ? n.b.getAffineConstantExpr(0)
                        : n.b.getAffineDimExpr(rank - own + d));
  exprs.push_back(n.b.getAffineDimExpr(rank + rows));
  exprs.push_back(n.b.getAffineDimExpr(rank + columns));
  return AffineMap::get(rank + 3, 0, exprs, n.b.getContext());
}

/// sum_k lhs[m, k] * rhs[k, n], in f32 for the 16-bit floats, then rounded.
static FailureOr<Operand> emitProduct(Node &n, const Product &product) {
  const Operand &lhs = product.lhs, &rhs = product.rhs;
  int64_t rank = product.batch.size();
  int64_t lhsRows = lhs.rank() - (product.transposeLhs ? 1 : 2);
  int64_t lhsInner = lhs.rank() - (product.transposeLhs ? 2 : 1);
  int64_t rhsColumns = rhs.rank() - (product.transposeRhs ? 2 : 1);
  int64_t rhsInner = rhs.rank() - (product.transposeRhs ? 1 : 2);
  if (failed(requireEqualDims(n, lhs, lhsInner, rhs, rhsInner)))
    return failure();
  Sizes sizes = product.batch;
  sizes.push_back(lhs.shape[lhsRows]);
  sizes.push_back(rhs.shape[rhsColumns]);
  if (failed(checkSizes(n, sizes)))
    return failure();

  Type element = lhs.elementType();
  Type wide = accumulatorType(n.b, element);
  ScalarBuilder s(n.b, n.loc);
  Value init = filledTensor(n, sizes, s.number(wide, 0));
  enum { m, k = 2, columns = 1 };
  SmallVector<AffineMap> maps{
      product.transposeLhs ? matrixMap(n, lhs, product.batch, k, m)
                           : matrixMap(n, lhs, product.batch, m, k),
      product.transposeRhs ? matrixMap(n, rhs, product.batch, columns, k)
                           : matrixMap(n, rhs, product.batch, k, columns),
      AffineMap::getMultiDimIdentityMap(rank + 3, n.b.getContext())
          .getMajorSubMap(rank + 2)};
  SmallVector<utils::IteratorType> iterators(rank + 2,
                                             utils::IteratorType::parallel);
  iterators.push_back(utils::IteratorType::reduction);
  auto body = [&](OpBuilder &nested, Location loc, ValueRange x) {
    ScalarBuilder inner(nested, loc);
    Value a = inner.convert(x[0], wide, false, false);
    Value c = inner.convert(x[1], wide, false, false);
    linalg::YieldOp::create(nested, loc, inner.add(x[2], inner.mul(a, c)));
  };
  auto generic = linalg::GenericOp::create(n.b, n.loc, init.getType(),
                                           {lhs.value, rhs.value}, init, maps,
                                           iterators, body);
  return castTo(n, makeOperand(n, generic.getResult(0), sizes, lhs.isUnsigned),
                element, lhs.isUnsigned);
}

/// Where a batch dimension may turn out to be 1 when the code runs, the operand
/// is repeated beforehand: loops over a product are to read by affine maps.
static Operand repeatBatch(Node &n, const Operand &operand,
                           const Sizes &batch) {
  int64_t own = operand.rank() - 2;
  Sizes loops(batch.end() - own, batch.end());
  if (BroadcastReader(n, batchOf(operand), loops).isAffine())
    return operand;
  loops.append(operand.shape.begin() + own, operand.shape.end());
  return repeatTo(n, operand, loops);
}

/// A vector as a matrix with one row or, for axis 1, one column.
static FailureOr<Operand> asMatrix(Node &n, const Operand &operand,
                                   int64_t axis) {
  if (operand.rank() != 1)
    return operand;
  FailureOr<Operand> matrix = unsqueeze(n, operand, {axis});
  if (succeeded(matrix))
    matrix->name = operand.name;
  return matrix;
}

FailureOr<Operand> mlir::attn::onnx::matMul(Node &n, Operand lhs, Operand rhs) {
  if (lhs.rank() == 0 || rhs.rank() == 0)
    return n.error() << "expected inputs of rank 1 or more, got " << lhs.type()
                     << " and " << rhs.type();
  bool vectorLhs = lhs.rank() == 1, vectorRhs = rhs.rank() == 1;
  FailureOr<Operand> rows = asMatrix(n, lhs, 0), columns = asMatrix(n, rhs, 1);
  if (failed(rows) || failed(columns))
    return failure();
  FailureOr<Sizes> batch =
      broadcastShapes(n, {batchOf(*rows), batchOf(*columns)});
  if (failed(batch))
    return failure();
  FailureOr<Operand> result =
      emitProduct(n, {repeatBatch(n, *rows, *batch),
                      repeatBatch(n, *columns, *batch), *batch});
  if (failed(result) || !(vectorLhs || vectorRhs))
    return result;
  Sizes sizes = *batch;
  if (!vectorLhs)
    sizes.push_back(result->shape[batch->size()]);
  if (!vectorRhs)
    sizes.push_back(result->shape[batch->size() + 1]);
  return reshape(n, *result, sizes);
}

static LogicalResult importMatMul(Node &n) {
  if (failed(checkUniform(n, Kinds::Numbers)))
    return failure();
  return n.setOutput(0, matMul(n, n.input(0), n.input(1)));
}

/// alpha A' B' + beta C.
static LogicalResult importGemm(Node &n) {
  if (failed(checkUniform(n, Kinds::Numbers)))
    return failure();
  const Operand &lhs = n.input(0), &rhs = n.input(1);
  double alpha = n.floatAttr("alpha", 1), beta = n.floatAttr("beta", 1);
  bool transposeLhs = n.intAttr("transA", 0),
       transposeRhs = n.intAttr("transB", 0);
  if (lhs.rank() != 2 || rhs.rank() != 2)
    return n.error() << "expected matrices, got " << lhs.type() << " and "
                     << rhs.type();
  if (!lhs.isFloat() && (alpha != 1 || beta != 1))
    return n.error() << "expected alpha and beta to be 1 for integers";
  FailureOr<Operand> result =
      emitProduct(n, {lhs, rhs, {}, transposeLhs, transposeRhs});
  if (failed(result))
    return failure();
  SmallVector<Operand> operands{*result};
  operands.front().name = "the product";
  if (n.hasInput(2)) {
    if (failed(requireBroadcastTo(n, n.input(2), operands.front())))
      return failure();
    operands.push_back(n.input(2));
  }
  if (operands.size() == 1 && alpha == 1)
    return n.setOutput(0, *result);
  auto scalar = [&](ScalarBuilder &s, ValueRange x) {
    auto scale = [&](Value value, double factor) {
      return factor == 1 ? value
                         : s.mul(s.floating(value.getType(), factor), value);
    };
    Value sum = scale(x[0], alpha);
    return x.size() == 1 ? sum : s.add(sum, scale(x[1], beta));
  };
  return n.setOutput(0, elementwiseOver(n, operands, result->shape,
                                        lhs.elementType(), scalar));
}

ArrayRef<OpEntry> mlir::attn::onnx::matMulOps() {
  static const OpEntry table[] = {
      {"MatMul", importMatMul, 2, 2},
      {"Gemm", importGemm, 2, 3},
  };
  return table;
}
