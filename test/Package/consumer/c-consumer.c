/*===- c-consumer.c - The C API from an installed package -----------------===*/

#include "attn-c/Dialect.h"
#include "attn-c/Passes.h"

#include "mlir-c/BuiltinTypes.h"

#include <stdio.h>

static void print(MlirStringRef text, void *data) {
  (void)data;
  fwrite(text.data, 1, text.length, stdout);
}

int main(void) {
  MlirContext context = mlirContextCreate();
  mlirDialectHandleLoadDialect(mlirGetDialectHandle__attn__(), context);
  attnRegisterAllPasses();

  MlirLocation location = mlirLocationUnknownGet(context);
  MlirType types[] = {mlirIndexTypeGet(context), mlirIndexTypeGet(context)};
  MlirLocation locations[] = {location, location};
  MlirBlock block = mlirBlockCreate(2, types, locations);
  MlirValue offset = {NULL};
  MlirOperation causal =
      attnCausalCreate(location, mlirBlockGetArgument(block, 0),
                       mlirBlockGetArgument(block, 1), offset);
  mlirBlockAppendOwnedOperation(block, causal);
  bool verified = mlirOperationVerify(causal);
  mlirOperationPrint(causal, print, NULL);
  mlirBlockDestroy(block);
  mlirContextDestroy(context);
  return verified ? 0 : 1;
}
