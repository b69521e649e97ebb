//===- Pipelines.h - Compositions of passes ---------------------*- C++ -*-===//
//
// Each pipeline is a list of passes, built by a function and registered for
// attn-opt. The stages of the compile path are the parts: what one leaves, the
// next takes. What a module is compiled for it says in its attribute
// `attn.target` (attn/Dialect/Attn/IR/AttnAttrs.h), which each of them reads.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PIPELINES_PIPELINES_H
#define ATTN_PIPELINES_PIPELINES_H

#include "attn/Dialect/Attn/Transforms/Precision.h"

#include "mlir/Pass/PassOptions.h"

#include <string>

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace mlir::attn {

struct BufferizeOptions : PassPipelineOptions<BufferizeOptions> {
  Option<bool> tileContractions{*this, "tile-contractions",
                                llvm::cl::desc("Tile dense products"),
                                llvm::cl::init(false)};
  Option<bool> packWeights{
      *this, "pack-weights",
      llvm::cl::desc("Pack constant matrices of tiled products"),
      llvm::cl::init(false)};
  Option<Precision> precision{
      *this, "precision",
      llvm::cl::desc("What constant matrices of f32 are rounded to"),
      llvm::cl::init(Precision::F32),
      llvm::cl::values(clEnumValN(Precision::F32, "f32", "they stay"),
                       clEnumValN(Precision::BF16, "bf16", "bf16"),
                       clEnumValN(Precision::F16, "f16", "f16"))};
  Option<bool> outlineLayers{
      *this, "outline-layers",
      llvm::cl::desc("Compile layers that repeat once, as calls of a function"),
      llvm::cl::init(false)};
  Option<bool> placeResults{
      *this, "place-results",
      llvm::cl::desc("Give tensors that elements choose one place, for a GPU"),
      llvm::cl::init(false)};
  Option<bool> tileRows{
      *this, "tile-rows",
      llvm::cl::desc("Run what else there is row by row, on threads"),
      llvm::cl::init(false)};
};

struct LowerToCPUOptions : PassPipelineOptions<LowerToCPUOptions> {
  Option<bool> loops{*this, "loops",
                     llvm::cl::desc("Turn linalg's loops to vector code too"),
                     llvm::cl::init(false)};
};

/// How the pipelines that end in the LLVM dialect go on.
struct LowerToLLVMOptions : PassPipelineOptions<LowerToLLVMOptions> {
  Option<bool> hasThreads{
      *this, "threads",
      llvm::cl::desc("Run parallel loops on the threads of OpenMP"),
      llvm::cl::init(true)};
  Option<bool> expandMath{
      *this, "expand-math",
      llvm::cl::desc("Compute functions by polynomials, not by calls"),
      llvm::cl::init(false)};
  Option<bool> hasKernels{
      *this, "kernels",
      llvm::cl::desc("Compile outlined kernels to PTX, and launch them"),
      llvm::cl::init(false)};
  Option<bool> emulateAMX{
      *this, "emulate-amx",
      llvm::cl::desc("Run AMX tiles on machines without them, for tests"),
      llvm::cl::init(false)};
};

struct OptimizeOptions : PassPipelineOptions<OptimizeOptions> {
  ListOption<std::string> leave{
      *this, "leave",
      llvm::cl::desc(
          "What is not recognized: kinds of attn-recognize, or all")};
};

/// `--attn-optimize`: a graph on tensors -> a smaller one. Finds attention,
/// simplifies, folds transposes into its layouts, fuses elementwise chains.
void buildOptimizePipeline(OpPassManager &manager,
                           const OptimizeOptions &options);

/// attn ops -> linalg, tensor, arith and math on tensors, with attention
/// decomposed: scores are whole tensors. Ends in the contract that no attn op
/// is left.
void buildDecomposePipeline(OpPassManager &manager);

/// attn ops -> loops over tiles that carry the state of attention, on tensors,
/// with masks read for the tiles that they leave out; what is not tiled is
/// decomposed. attn.attend and nothing else of attn is left.
void buildTilePipeline(OpPassManager &manager);

/// attn ops -> streams of key tiles for tensor cores, on tensors; what these do
/// not suit is decomposed. Ends in the contract that no attn op is left.
void buildTensorCorePipeline(OpPassManager &manager);

/// Functions on tensors -> entry points on the caller's memrefs, with their
/// shape functions and run-time checks. Ends in the contract that no tensor is
/// left. What is allocated is not freed, and attn.attend and attn.linear_chunk
/// are left: how they are done, and where their state lives, is the target's.
void buildBufferizePipeline(OpPassManager &manager,
                            const BufferizeOptions &options);

/// attn.attend, attn.linear_chunk and attn.contract on memrefs -> vector code;
/// what is allocated is freed. Ends in the contract that no attn op is left.
void buildCPUPipeline(OpPassManager &manager,
                      const LowerToCPUOptions &options = LowerToCPUOptions());

/// Streams on memrefs -> kernels of specialized warps, other loops -> kernels
/// of a thread for each element, and host code that launches them and keeps its
/// buffers on the device.
void buildGPUPipeline(OpPassManager &manager);

/// Memrefs, linalg and structured loops -> the LLVM dialect with the C
/// interface of the artifact. Ends in the contract that nothing but the LLVM
/// dialect is left.
void buildLowerToLLVMPipeline(OpPassManager &manager,
                              const LowerToLLVMOptions &options);

/// `--attn-to-loops`: the naive lowering: decompose, bufferize, CPU,
/// LLVM.
void buildToLoopsPipeline(OpPassManager &manager,
                          const LowerToLLVMOptions &options);

/// `--attn-to-nvvm`: the way to a GPU: tensor cores, bufferize, GPU, LLVM.
void buildToNVVMPipeline(OpPassManager &manager);

/// Registers every pipeline under its name. Those that go by the machine begin
/// with attn-attach-cpu-target there, and take its options as theirs.
void registerPipelines();

} // namespace mlir::attn

#endif // ATTN_PIPELINES_PIPELINES_H
