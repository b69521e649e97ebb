//===- Passes.cpp - C API of the passes -----------------------------------===//

#include "attn-c/Passes.h"
#include "attn/InitAll.h"

#include "mlir/CAPI/Pass.h"

using namespace mlir;

void attnRegisterAllPasses(void) {
  // Pipelines, unlike passes, must be registered once.
  static const bool registered = (attn::registerAllPasses(), true);
  (void)registered;
}

MlirPass attnCreateConvertAttnToLinalgPass(void) {
  return wrap(attn::createConvertAttnToLinalg().release());
}
