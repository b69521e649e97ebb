//===- CPU.cpp - Attention on memrefs as vector code ----------------------===//

#include "LargeCode.h"

#include "attn/Conversion/Passes.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

/// As upstream's pipeline of this name does it in a whole module.
static void addFreeMemory(OpPassManager &manager) {
  attn::addForFunctions(
      manager, attn::mayAllocate, [](OpPassManager &function) {
        function.addPass(memref::createExpandReallocPass({false}));
        function.addPass(createCanonicalizerPass());
        function.addPass(
            bufferization::createOwnershipBasedBufferDeallocationPass());
        function.addPass(createCanonicalizerPass());
        function.addPass(
            bufferization::createBufferDeallocationSimplificationPass());
      });
  // With a function that all others call.
  manager.addPass(bufferization::createLowerDeallocationsPass());
  attn::addForFunctions(
      manager, attn::mayAllocate, [](OpPassManager &function) {
        function.addPass(createCSEPass());
        function.addPass(createCanonicalizerPass());
        // A chain of layers then takes the memory of two.
        function.addPass(bufferization::createOptimizeAllocationLivenessPass());
      });
}

void attn::buildCPUPipeline(OpPassManager &manager,
                            const LowerToCPUOptions &options) {
  manager.addPass(createConvertAttnToVector());
  if (options.loops)
    manager.addPass(createConvertLinalgToVector());
  manager.addPass(createCanonicalizeOnce());
  manager.addPass(createCSEPass());
  // After the kernels, whose scratch lies on the stack and needs none.
  addFreeMemory(manager);
  manager.addPass(createVerifyNoAttnOps());
}
