//===- FusedOps.cpp - Activations and products of com.microsoft -----------===//

#include "Core/Broadcast.h"
#include "Core/Elementwise.h"
#include "Ops/Activation.h"

using namespace mlir;
using namespace mlir::attn::onnx;

/// `wide` of the input, plus a bias where there is one that broadcasts to it;
/// in f32 for the 16-bit types, then rounded.
static LogicalResult
importBiased(Node &n, llvm::function_ref<Value(ScalarBuilder &, Value)> wide) {
  if (failed(checkUniform(n, Kinds::Floats)))
    return failure();
  if (n.hasInput(1) && failed(requireBroadcastTo(n, n.input(1), n.input(0))))
    return failure();
  auto scalar = [&](ScalarBuilder &s, ValueRange v) {
    Type type = v[0].getType(), inner = accumulatorType(s.b, type);
    Value x = s.convert(v[0], inner, false, false);
    if (v.size() > 1)
      x = s.add(x, s.convert(v[1], inner, false, false));
    return s.convert(wide(s, x), type, false, false);
  };
  return importElementwise(n, n.input(0).elementType(), scalar, nullptr);
}

static LogicalResult importExactGelu(Node &n) {
  return importBiased(
      n, [](ScalarBuilder &s, Value x) { return gelu(s, x, false); });
}

static LogicalResult importFastGelu(Node &n) {
  return importBiased(
      n, [](ScalarBuilder &s, Value x) { return gelu(s, x, true); });
}

/// x sigmoid(alpha x).
static LogicalResult importQuickGelu(Node &n) {
  double alpha = n.floatAttr("alpha", 1.702f);
  return importBiased(n, [=](ScalarBuilder &s, Value x) {
    return s.mul(x, sigmoid(s, s.mul(x, s.floating(x.getType(), alpha))));
  });
}

/// (first, batch..., last) as (batch..., first, last) where `batch`, and then
/// with the last two exchanged where `matrix`.
static Operand transposed(Node &n, const Operand &operand, bool batch,
                          bool matrix) {
  int64_t rank = operand.rank();
  if (rank < 2)
    return operand;
  SmallVector<int64_t> perm = llvm::to_vector(llvm::seq(rank));
  if (batch)
    std::rotate(perm.begin(), perm.begin() + 1, perm.end() - 1);
  if (matrix)
    std::swap(perm[rank - 2], perm[rank - 1]);
  Operand result = transpose(n, operand, perm);
  result.name = operand.name;
  return result;
}

static LogicalResult importFusedMatMul(Node &n) {
  if (failed(checkUniform(n, Kinds::Floats)))
    return failure();
  double alpha = n.floatAttr("alpha", 1);
  bool batchA = n.intAttr("transBatchA", 0),
       batchB = n.intAttr("transBatchB", 0);
  bool matrixA = n.intAttr("transA", 0), matrixB = n.intAttr("transB", 0);
  FailureOr<Operand> result =
      matMul(n, transposed(n, n.input(0), batchA, matrixA),
             transposed(n, n.input(1), batchB, matrixB));
  if (failed(result) || alpha == 1)
    return n.setOutput(0, result);
  auto scale = [&](ScalarBuilder &s, ValueRange x) {
    return s.mul(s.floating(x[0].getType(), alpha), x[0]);
  };
  return n.setOutput(0, elementwiseOver(n, *result, result->shape,
                                        result->elementType(), scale));
}

ArrayRef<OpEntry> mlir::attn::onnx::fusedOps() {
  static const OpEntry table[] = {
      {"Gelu", importExactGelu, 1, 1},
      {"BiasGelu", importExactGelu, 2, 2},
      {"FastGelu", importFastGelu, 1, 2},
      {"QuickGelu", importQuickGelu, 1, 1},
      {"FusedMatMul", importFusedMatMul, 2, 2},
  };
  return table;
}
