//===- Pipelines.h - Compositions of passes ---------------------*- C++ -*-===//
//
// Each pipeline is a list of passes, built by a function and registered for
// attn-opt. The stages of the compile path are the parts: what one leaves, the
// next takes.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PIPELINES_PIPELINES_H
#define ATTN_PIPELINES_PIPELINES_H

#include "mlir/Pass/PassOptions.h"

#include <string>

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace mlir::attn {

/// What the pipelines that end in the LLVM dialect need to know.
struct LowerToLLVMOptions : PassPipelineOptions<LowerToLLVMOptions> {
  Option<std::string> features{
      *this, "features",
      llvm::cl::desc("CPU features that the artifact must ask for before it "
                     "runs, with commas"),
      llvm::cl::init("")};
};

/// `--attn-optimize`: a graph on tensors -> a smaller one. Simplifies, folds
/// transposes into the layouts of attention, fuses elementwise chains.
void buildOptimizePipeline(OpPassManager &manager);

/// attn ops -> linalg, tensor, arith and math on tensors, with attention
/// decomposed: scores are whole tensors. Ends in the contract that no attn op
/// is left.
void buildDecomposePipeline(OpPassManager &manager);

/// Functions on tensors -> entry points on the caller's memrefs, with their
/// shape functions and run-time checks. Ends in the contract that no tensor is
/// left.
void buildBufferizePipeline(OpPassManager &manager);

/// Memrefs, linalg and structured loops -> the LLVM dialect with the C
/// interface of the artifact. Ends in the contract that nothing but the LLVM
/// dialect is left.
void buildLowerToLLVMPipeline(OpPassManager &manager,
                              const LowerToLLVMOptions &options);

/// `--attn-to-loops`: the slow and obvious lowering, all three of the above.
void buildToLoopsPipeline(OpPassManager &manager,
                          const LowerToLLVMOptions &options);

/// Registers every pipeline under its name.
void registerPipelines();

} // namespace mlir::attn

#endif // ATTN_PIPELINES_PIPELINES_H
