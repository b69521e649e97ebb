//===- Plain.cpp - The slow and obvious lowering --------------------------===//

#include "attn/Conversion/Passes.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Target/Artifact/Passes.h"
#include "attn/Target/Transforms/Passes.h"
#include "attn/Target/X86/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Conversion/SCFToOpenMP/SCFToOpenMP.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void attn::buildDecomposePipeline(OpPassManager &manager) {
  manager.addPass(createConvertAttnToLinalg());
  manager.addPass(createVerifyNoAttnOps());
}

static std::unique_ptr<Pass> createBufferize() {
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  // A loop may carry a tensor that each turn computes anew.
  options.allowReturnAllocsFromLoops = true;
  // Every buffer that crosses a function is row-major, as callers' are.
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  return bufferization::createOneShotBufferizePass(options);
}

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

void attn::buildBufferizePipeline(OpPassManager &manager,
                                  const VectorCodeOptions &options) {
  manager.addPass(createCreateEntryPoints());
  // Shape functions look through calls only where there are none.
  manager.addPass(createInlinerPass());
  manager.addPass(createSymbolDCEPass());
  manager.addPass(createCanonicalizerPass());
  // arith and math on whole tensors have no bufferization of their own.
  manager.addPass(createConvertElementwiseToLinalgPass());
  manager.addPass(createPrepareForBufferization());
  // Before the shape functions, which keep the checks on shapes.
  manager.addPass(createInsertShapeChecks());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createCreateShapeFunctions());

  // Results are then computed in the caller's buffers, not copied there.
  manager.addPass(createUnshareDestinations());
  manager.addPass(bufferization::createEmptyTensorEliminationPass());
  manager.addPass(createBufferize());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  // Its scratch lies on the stack and needs no deallocation.
  manager.addPass(createConvertToVector(options));
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  bufferization::buildBufferDeallocationPipeline(manager);
  manager.addPass(createVerifyNoAttnOps());
  manager.addPass(createVerifyNoTensors());
}

/// Strided copies -> branches.
static void addLowerCopies(OpPassManager &manager) {
  manager.addPass(attn::createLowerCopies());
  manager.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  manager.addPass(createLowerAffinePass());
  manager.addPass(createSCFToControlFlowPass());
}

/// linalg and structured control flow -> branches, on memrefs.
static void addLowerLoops(OpPassManager &manager, bool hasThreads) {
  if (!hasThreads)
    manager.addPass(createForallToForLoopPass());
  manager.addPass(attn::createCheckAllocationSizes());
  manager.addPass(attn::createLowerCopies());
  manager.addPass(createConvertBufferizationToMemRefPass());
  manager.addPass(attn::createOutlineKernels());
  manager.addPass(createForallToParallelLoopPass());
  manager.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  // While loops that must not be left can still be told from others.
  manager.addPass(attn::createLowerAsserts());
  manager.addPass(createConvertSCFToOpenMPPass());
  manager.addPass(attn::createPrepareParallelLoops());
  manager.addPass(attn::createLowerExpandShapes());
  manager.addPass(memref::createExpandStridedMetadataPass());
  manager.addPass(createLowerAffinePass());
  manager.addPass(createSCFToControlFlowPass());
}

static bool has(StringRef features, StringRef name) {
  SmallVector<StringRef> names;
  features.split(names, ',');
  return llvm::is_contained(names, name);
}

/// Arithmetic that the target may not have -> arithmetic that every target has.
static void addExpandArithmetic(OpPassManager &manager,
                                const attn::LowerToLLVMOptions &options) {
  attn::UseAVX512Options vectors;
  vectors.hasBF16 = has(options.features, "avx512bf16");
  // Before what it looks for is expanded.
  manager.addPass(attn::createUseAVX512(vectors));
  manager.addNestedPass<func::FuncOp>(math::createMathExtendToSupportedTypes());
  manager.addPass(attn::createExpandNarrowFloats());
  manager.addPass(arith::createArithExpandOpsPass());
  ConvertMathToFuncsOptions powers;
  powers.minWidthOfFPowIExponent = 1; // LLVM's own would need libgcc
  manager.addPass(createConvertMathToFuncs(powers));
}

static void addConvertToLLVM(OpPassManager &manager) {
  // Before the intrinsics: theirs for these are less exact.
  manager.addPass(attn::createLowerPreciseMath());
  manager.addPass(createConvertMathToLLVMPass());
  manager.addPass(createConvertMathToLibmPass());
  manager.addPass(attn::createLowerAMX());
  manager.addPass(createConvertVectorToLLVMPass());
  FinalizeMemRefToLLVMConversionPassOptions memref;
  memref.useGenericFunctions = true; // the runtime's, which belong to a call
  manager.addPass(createFinalizeMemRefToLLVMConversionPass(memref));
  manager.addPass(createConvertIndexToLLVMPass());
  manager.addPass(createArithToLLVMConversionPass());
  manager.addPass(createUBToLLVMConversionPass());
  manager.addPass(createConvertOpenMPToLLVMPass());
  manager.addPass(createConvertFuncToLLVMPass());
  manager.addPass(createConvertControlFlowToLLVMPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
  manager.addPass(attn::createLowerBools());
}

void attn::buildLowerToLLVMPipeline(OpPassManager &manager,
                                    const LowerToLLVMOptions &options) {
  if (options.emulateAMX)
    manager.addPass(createEmulateAMX());
  addLowerLoops(manager, options.hasThreads);
  addExpandArithmetic(manager, options);
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  // Casts that were folded into copies have made some of them strided.
  addLowerCopies(manager);
  addConvertToLLVM(manager);
  CreateCInterfaceOptions interface;
  interface.features = options.features;
  manager.addPass(createCreateCInterface(interface));
  manager.addPass(createVerifyLLVM());
}

void attn::buildToLoopsPipeline(OpPassManager &manager,
                                const LowerToLLVMOptions &options) {
  buildDecomposePipeline(manager);
  buildBufferizePipeline(manager, VectorCodeOptions());
  buildLowerToLLVMPipeline(manager, options);
}
