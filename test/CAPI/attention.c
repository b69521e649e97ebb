// RUN: %build/test/CAPI/attn-capi-test 2>&1 | FileCheck %s

#include "attn-c/Dialect.h"
#include "attn-c/Passes.h"

#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Diagnostics.h"
#include "mlir-c/RegisterEverything.h"

#include <stdio.h>
#include <stdlib.h>

static MlirStringRef text(const char *chars) {
  return mlirStringRefCreateFromCString(chars);
}

static void require(bool condition, const char *what) {
  if (condition)
    return;
  fprintf(stderr, "attention.c: error: expected %s\n", what);
  exit(1);
}

static MlirType tensor4(MlirContext context, int64_t a, int64_t b, int64_t c,
                        int64_t d) {
  int64_t shape[] = {a, b, c, d};
  return mlirRankedTensorTypeGet(4, shape, mlirF32TypeGet(context),
                                 mlirAttributeGetNull());
}

/* A module with a function @NAME of three tensors and an index, without a body
 * yet: the block is where the test builds. */
static MlirBlock addFunction(MlirModule module, const char *name,
                             const MlirType *inputs, intptr_t numInputs,
                             const MlirType *outputs, intptr_t numOutputs) {
  MlirContext context = mlirModuleGetContext(module);
  MlirLocation location = mlirLocationUnknownGet(context);
  MlirType type =
      mlirFunctionTypeGet(context, numInputs, inputs, numOutputs, outputs);
  MlirNamedAttribute attributes[] = {
      mlirNamedAttributeGet(mlirIdentifierGet(context, text("sym_name")),
                            mlirStringAttrGet(context, text(name))),
      mlirNamedAttributeGet(mlirIdentifierGet(context, text("function_type")),
                            mlirTypeAttrGet(type))};
  MlirLocation locations[4] = {location, location, location, location};
  MlirBlock entry = mlirBlockCreate(numInputs, inputs, locations);
  MlirRegion body = mlirRegionCreate();
  mlirRegionAppendOwnedBlock(body, entry);
  MlirOperationState state = mlirOperationStateGet(text("func.func"), location);
  mlirOperationStateAddAttributes(&state, 2, attributes);
  mlirOperationStateAddOwnedRegions(&state, 1, &body);
  mlirBlockAppendOwnedOperation(mlirModuleGetBody(module),
                                mlirOperationCreate(&state));
  return entry;
}

static void addReturn(MlirBlock block, MlirLocation location,
                      MlirOperation results) {
  MlirOperationState state =
      mlirOperationStateGet(text("func.return"), location);
  for (intptr_t i = 0; i < mlirOperationGetNumResults(results); ++i) {
    MlirValue value = mlirOperationGetResult(results, i);
    mlirOperationStateAddOperands(&state, 1, &value);
  }
  mlirBlockAppendOwnedOperation(block, mlirOperationCreate(&state));
}

/* softcap(s, 30) as the score region, built op by op. */
static void addSoftcap(MlirOperation attention, MlirLocation location) {
  MlirBlock block = attnAttentionAddRegion(attention, ATTN_REGION_SCORE);
  require(!mlirBlockIsNull(block), "a new score region");
  require(mlirBlockGetNumArguments(block) == 5, "five arguments of the score");
  MlirOperation softcap =
      attnSoftcapCreate(location, mlirBlockGetArgument(block, 0), 30.0);
  MlirValue capped = mlirOperationGetResult(softcap, 0);
  mlirBlockAppendOwnedOperation(block, softcap);
  mlirBlockAppendOwnedOperation(block, attnYieldCreate(location, 1, &capped));
}

/* Grouped heads, causal after a cache, K as [batch, sequence, head, feature],
 * and the LSE as a second result. */
