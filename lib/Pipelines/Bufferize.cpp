//===- Bufferize.cpp - Functions on tensors to entry points on memrefs ----===//

#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Target/Artifact/Passes.h"
#include "attn/Target/GPU/Passes.h"
#include "attn/Target/Transforms/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

static std::unique_ptr<Pass> createBufferize() {
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  // A loop may carry a tensor that each iteration computes anew.
  options.allowReturnAllocsFromLoops = true;
  // Every buffer that crosses a function is row-major, as callers' are.
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  return bufferization::createOneShotBufferizePass(options);
}

void attn::buildBufferizePipeline(OpPassManager &manager,
                                  const BufferizeOptions &options) {
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
  // Sizes that follow from others need no check, least of all in each layer.
  manager.addPass(createResolveSizes());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createCreateShapeFunctions());
  // After the checks of shapes, which are then outside of its loops.
  if (options.tileContractions) {
    manager.addPass(
        createTileContractions({options.packWeights, options.precision}));
    manager.addPass(createResolveSizes());
    manager.addPass(createCanonicalizerPass());
    manager.addPass(createCSEPass());
  }
  if (!options.tileContractions && options.precision != Precision::F32)
    manager.addPass(createRoundWeights({options.precision}));
  // What products have not taken into their loops.
  if (options.tileRows) {
    manager.addPass(createTileRows());
    manager.addPass(createResolveSizes());
    manager.addPass(createCanonicalizerPass());
    manager.addPass(createCSEPass());
  }

  // Results are then computed in the caller's buffers, not copied there.
  manager.addPass(createCloneSharedOuts());
  // What is before takes little time, and sees through all layers: masks that
  // are computed once, sizes, the checks of shapes.
  if (options.outlineLayers)
    manager.addPass(createOutlineLayers());
  manager.addPass(createCutAliasChains());
  if (options.placeResults)
    manager.addPass(createPlaceResults());
  manager.addPass(bufferization::createEmptyTensorEliminationPass());
  manager.addPass(createBufferize());
  manager.addPass(bufferization::createDropEquivalentBufferResultsPass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createVerifyNoTensors());
}
