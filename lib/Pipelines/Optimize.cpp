//===- Optimize.cpp - The graph level -------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Pipelines/Pipelines.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void attn::buildOptimizePipeline(OpPassManager &manager) {
  manager.addPass(createDefineOps());
  manager.addPass(createInlinerPass());
  manager.addPass(createCanonicalizerPass());
  // Equal producers are then one, with more than one use, and stay unfused.
  manager.addPass(createCSEPass());
  manager.addPass(createFuseElementwise());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}