static void buildCausal(MlirModule module) {
  MlirContext context = mlirModuleGetContext(module);
  MlirLocation location = mlirLocationUnknownGet(context);
  int64_t lseShape[] = {2, 4, 3};
  MlirType inputs[] = {tensor4(context, 2, 4, 3, 8),
                       tensor4(context, 2, 5, 2, 8),
                       tensor4(context, 2, 2, 5, 6), mlirIndexTypeGet(context)};
  MlirType outputs[] = {tensor4(context, 2, 4, 3, 6),
                        mlirRankedTensorTypeGet(3, lseShape,
                                                mlirF32TypeGet(context),
                                                mlirAttributeGetNull())};
  MlirBlock block = addFunction(module, "causal", inputs, 4, outputs, 2);

  const double scale = 0.25;
  const int64_t keyLayout[] = {0, 2, 1, 3};
  AttnAttentionSpec spec = {0};
  spec.query = mlirBlockGetArgument(block, 0);
  spec.key = mlirBlockGetArgument(block, 1);
  spec.value = mlirBlockGetArgument(block, 2);
  spec.scale = &scale;
  spec.layouts[ATTN_KEY] = keyLayout;
  spec.lseType = outputs[1];
  spec.causal = true;
  spec.causalOffset = mlirBlockGetArgument(block, 3);
  MlirOperation attention = attnAttentionCreate(location, &spec);
  require(!mlirOperationIsNull(attention), "an attention");
  addSoftcap(attention, location);
  mlirBlockAppendOwnedOperation(block, attention);
  addReturn(block, location, attention);
}

/* What was built, asked of the op itself. */
static void query(MlirModule module) {
  MlirOperation function =
      mlirBlockGetFirstOperation(mlirModuleGetBody(module));
  MlirBlock block =
      mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  MlirOperation attention = mlirBlockGetFirstOperation(block);
  require(attnOperationIsAAttention(attention), "an attention first");
  require(!attnOperationIsAAttention(function),
          "a function to be no attention");
  require(mlirValueEqual(attnAttentionGetTensor(attention, ATTN_KEY),
                         mlirBlockGetArgument(block, 1)),
          "the key to be argument 1");
  require(mlirValueIsNull(attnAttentionGetTensor(attention, ATTN_SCORES)) &&
              mlirValueIsNull(attnAttentionGetSink(attention)),
          "neither scores nor sink");
  double scale = 0;
  int64_t layout[4];
  require(attnAttentionGetScale(attention, &scale), "a static scale");
  printf("scale %g\n", scale);
  require(attnAttentionGetLayout(attention, ATTN_LSE, layout) == 3,
          "three dimensions of the lse");
  require(attnAttentionGetLayout(attention, ATTN_KEY, layout) == 4,
          "four dimensions of the key");
  printf("key layout %d %d %d %d\n", (int)layout[0], (int)layout[1],
         (int)layout[2], (int)layout[3]);
  require(mlirBlockIsNull(attnAttentionGetRegion(attention, ATTN_REGION_PROB)),
          "no prob region");
  MlirBlock mask = attnAttentionGetRegion(attention, ATTN_REGION_MASK);
  require(mlirBlockGetNumArguments(mask) == 4, "four arguments of the mask");
  require(mlirBlockIsNull(attnAttentionAddRegion(attention, ATTN_REGION_MASK)),
          "no second mask region");
}

/* Wrong specs are errors, not crashes. */
static void refuse(MlirModule module) {
  MlirContext context = mlirModuleGetContext(module);
  MlirLocation location = mlirLocationUnknownGet(context);
  MlirType type = tensor4(context, 1, 1, 1, 1);
  MlirBlock block = mlirBlockCreate(1, &type, &location);
  AttnAttentionSpec spec = {0};
  spec.query = spec.key = mlirBlockGetArgument(block, 0);
  require(mlirOperationIsNull(attnAttentionCreate(location, &spec)),
          "no attention without a value");
  const int64_t twice[] = {0, 1, 1, 3};
  spec.value = spec.query;
  spec.layouts[ATTN_OUTPUT] = twice;
  require(mlirOperationIsNull(attnAttentionCreate(location, &spec)),
          "no attention with a dimension twice");
  mlirBlockDestroy(block);
}

static void printChars(MlirStringRef chars, void *data) {
  fwrite(chars.data, 1, chars.length, stdout);
}

static MlirLogicalResult printDiagnostic(MlirDiagnostic diagnostic,
                                         void *data) {
  printf("error: ");
  mlirDiagnosticPrint(diagnostic, printChars, NULL);
  printf("\n");
  return mlirLogicalResultSuccess();
}

