//===- EmittedClasses.cpp - What emitted code says of tiles ---------------===//
#include "EmittedClasses.h"
#include "attn/Analysis/Passes.h"
#include "attn/Interpreter/Interpreter.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;
using ::attn::DType;
using ::attn::Tensor;

/// Functions of the interpreter take tensors only: scalars become elements.
static void passScalarsInTensors(func::FuncOp function) {
  Block &entry = function.getBody().front();
  OpBuilder b = OpBuilder::atBlockBegin(&entry);
  for (BlockArgument argument : entry.getArguments()) {
    if (isa<RankedTensorType>(argument.getType()))
      continue;
    argument.setType(RankedTensorType::get({}, argument.getType()));
    auto scalar =
        tensor::ExtractOp::create(b, function.getLoc(), argument, ValueRange());
    argument.replaceAllUsesExcept(scalar, scalar);
  }
  function.setType(
      b.getFunctionType(entry.getArgumentTypes(), function.getResultTypes()));
}

EmittedClasses::EmittedClasses(ModuleOp module, TileSizes tile) : tile(tile) {
  emitted = module.clone();
  PassManager manager(module.getContext());
  AttnClassifyTilesOptions options;
  options.tileQuery = tile.query;
  options.tileKey = tile.key;
  manager.addNestedPass<func::FuncOp>(createAttnClassifyTiles(options));
  if (failed(manager.run(*emitted)))
    emitted = nullptr;
  else
    passScalarsInTensors(*emitted->getOps<func::FuncOp>().begin());
}

static Tensor create(DType type, ::attn::Shape shape, size_t size,
                     function_ref<int64_t(int64_t)> element) {
  Tensor tensor(type, std::move(shape));
  for (size_t n = 0; n < size; ++n)
    tensor.setInt(n, element(n));
  return tensor;
}

bool EmittedClasses::run(const Inputs &inputs) {
  if (!emitted)
    return false;
  const int64_t longest = inputs.segments.front().size();
  const std::vector<Tensor> arguments = {
      Tensor(DType::f32, {numBatches, numHeads, inputs.queryLength, 8}),
      Tensor(DType::f32, {numBatches, 2, inputs.keyLength, 8}),
      Tensor(DType::f32, {numBatches, 2, inputs.keyLength, 8}),
      Tensor::scalar(DType::i64, inputs.scalars[0]),
      Tensor::scalar(DType::i64, inputs.scalars[1]),
      Tensor::scalar(DType::i1, inputs.flag),
      create(DType::i32, {numBatches}, numBatches,
             [&](int64_t n) { return inputs.lengths[n]; }),
      create(
          DType::i32, {numBatches, longest}, numBatches * longest,
          [&](int64_t n) { return inputs.segments[n / longest][n % longest]; }),
      create(DType::i1,
             {numBatches, numHeads, inputs.tableRows, inputs.tableColumns},
             inputs.table.size(), [&](int64_t n) { return inputs.table[n]; })};
  auto outcome = interpret(*emitted->getOps<func::FuncOp>().begin(), arguments);
  if (failed(outcome) || outcome->size() != 2)
    return false;
  results = std::move(*outcome);
  const ::attn::Shape shape = {
      numBatches, numHeads,
      llvm::divideCeilSigned(inputs.queryLength, tile.query),
      llvm::divideCeilSigned(inputs.keyLength, tile.key)};
  return results[0].shape() == shape && results[1].shape() == shape;
}
