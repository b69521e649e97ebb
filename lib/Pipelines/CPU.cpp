//===- CPU.cpp - Attention on memrefs as vector code ----------------------===//

#include "attn/Conversion/Passes.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void attn::buildCPUPipeline(OpPassManager &manager,
                            const LowerToCPUOptions &options) {
  manager.addPass(createConvertAttnToVector());
  if (options.loops)
    manager.addPass(createConvertLinalgToVector());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  // After the kernels, whose scratch lies on the stack and needs none.
  bufferization::buildBufferDeallocationPipeline(manager);
  // A chain of layers then takes the memory of two.
  manager.addNestedPass<func::FuncOp>(
      bufferization::createOptimizeAllocationLivenessPass());
  manager.addPass(createVerifyNoAttnOps());
}
