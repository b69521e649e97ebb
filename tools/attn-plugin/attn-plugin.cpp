//===- attn-plugin.cpp - The attn dialect and passes for mlir-opt ---------===//
//
// P=attn-plugin.so
// mlir-opt-22 --load-dialect-plugin=$P --load-pass-plugin=$P FILE --attn-...
//
//===----------------------------------------------------------------------===//

#include "attn/InitAll.h"

#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

using namespace mlir;

static void registerDialect(DialectRegistry *registry) {
  attn::registerAttnDialect(*registry);
}

extern "C" LLVM_ATTRIBUTE_WEAK DialectPluginLibraryInfo
mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "attn", ATTN_VERSION, registerDialect};
}

extern "C" LLVM_ATTRIBUTE_WEAK PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "attn", ATTN_VERSION,
          attn::registerAllPasses};
}