/* The dialect comes with what upstream's bufferization asks of its ops. */
static void bufferize(MlirModule original) {
  MlirOperation copy = mlirOperationClone(mlirModuleGetOperation(original));
  MlirPassManager manager =
      mlirPassManagerCreate(mlirModuleGetContext(original));
  MlirOpPassManager passes = mlirPassManagerGetAsOpPassManager(manager);
  require(mlirLogicalResultIsSuccess(mlirOpPassManagerAddPipeline(
              passes,
              text("attn-tile,convert-attn-to-linalg{keep-attend},one-shot-"
                   "bufferize{bufferize-function-boundaries}"),
              printChars, NULL)),
          "a pipeline of ours and upstream's passes");
  require(mlirLogicalResultIsSuccess(mlirPassManagerRunOnOp(manager, copy)),
          "tiles that bufferize");
  mlirOperationPrint(copy, printChars, NULL);
  mlirPassManagerDestroy(manager);
  mlirOperationDestroy(copy);
}

/* A pass by its function, and one by its name: no attn op is left. */
static void lower(MlirModule module) {
  MlirPassManager manager = mlirPassManagerCreate(mlirModuleGetContext(module));
  mlirPassManagerAddOwnedPass(manager, attnCreateConvertAttnToLinalgPass());
  MlirOpPassManager passes = mlirPassManagerGetAsOpPassManager(manager);
  require(mlirLogicalResultIsSuccess(mlirOpPassManagerAddPipeline(
              passes, text("attn-verify-no-attn-ops"), printChars, NULL)),
          "a pipeline that parses");
  require(mlirLogicalResultIsSuccess(
              mlirPassManagerRunOnOp(manager, mlirModuleGetOperation(module))),
          "passes that succeed");
  mlirPassManagerDestroy(manager);
}

int main(void) {
  MlirContext context = mlirContextCreate();
  MlirDialectRegistry registry = mlirDialectRegistryCreate();
  mlirRegisterAllDialects(registry);
  mlirDialectHandleInsertDialect(mlirGetDialectHandle__attn__(), registry);
  mlirContextAppendDialectRegistry(context, registry);
  mlirDialectRegistryDestroy(registry);
  mlirContextLoadAllAvailableDialects(context);
  mlirContextAttachDiagnosticHandler(context, printDiagnostic, NULL, NULL);
  mlirRegisterAllPasses();
  attnRegisterAllPasses();
  attnRegisterAllPasses();

  MlirModule module = mlirModuleCreateEmpty(mlirLocationUnknownGet(context));
  buildCausal(module);
  MlirOperation top = mlirModuleGetOperation(module);
  require(mlirOperationVerify(top), "a module that verifies");
  mlirOperationPrint(top, printChars, NULL);
  query(module);
  refuse(module);
  bufferize(module);
  lower(module);
  mlirOperationPrint(top, printChars, NULL);
  mlirModuleDestroy(module);
  mlirContextDestroy(context);
  return 0;
}

// clang-format off
// CHECK-LABEL: func.func @causal(
// CHECK-SAME: %[[Q:.+]]: tensor<2x4x3x8xf32>, %[[K:.+]]: tensor<2x5x2x8xf32>, %[[V:.+]]: tensor<2x2x5x6xf32>, %[[PAST:.+]]: index)
// CHECK: attn.attention %[[Q]], %[[K]], %[[V]] scale 2.500000e-01
// CHECK-SAME: layout key [batch, sequence, head, feature]
// CHECK-SAME: score (%[[S:.+]]: f32, %{{.+}}: index, %{{.+}}: index, %{{.+}}: index, %{{.+}}: index)
// CHECK: attn.softcap %[[S]], 3.000000e+01
// CHECK: mask (%{{.+}}: index, %{{.+}}: index, %[[I:.+]]: index, %[[J:.+]]: index)
// CHECK: attn.causal %[[I]], %[[J]] offset %[[PAST]]
// CHECK: -> (tensor<2x4x3x6xf32>, lse tensor<2x4x3xf32>)

// CHECK: scale 0.25
// CHECK: key layout 0 2 1 3
// CHECK: error: expected a value, got a null value
// CHECK: error: expected the output layout to be a permutation of 0 to 3, got [0, 1, 1, 3]

// CHECK-LABEL: func.func @causal(
// CHECK: scf.forall
// CHECK: attn.attend

// CHECK-LABEL: func.func @causal(
// CHECK-NOT: attn.
// CHECK: linalg.generic
