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

static std::unique_ptr<Pass>
createConvertToVector(const attn::VectorCodeOptions &options) {
  const attn::TargetDescription target = options.get();
  attn::ConvertAttnToVectorOptions pass;
  pass.vectorBits = target.vectorBits;
  pass.numRegisters = target.registers;
  pass.hasFMA = target.fma;
  pass.hasAMX = target.amx;
  pass.fastExp = target.exp == attn::ExpAccuracy::Fast;
  return attn::createConvertAttnToVector(pass);
}

void attn::buildCPUPipeline(OpPassManager &manager,
                            const VectorCodeOptions &options) {
  manager.addPass(createConvertToVector(options));
  if (options.loops) {
    ConvertLinalgToVectorOptions loops;
    loops.vectorBits = options.vectorBits;
    loops.hasFMA = options.fma;
    manager.addPass(createConvertLinalgToVector(loops));
  }
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  // After the kernels, whose scratch lies on the stack and needs none, and
  // which see where a state lives by who uses its buffer.
  bufferization::buildBufferDeallocationPipeline(manager);
  // A chain of layers then takes the memory of two.
  manager.addNestedPass<func::FuncOp>(
      bufferization::createOptimizeAllocationLivenessPass());
  manager.addPass(createVerifyNoAttnOps());
}
