//===- GPU.cpp - Loops on memrefs as kernels for a GPU --------------------===//

#include "attn/Conversion/Passes.h"
#include "attn/Conversion/Tile/Passes.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Target/GPU/Passes.h"
#include "attn/Target/Transforms/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/Transforms/Passes.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void attn::buildTensorCorePipeline(OpPassManager &manager) {
  manager.addPass(createDefineOps());
  manager.addPass(createConvertAttnToTile());
  manager.addPass(createConvertAttnToLinalg());
  manager.addPass(createVerifyNoAttnOps());
}

void attn::buildGPUPipeline(OpPassManager &manager) {
  manager.addPass(createVerifyNoAttnOps());
  // As for a CPU: copies that it needs become kernels too.
  bufferization::buildBufferDeallocationPipeline(manager);
  manager.addNestedPass<func::FuncOp>(
      bufferization::createOptimizeAllocationLivenessPass());
  manager.addPass(createConvertBufferizationToMemRefPass());
  manager.addPass(createLaunchStreams());
  manager.addPass(createForallToParallelLoopPass());
  manager.addPass(createLaunchKernels());
  // Where the host allocates now.
  manager.addPass(createCheckAllocationSizes());
  manager.addPass(createUseDeviceMemory());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  // Constants and sizes that a kernel computes again are no arguments.
  manager.addPass(createGpuLaunchSinkIndexComputationsPass());
  manager.addPass(createGpuKernelOutliningPass());
}

void attn::buildToNVVMPipeline(OpPassManager &manager) {
  buildTensorCorePipeline(manager);
  BufferizeOptions bufferize;
  bufferize.placeResults = true;
  buildBufferizePipeline(manager, bufferize);
  buildGPUPipeline(manager);
  LowerToLLVMOptions options;
  options.hasThreads = false;
  options.hasKernels = true;
  buildLowerToLLVMPipeline(manager, options);
}
