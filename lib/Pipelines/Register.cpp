//===- Register.cpp - The names of the pipelines --------------------------===//

#include "attn/Pipelines/Pipelines.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

void attn::buildToLoopsPipeline(OpPassManager &manager,
                                const LowerToLLVMOptions &options) {
  buildDecomposePipeline(manager);
  buildBufferizePipeline(manager, BufferizeOptions());
  buildCPUPipeline(manager, VectorCodeOptions());
  buildLowerToLLVMPipeline(manager, options);
}

void attn::registerPipelines() {
  PassPipelineRegistration<OptimizeOptions>(
      "attn-optimize",
      "Find attention in a graph on tensors, simplify and fuse",
      buildOptimizePipeline);
  PassPipelineRegistration<>(
      "attn-decompose",
      "Lower attn ops to linalg on tensors, with whole score tensors",
      buildDecomposePipeline);
  PassPipelineRegistration<VectorCodeOptions>(
      "attn-to-tiles",
      "Lower attn ops to loops over tiles, and linalg, on tensors",
      buildTilePipeline);
  PassPipelineRegistration<BufferizeOptions>(
      "attn-bufferize",
      "Turn functions on tensors into entry points on memrefs",
      buildBufferizePipeline);
  PassPipelineRegistration<VectorCodeOptions>(
      "attn-to-cpu",
      "Turn attention on memrefs to vector code, and free what is allocated",
      buildCPUPipeline);
  PassPipelineRegistration<LowerToLLVMOptions>(
      "attn-to-llvm",
      "Lower memrefs, linalg and loops to the LLVM dialect, with the C "
      "interface of an artifact",
      buildLowerToLLVMPipeline);
  PassPipelineRegistration<LowerToLLVMOptions>(
      "attn-to-loops", "The slow and obvious lowering, from attn ops to LLVM",
      buildToLoopsPipeline);
}
