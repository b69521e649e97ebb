//===- LLVM.cpp - Memrefs and loops to the LLVM dialect -------------------===//

#include "LargeCode.h"

#include "attn/Conversion/Tile/Passes.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Target/Artifact/Passes.h"
#include "attn/Target/GPU/Passes.h"
#include "attn/Target/Transforms/Passes.h"
#include "attn/Target/X86/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Conversion/SCFToOpenMP/SCFToOpenMP.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

/// Strided copies -> branches.
static void addLowerCopies(OpPassManager &manager) {
  manager.addPass(attn::createLowerCopies());
  attn::addForFunctions(manager, attn::hasLinalg, [](OpPassManager &function) {
    function.addPass(createConvertLinalgToLoopsPass());
    function.addPass(createLowerAffinePass());
    function.addPass(createSCFToControlFlowPass());
  });
}

/// linalg and structured control flow -> branches, on memrefs.
static void addLowerLoops(OpPassManager &manager, bool hasThreads) {
  if (!hasThreads)
    manager.addPass(createForallToForLoopPass());
  manager.addPass(attn::createCheckAllocationSizes());
  manager.addPass(attn::createLowerCopies());
  manager.addPass(createConvertBufferizationToMemRefPass());
  manager.addPass(attn::createOutlineKernels());
  manager.addPass(attn::createLowerCallingThreadLoops());
  manager.addPass(createForallToParallelLoopPass());
  attn::addForFunctions(manager, attn::hasLinalg, [](OpPassManager &function) {
    function.addPass(createConvertLinalgToLoopsPass());
  });
  // While loops that must not be left can still be told from others.
  manager.addPass(attn::createLowerAsserts());
  manager.addPass(createConvertSCFToOpenMPPass());
  manager.addPass(attn::createPrepareParallelLoops());
  manager.addPass(attn::createLowerExpandShapes());
  manager.addPass(memref::createExpandStridedMetadataPass());
  manager.addPass(createLowerAffinePass());
  manager.addPass(createSCFToControlFlowPass());
}

/// Functions -> arithmetic on scalars and vectors, which may branch.
static void addExpandMath(OpPassManager &manager,
                          const attn::LowerToLLVMOptions &options,
                          bool isForGPU = false) {
  manager.addNestedPass<func::FuncOp>(math::createMathExtendToSupportedTypes());
  // A GPU has no library of functions.
  attn::ExpandMathOptions expand;
  expand.complete = isForGPU;
  if (options.expandMath || isForGPU)
    manager.addPass(attn::createExpandMath(expand));
}

/// Arithmetic that the target may not have -> arithmetic that every target has.
static void addExpandArithmetic(OpPassManager &manager) {
  // Before what it looks for is expanded.
  manager.addPass(attn::createUseAVX512());
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
  manager.addPass(createUBToLLVMConversionPass());
  // And arith, cf and func: each pass looks at all that is left.
  manager.addPass(createConvertOpenMPToLLVMPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
  manager.addPass(attn::createLowerBools());
}

/// Kernels -> functions of a module of their own, in the LLVM dialect, and PTX.
/// What they do besides, they do as a CPU does it.
static void addLowerKernels(OpPassManager &manager) {
  manager.addPass(attn::createLowerLaunches());
  OpPassManager &kernels = manager.nest<ModuleOp>();
  kernels.addPass(attn::createConvertTileToNVVM());
  addExpandMath(kernels, {}, /*isForGPU=*/true);
  kernels.addNestedPass<func::FuncOp>(createParallelForToNestedForsPass());
  kernels.addPass(memref::createExpandStridedMetadataPass());
  kernels.addPass(createLowerAffinePass());
  kernels.addPass(createSCFToControlFlowPass());
  addExpandArithmetic(kernels);
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  addConvertToLLVM(kernels);
  // What the host's code becomes, it becomes without them.
  manager.addPass(attn::createEmbedKernels());
}

void attn::buildLowerToLLVMPipeline(OpPassManager &manager,
                                    const LowerToLLVMOptions &options) {
  // Whoever left out the target's pipeline hears of it here.
  manager.addPass(createVerifyNoAttnOps());
  if (options.hasKernels)
    addLowerKernels(manager);
  if (options.emulateAMX)
    manager.addPass(createEmulateAMX());
  addExpandMath(manager, options);
  addLowerLoops(manager, options.hasThreads);
  addExpandArithmetic(manager);
  manager.addPass(attn::createCanonicalizeOnce());
  manager.addPass(createCSEPass());
  // Casts that were folded into copies have made some of them strided.
  addLowerCopies(manager);
  addConvertToLLVM(manager);
  manager.addPass(createCreateCInterface());
  manager.addPass(createVerifyLLVM());
}
