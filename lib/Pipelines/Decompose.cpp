//===- Decompose.cpp - Attention as linalg --------------------------------===//

#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Target/Transforms/Passes.h"

#include "mlir/Pass/PassManager.h"

using namespace mlir;

void attn::buildDecomposePipeline(OpPassManager &manager) {
  manager.addPass(createDefineOps());
  manager.addPass(createConvertAttnToLinalg());
  manager.addPass(createVerifyNoAttnOps());
}
